"""MTAs that send too much, too slowly, or at random. See misbehaviour_order.py."""

from __future__ import annotations

import random

from bed import Bed
from expectations import expect_accepted, expect_good_service, expect_pair, expect_refused, no_edits
from milter_client import CONTINUE, MilterClosed, encode, macros_data, text
from misbehaviour import (
    CLIENT,
    GONE,
    READER,
    SENDER,
    connected,
    in_message,
    negotiated,
    offence,
    send,
    serve_somebody,
)
from mta_dialects import Mail, Postfix


@offence
def macro_flood(bed: Bed) -> None:
    mta = bed.session()
    wire = mta.session.wire
    many = {f"{{m{number}}}": "x" * 40 for number in range(1000)}
    for _ in range(20):
        wire.packet("D", macros_data("C", many))
        wire.packet("D", macros_data("M", many))
    wire.raw(encode("D", macros_data("R", {"i": "4F"})) * 20000)
    wire.packet("D", macros_data("M", {"{auth_authen}": "u" * 60000}))
    expect_good_service(mta)
    mta.quit()


@offence
def abort_flood(bed: Bed) -> None:
    mta = bed.session()
    mta.session.wire.raw(encode("A") * 20000)
    for _ in range(50):
        mta.mail(Mail())
        mta.session.wire.raw(encode("A") * 3)
    expect_good_service(mta)
    mta.quit()


@offence
def header_flood_of_fields_nobody_needs(bed: Bed) -> None:
    """100,000 fields, 60 times the budget: it counts only what rules need."""
    mta = bed.session()
    mta.mail(Mail())
    mta.rcpt("reader@example.com")
    mta.session.headers((f"X-Filler-{number}", "x" * 20) for number in range(100_000))
    expect_pair(mta.session.end().edits, "reader@example.com")
    mta.quit()


@offence
def longest_fields_that_fit(bed: Bed) -> None:
    mta = bed.session()
    mta.mail(Mail())
    mta.rcpt("reader@example.com")
    mta.session.headers([("x" * 32000, "y" * 33000), ("X", "\n\t" * 32000), ("z" * 65000, "")])
    expect_pair(mta.session.end().edits, "reader@example.com")
    mta.quit()


@offence
def many_recipients(bed: Bed) -> None:
    mta = bed.session()
    mta.mail(Mail())
    everybody = [f"<reader{number}@example.com>".encode() for number in range(2000)]
    everybody[1000] = b"<gone@example.com>"
    replies = mta.session.rcpts(everybody)
    assert [number for number, reply in enumerate(replies) if reply != CONTINUE] == [1000]
    expect_refused(replies[1000])
    ending = mta.session.end()
    assert (len(ending.edits), ending.reply) == (1, CONTINUE)
    mta.quit()


@offence
def long_addresses(bed: Bed) -> None:
    """Up to libmilter's limit of 64 KiB a packet, and one byte beyond."""
    for local in (b"x" * 65000, b'"' + b"\\x" * 32000 + b'"', b"(" * 60000, b"<" * 60000, b"\xc3\xa9" * 30000):
        mta = bed.session()
        mta.session.mail(b"<" + local + b"@news.example.com>")
        mta.session.rcpt(b"<" + local + b"@example.com>")
        mta.session.rcpt(b"<a@" + local + b">")
        mta.session.end()
        expect_good_service(mta)
        mta.quit()
    assert no_edits(send(connected(bed), ("M", text(b"x" * 65535)), ("R", GONE)))
    many_words = text(b"<news@news.example.com>", *[b"A=B"] * 10000)
    assert send(connected(bed), ("M", many_words), ("R", READER)) == [CONTINUE, CONTINUE]


@offence
def byte_at_a_time(bed: Bed) -> None:
    """A slow MTA, but an honest one: it is served, and others meanwhile."""
    wire = negotiated(bed)
    whole = b"".join(encode(code, data) for code, data in (
        ("D", macros_data("C", {"j": "mx", "{daemon_name}": "mx"})), ("C", CLIENT), ("M", SENDER), ("R", READER), ("R", GONE),
        ("L", text("Subject", " slow")), ("E", b"")))
    for index in range(len(whole)):
        wire.raw(whole[index:index + 1])
        if index % 100 == 50:
            serve_somebody(bed)
    replies = wire.rest()
    assert [packet.code for packet in replies] == ["c", "c", "c", "y", "c", "i", "i", "c"]


@offence
def idle_connections(bed: Bed) -> None:
    """200 that stay open at every stage, while another works; then they work too."""
    untouched = [bed.wire() for _ in range(50)]
    waiting = [Postfix(bed.listen) for _ in range(50)]
    idle = [bed.session() for _ in range(50)]
    halfway = [bed.session() for _ in range(50)]
    for mta in halfway:
        mta.mail(Mail())
        mta.rcpt("reader@example.com")
    for _ in range(5):
        serve_somebody(bed)
    for mta in waiting:
        mta.begin()
    for mta in [*waiting, *idle]:
        expect_pair(expect_accepted(mta.pass_on()), "reader@example.com")
    for mta in halfway:
        expect_pair(mta.session.end().edits, "reader@example.com")
    for wire in untouched:
        wire.close()
    for mta in [*waiting, *idle, *halfway]:
        mta.quit()


@offence
def random_packets(bed: Bed) -> None:
    """300 connections, the same in every run."""
    dice = random.Random(8058)
    for number in range(300):
        wire = bed.wire() if number % 5 == 0 else in_message(bed) if number % 5 == 1 else connected(bed)
        try:
            for _ in range(dice.randint(1, 12)):
                wire.raw(random_packet(dice))
            wire.rest()
        except (BrokenPipeError, ConnectionResetError, MilterClosed):
            wire.close()


def random_packet(dice: random.Random) -> bytes:
    code = dice.choice("ABCDEHKLMNOQRTU" * 3 + "\x00 z")
    pieces = [b"<news@news.example.com>", b"<gone@example.com>", b"List-Unsubscribe", b"List-Id", b"\0", b"\0\0", b"i",
              b"{rcpt_addr}", b"{auth_authen}", b"C", b"M", b"R", b"4", b"\xff\xff", b"%s%n", b"unsubscribe+a@lists.example.com",
              bytes(dice.randrange(256) for _ in range(dice.randint(0, 60)))]
    data = b"".join(dice.choice(pieces) for _ in range(dice.randint(0, 8)))
    if dice.random() < 0.7:
        data += b"\0"
    if code == "D" and data.count(b"\0", 1) % 2:
        data += b"\0"
    packet = bytearray(encode(code, data))
    if code != "D" and dice.random() < 0.15:
        packet[dice.randrange(4)] = dice.randrange(256)  # the length lies
    if dice.random() < 0.1:
        del packet[dice.randrange(len(packet)):]
    return bytes(packet)
