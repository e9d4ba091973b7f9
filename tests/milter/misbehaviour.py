"""What the offences of misbehaving MTAs are made of."""

from __future__ import annotations

from collections.abc import Callable

from bed import Bed
from expectations import expect_accepted, expect_pair
from milter_client import ANSWERED_OFFER, CONTINUE, MtaSession, Packet, Wire, connect_data, encode, text
from mta_dialects import POSTFIX_MACROS, Mail

Offence = Callable[[Bed], None]
ALL: list[Offence] = []

CLIENT = connect_data("client.example.net", "4", 40125, "192.0.2.7")
SENDER = text("<news@news.example.com>")
GONE = text("<gone@example.com>")
READER = text("<reader@example.com>")


def offence(function: Offence) -> Offence:
    ALL.append(function)
    return function


def negotiated(bed: Bed) -> Wire:
    """A raw connection on which every command is answered."""
    session = MtaSession(bed.listen, POSTFIX_MACROS)
    session.negotiate(ANSWERED_OFFER)
    return session.wire


def connected(bed: Bed) -> Wire:
    return bed.session(offer=ANSWERED_OFFER).session.wire


def in_message(bed: Bed) -> Wire:
    """A raw connection after an accepted RCPT."""
    mta = bed.session(offer=ANSWERED_OFFER)
    mta.mail(Mail())
    assert mta.rcpt("reader@example.com") == CONTINUE
    return mta.session.wire


def send(wire: Wire, *packets: tuple[str, bytes]) -> list[Packet]:
    """All the packets, and all that comes back until the milter closes."""
    try:
        wire.raw(b"".join(encode(code, data) for code, data in packets))
    except (BrokenPipeError, ConnectionResetError):
        pass  # it has closed already
    return wire.rest()


def serve_somebody(bed: Bed) -> None:
    mta = bed.session()
    expect_pair(expect_accepted(mta.pass_on()), "reader@example.com")
    mta.quit()
