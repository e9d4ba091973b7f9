"""MTAs whose packets are malformed. See misbehaviour_order.py."""

from __future__ import annotations

import struct

from bed import Bed
from expectations import expect_good_service, no_edits
from milter_client import CONTINUE, encode, text
from misbehaviour import GONE, READER, SENDER, connected, in_message, negotiated, offence, send
from mta_dialects import Mail


@offence
def unknown_command(bed: Bed) -> None:
    for code in ("?", "Z", "\xff", "\x00", "\x01", "\x1f", " "):
        assert no_edits(send(in_message(bed), (code, text("whatever")), ("E", b"")))
        assert no_edits(send(bed.wire(), (code, b"")))


@offence
def oversized_packet(bed: Bed) -> None:
    """The length word claims what nobody will send."""
    for length in (0xFFFFFFFF, 0x80000000, 0x7FFFFFFF, 2 << 20, 65537):
        for code in b"MRLEAD":
            for wire in (in_message(bed), negotiated(bed), bed.wire()):
                wire.raw(struct.pack("!I", length) + bytes([code]) + b"x" * 100)
                assert no_edits(wire.rest()[3:])


@offence
def oversized_packet_that_is_really_sent(bed: Bed) -> None:
    wire = in_message(bed)
    assert no_edits(send(wire, ("L", text("Subject", b"x" * (2 << 20)))))


@offence
def truncated_packet_then_close(bed: Bed) -> None:
    whole = encode("R", GONE)
    for count in range(1, len(whole)):
        wire = in_message(bed)
        wire.raw(whole[:count])
        if count % 2:
            wire.close()
        else:
            assert wire.rest() == []


@offence
def zero_length_packet(bed: Bed) -> None:
    """A packet has a command at least; libmilter takes the next byte for it."""
    for tail in (b"", b"M", b"R", b"\0", b"\0\0\0\0", b"E", encode("M", SENDER)):
        for wire in (in_message(bed), negotiated(bed), bed.wire()):
            wire.raw(b"\0\0\0\0" + tail)
            wire.rest()


@offence
def nul_bytes_in_addresses(bed: Bed) -> None:
    for address in (b"<go\0ne@example.com>", b"\0<gone@example.com>", b"<gone@example.com\0>", b"\0\0\0\0"):
        mta = bed.session()
        mta.session.mail(address)
        mta.session.wire.packet("R", text(address))
        replies = mta.session.wire.rest()
        assert len(replies) <= 1
        mta = bed.session()
        mta.mail(Mail())
        mta.session.wire.packet("R", text(address))
        mta.session.wire.rest()


@offence
def nul_bytes_in_header(bed: Bed) -> None:
    mta = bed.session()
    mta.mail(Mail())
    mta.rcpt("reader@example.com")
    for name, value in ((b"List\0-Unsubscribe", b"x"), (b"X-A", b"a\0b\0c"), (b"\0X", b"v"), (b"X-B", b"\0\0")):
        mta.session.header(name, value)
    assert mta.session.end().reply == CONTINUE
    mta.quit()


@offence
def nul_bytes_and_oddities_in_macros(bed: Bed) -> None:
    """Left out, here and in random_packets: an odd number of terminated strings. There libmilter itself reads beyond
    its table (smfi_getsymval skips names and values by twos and so passes the null at the end)."""
    mta = bed.session()
    wire = mta.session.wire
    for letter in (b"C", b"H", b"M", b"R", b"T", b"E", b"N", b"L", b"B", b"Z", b"\0"):
        for data in (b"", b"\0\0", b"\0\0\0\0", b"i", b"i\0AB\0CD\0\0", b"i\0AB\0CD", b"{rcpt_addr}\0\0",
                     b"i\0\0{auth_authen}\0x\0{auth_authen}"):
            wire.packet("D", letter + data)
    expect_good_service(mta)
    mta.quit()


@offence
def control_characters_everywhere(bed: Bed) -> None:
    """One event stays one line of the log, whatever the MTA sends."""
    hostile = b"x\r\n2024-01-01T00:00:00.000Z forged[1] info: event=forged\x1b[2J\x7f\xff\xfe"
    mta = bed.session()
    for name in list(mta.session.macros):
        mta.session.macros[name] = hostile
    mta.queue_id = "x"
    for sender in (hostile, b"<" + hostile + b"@news.example.com>", b"<news@news.example.com>"):
        mta.session.macros.update({"i": hostile, "{auth_authen}": hostile, "{mail_addr}": hostile})
        mta.session.mail(sender)
        mta.session.macros["{rcpt_addr}"] = hostile
        for rcpt in (hostile, b"<" + hostile + b"@example.com>", b"<reader@example.com>", b"<gone@example.com>"):
            mta.session.rcpt(rcpt)
        mta.session.header(hostile, hostile)
        mta.session.header("List-Id", hostile)
        mta.session.header("List-Unsubscribe", hostile)
        mta.session.end()
    for line in bed.daemon.log():
        assert not line.text.startswith("event=forged")
        assert all(" " <= character != "\x7f" for character in line.text)
    mta.quit()


@offence
def missing_terminators(bed: Bed) -> None:
    for packets in ([("M", b"<news@news.example.com>")], [("M", SENDER + b"SIZE=1")],
                    [("M", SENDER), ("R", b"<gone@example.com>")], [("M", SENDER), ("R", READER + b"NOTIFY=NEVER")],
                    [("M", SENDER), ("R", READER), ("L", b"Subject")], [("M", SENDER), ("R", READER), ("L", b"A\0b")],
                    [("M", SENDER), ("R", READER), ("L", b"Subject\0")], [("D", b"Mi")], [("D", b"Mi\0AB\0CD"), ("M", SENDER)],
                    [("H", b"helo")], [("U", b"FOO")]):
        replies = send(connected(bed), *packets)
        assert no_edits(replies)
    for data in (b"client", b"client\0", b"client\0" + b"4", b"client\0" + b"4\0", b"client\0" + b"4\0\x19",
                 b"client\0" + b"4\0\x19" + b"192.0.2.7", b"\0", b"\0U", b"U", b"4"):
        assert no_edits(send(negotiated(bed), ("C", data), ("M", SENDER), ("R", GONE)))


@offence
def empty_arguments(bed: Bed) -> None:
    for code, data in (("M", b""), ("M", b"\0"), ("M", b"\0\0"), ("H", b""), ("H", b"\0"), ("U", b""), ("D", b"")):
        assert no_edits(send(connected(bed), (code, data)))
    for code, data in (("R", b""), ("R", b"\0"), ("R", text("<>")), ("R", text("", "NOTIFY=NEVER")), ("L", b""),
                       ("L", b"\0"), ("L", b"\0\0"), ("L", text("X", "")), ("L", text("", "x")), ("B", b""), ("T", b"")):
        send(in_message(bed), (code, data), ("E", b""))
    send(negotiated(bed), ("C", b""))
    mta = bed.session()
    mta.mail(Mail())
    for address in ("", "<>", "@", "<@>", "<a@>", "<@b>", " ", "<", ">"):
        mta.session.rcpt(address)
    mta.session.end()
    expect_good_service(mta)


@offence
def connect_from_garbage(bed: Bed) -> None:
    """libmilter ends such a session; nothing that follows may pass."""
    port = struct.pack("!H", 25)
    for data in (b"h\0Z" + port + b"192.0.2.7\0", b"h\0\xff" + port + b"\0", b"h\0" + b"4" + port + b"999.1.1.1\0",
                 b"h\0" + b"4" + port + b"2001:db8::1\0", b"h\0" + b"6" + port + b"192.0.2.7\0", b"h\0" + b"6" + port + b"::g\0",
                 b"h\0L" + port + b"/" + b"x" * 300 + b"\0"):
        assert send(negotiated(bed), ("C", data), ("M", SENDER), ("R", GONE)) == []
