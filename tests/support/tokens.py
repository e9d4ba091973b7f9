"""What design §4 and §5 say about digests, list tags and tokens, written down a second time, so that the product is
checked against the design and not against itself. Only the MAC is left to the product."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass


def digest(normal_address: str) -> bytes:
    return hashlib.sha256(normal_address.encode()).digest()[:14]


def list_tag(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()[:4]


@dataclass
class TokenFields:
    key_id: int
    tag: bytes
    day: int  # since 1970-01-01
    digest: bytes


def read_fields(token: str) -> TokenFields:
    if len(token) != 52:
        raise ValueError(f"a token has 52 characters, not {len(token)}")
    raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    return TokenFields(raw[0], raw[1:5], int.from_bytes(raw[5:7], "big"), raw[7:21])


def redis_record(normal_address: str, list_name: str) -> tuple[bytes, bytes]:
    """Key and field of the record in Redis."""
    who = digest(normal_address)
    return b"optout:{%s}:r" % who[:2].hex().encode(), who + list_tag(list_name)
