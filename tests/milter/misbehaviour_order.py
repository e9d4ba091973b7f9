"""MTAs that send commands out of order, negotiate oddly, or end at odd moments: one function an offence. Each opens its
own connections and leaves them as they are; what it asserts holds for the offence itself. That the daemon serves
everybody else afterwards is asserted around it.

libmilter silently drops a command that its table of states does not allow, so most offences get no reply; what
reaches the daemon in spite of it is named in the function."""

from __future__ import annotations

import struct

from bed import Bed
from expectations import expect_accepted, expect_good_service, expect_pair, expect_refused, no_edits, nothing_accepted
from milter_client import ANSWERED_OFFER, CONTINUE, TODAYS_OFFER, encode, offer_data, text
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
from mta_dialects import Mail

# Commands out of order


@offence
def rcpt_before_mail(bed: Bed) -> None:
    wire = connected(bed)
    assert nothing_accepted(send(wire, ("R", READER), ("R", GONE)))


@offence
def rcpt_after_abort(bed: Bed) -> None:
    """libmilter lets a RCPT that follows an abort through, and then all the rest of a message."""
    mta = bed.session()
    mta.mail(Mail())
    assert mta.rcpt("reader@example.com") == CONTINUE
    replies = send(mta.session.wire, ("A", b""), ("R", GONE), ("R", READER), ("L", text("Subject", " x")), ("E", b""))
    assert len(replies) >= 2 and nothing_accepted(replies)


@offence
def rcpt_after_unknown_command(bed: Bed) -> None:
    """libmilter answers U itself and then lets a RCPT through."""
    wire = connected(bed)
    replies = send(wire, ("U", text("FOO")), ("R", GONE), ("R", READER), ("E", b""))
    assert nothing_accepted([reply for reply in replies[1:]])


@offence
def rcpt_after_end_of_message(bed: Bed) -> None:
    mta = bed.session()
    expect_good_service(mta)
    assert nothing_accepted(send(mta.session.wire, ("R", GONE), ("R", READER), ("E", b"")))


@offence
def mail_before_connect(bed: Bed) -> None:
    wire = negotiated(bed)
    replies = send(wire, ("M", SENDER), ("R", GONE))
    assert len(replies) == 2 and nothing_accepted(replies[1:])


@offence
def eom_before_mail(bed: Bed) -> None:
    assert no_edits(send(connected(bed), ("E", b""), ("E", b"body")))


@offence
def eom_before_connect(bed: Bed) -> None:
    assert no_edits(send(negotiated(bed), ("E", b"")))


@offence
def eom_without_rcpt(bed: Bed) -> None:
    mta = bed.session()
    mta.mail(Mail())
    assert no_edits(send(mta.session.wire, ("L", text("Subject", " x")), ("E", b"")))


@offence
def eom_twice(bed: Bed) -> None:
    wire = in_message(bed)
    replies = send(wire, ("E", b""), ("E", b""))
    assert [packet.code for packet in replies] == ["i", "i", "c"]


@offence
def header_before_mail(bed: Bed) -> None:
    wire = connected(bed)
    assert nothing_accepted(send(wire, *[("L", text("List-Unsubscribe", " <mailto:a@b>"))] * 3, ("N", b"")))


@offence
def header_before_rcpt_does_not_count(bed: Bed) -> None:
    """libmilter ends the message at such a header: what follows is a new one or none."""
    mta = bed.session()
    mta.mail(Mail())
    mta.session.header("List-Unsubscribe", "<mailto:a@b>")
    expect_good_service(mta)
    mta.quit()


@offence
def header_after_end_of_message(bed: Bed) -> None:
    mta = bed.session()
    expect_good_service(mta)
    mta.session.header("List-Unsubscribe", "<mailto:a@b>")
    mta.session.wire.packet("B", b"body")
    expect_good_service(mta)
    mta.quit()


@offence
def mail_twice(bed: Bed) -> None:
    """The last one counts, and nothing of the first is left."""
    mta = bed.session()
    mta.mail(Mail(sender="me@elsewhere.example"))
    expect_refused(mta.pass_on(Mail(recipients=["gone@example.com"])).replies[0])
    mta.mail(Mail())
    assert mta.rcpt("reader@example.com") == CONTINUE
    assert expect_accepted(mta.pass_on(Mail(sender="me@elsewhere.example", recipients=["gone@example.com"]))) == []
    mta.mail(Mail())
    assert mta.rcpt("first@example.com") == CONTINUE
    expect_pair(expect_accepted(mta.pass_on(Mail(recipients=["second@example.com"]))), "second@example.com")
    mta.quit()


@offence
def data_twice(bed: Bed) -> None:
    """libmilter ends the message at the second; the next one is whole."""
    mta = bed.session()
    mta.mail(Mail())
    mta.rcpt("reader@example.com")
    mta.session.wire.packet("T")
    assert mta.session.wire.read() == CONTINUE
    mta.session.wire.packet("T")
    expect_good_service(mta)
    mta.quit()


@offence
def helo_and_connect_again(bed: Bed) -> None:
    mta = bed.session()
    mta.session.wire.packet("C", CLIENT)
    mta.session.wire.packet("H", text("a"))
    assert mta.session.wire.read() == CONTINUE  # to HELO; a second CONNECT is dropped
    expect_good_service(mta)
    mta.quit()


@offence
def body_and_end_of_header_unasked(bed: Bed) -> None:
    wire = in_message(bed)
    replies = send(wire, ("T", b""), ("N", b""), ("B", b"x" * 60000), ("B", b""), ("E", b"tail"))
    assert len(replies) <= 8


# Negotiation


@offence
def negotiation_twice(bed: Bed) -> None:
    mta = bed.session()
    mta.session.wire.packet("O", offer_data(TODAYS_OFFER))
    expect_good_service(mta)
    mta.quit()
    send(negotiated(bed), ("O", offer_data(TODAYS_OFFER)), ("C", CLIENT), ("M", SENDER), ("R", READER))
    send(in_message(bed), ("O", offer_data(TODAYS_OFFER)), ("R", READER), ("E", b""))


@offence
def no_negotiation(bed: Bed) -> None:
    """libmilter drops CONNECT then, but lets MAIL and RCPT through to a daemon that knows no session."""
    send(bed.wire(), ("C", CLIENT))
    replies = send(bed.wire(), ("C", CLIENT), ("M", SENDER), ("R", GONE), ("R", READER), ("E", b""))
    assert len(replies) == 0 or nothing_accepted(replies[1:])
    replies = send(bed.wire(), ("M", SENDER), ("R", GONE), ("E", b""))
    assert len(replies) == 0 or nothing_accepted(replies[1:])
    for code in "ABCDEHKLMNQRTU":
        assert no_edits(send(bed.wire(), (code, b"")))
        assert no_edits(send(bed.wire(), (code, text("<a@b>"))))


@offence
def negotiation_cut_short_or_too_old(bed: Bed) -> None:
    for data in (b"", b"\0\0\0\6", offer_data(TODAYS_OFFER)[:11], struct.pack("!III", 1, 0xF, 0x3F),
                 struct.pack("!III", 0, 0, 0), struct.pack("!III", 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF)):
        replies = send(bed.wire(), ("O", data), ("C", CLIENT), ("M", SENDER))
        assert no_edits(replies)


@offence
def negotiation_with_bytes_to_spare(bed: Bed) -> None:
    wire = bed.wire()
    wire.packet("O", offer_data(ANSWERED_OFFER) + b"\xff" * 5000)
    assert wire.read().code == "O"
    wire.packet("C", CLIENT)
    assert send(wire, ("M", SENDER)).count(CONTINUE) == 2


# Ends at odd moments


@offence
def close_without_connect(bed: Bed) -> None:
    for _ in range(20):
        bed.wire().close()
    assert bed.wire().rest() == []


@offence
def close_right_after_negotiation(bed: Bed) -> None:
    for _ in range(20):
        negotiated(bed).close()
    wire = bed.wire()
    wire.packet("O", offer_data(TODAYS_OFFER))
    wire.close()  # before the answer


@offence
def close_with_replies_unread(bed: Bed) -> None:
    """The daemon writes into a closed socket."""
    for _ in range(10):
        wire = in_message(bed)
        wire.raw(encode("R", READER) * 200)
        wire.close()


@offence
def replies_never_read(bed: Bed) -> None:
    """The daemon's replies find no room; others are served meanwhile."""
    wire = in_message(bed)
    wire._socket.setblocking(False)  # noqa: SLF001
    try:
        for _ in range(10000):
            wire.raw(encode("R", READER) * 20)
    except BlockingIOError:
        pass
    serve_somebody(bed)
    wire.close()


@offence
def quit_twice(bed: Bed) -> None:
    assert no_edits(send(connected(bed), ("Q", b""), ("Q", b"")))
    assert no_edits(send(in_message(bed), ("Q", b"x"), ("E", b"")))


@offence
def quit_new_connection_out_of_place(bed: Bed) -> None:
    for wire in (bed.wire(), negotiated(bed), connected(bed), in_message(bed)):
        assert no_edits(send(wire, ("K", b""), ("C", CLIENT), ("M", SENDER), ("R", GONE), ("K", b""), ("K", b""), ("E", b"")))


@offence
def commands_after_quit_new_connection_without_connect(bed: Bed) -> None:
    """close has been called: there is no session that a RCPT could belong to."""
    mta = bed.session()
    expect_good_service(mta)
    replies = send(mta.session.wire, ("K", b""), ("M", SENDER), ("R", GONE), ("L", text("A", "b")), ("E", b""))
    assert nothing_accepted(replies[1:])
    mta = bed.session()
    expect_good_service(mta)
    replies = send(mta.session.wire, ("K", b""), ("U", text("FOO")), ("R", GONE), ("E", b""))
    assert nothing_accepted(replies[1:])
