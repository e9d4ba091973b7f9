"""What design §4 and §5 say about digests, list tags and tokens, written down a second time, so that the product is
checked against the design and not against itself."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass
from pathlib import Path


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


def forged(token: str) -> str:
    """The same token with another MAC."""
    return token[:-4] + ("a" if token[-4] != "a" else "b") + token[-3:]


def make_token(keys: Path, normal_address: str, list_name: str) -> str:
    """What the milter puts into a header, signed with the first key of the file. The MAC's key is derived as libsodium
    does it (crypto_kdf_derive_from_key, context "optoutml", number 1)."""
    line = next(one for one in keys.read_text().splitlines() if one and not one.startswith("#"))
    key_id, _, rest = line.partition(":")
    secret = bytes.fromhex(rest.split()[0])
    mac_key = hashlib.blake2b(b"", digest_size=32, key=secret, salt=(1).to_bytes(8, "little"), person=b"optoutml").digest()
    day = int(time.time()) // 86400
    signed = bytes([int(key_id)]) + list_tag(list_name) + day.to_bytes(2, "big") + digest(normal_address)
    mac = hmac.new(mac_key, signed, hashlib.sha256).digest()[:11]
    return base64.b32encode(signed + mac).decode().lower().rstrip("=")
