"""Whatever an MTA, or who poses as one, does on its own connection: everybody else is served as before."""

from __future__ import annotations

from collections.abc import Callable

import misbehaviour
import misbehaviour_floods  # noqa: F401 - each adds its own to misbehaviour.ALL
import misbehaviour_order  # noqa: F401
import misbehaviour_packets  # noqa: F401
import pytest
from bed import AttackedBed, Bed, running
from expectations import expect_accepted, expect_deferred, expect_good_service, expect_pair, expect_refused, removed
from milter_client import CONTINUE, connect_data, text
from mta_dialects import DEFAULT_HEADER, Mail, Postfix, PostfixSubmission
from support.waiting import wait_until


@pytest.mark.parametrize("offence", misbehaviour.ALL, ids=lambda function: function.__name__)
def test_serves_everybody_else_after(offence: misbehaviour.Offence, attacked: AttackedBed) -> None:
    with attacked.misbehaving() as bed:
        offence(bed)


# How far a conversation has come when something happens to it.


def negotiated(bed: Bed) -> Postfix:
    return Postfix(bed.listen)


def connected(bed: Bed) -> Postfix:
    return bed.session()


def after_mail(bed: Bed) -> Postfix:
    mta = connected(bed)
    mta.mail(Mail())
    return mta


def after_rcpt(bed: Bed) -> Postfix:
    mta = after_mail(bed)
    assert mta.rcpt("reader@example.com") == CONTINUE
    return mta


def after_refused_rcpt(bed: Bed) -> Postfix:
    mta = after_mail(bed)
    expect_refused(mta.rcpt("gone@example.com"))
    return mta


def after_data(bed: Bed) -> Postfix:
    mta = after_rcpt(bed)
    mta.session.wire.packet("T")
    assert mta.session.wire.read() == CONTINUE
    return mta


def after_header(bed: Bed) -> Postfix:
    mta = after_rcpt(bed)
    mta.session.header("Subject", "x")
    mta.session.header("List-Unsubscribe", "<mailto:a@b>")
    return mta


def after_content(bed: Bed) -> Postfix:
    mta = after_rcpt(bed)
    mta.content(Mail())
    return mta


def after_body(bed: Bed) -> Postfix:
    mta = after_header(bed)
    mta.session.wire.packet("N")
    assert mta.session.wire.read() == CONTINUE
    mta.session.wire.packet("B", b"unasked")
    assert mta.session.wire.read() == CONTINUE
    return mta


def after_end(bed: Bed) -> Postfix:
    mta = connected(bed)
    expect_accepted(mta.pass_on())
    return mta


def after_abort(bed: Bed) -> Postfix:
    mta = after_content(bed)
    mta.session.abort()
    return mta


FROM_CONNECT = [connected, after_mail, after_rcpt, after_refused_rcpt, after_data, after_header, after_content, after_body,
                after_end, after_abort]
STAGES = [negotiated, *FROM_CONNECT]
Reached = Callable[[Bed], Postfix]


@pytest.mark.parametrize("reached", FROM_CONNECT, ids=lambda function: function.__name__)
def test_abort_at_each_stage_begins_anew(reached: Reached, attacked: AttackedBed) -> None:
    with attacked.misbehaving() as bed:
        mta = reached(bed)
        mta.session.abort()
        expect_good_service(mta)
        mta.quit()


@pytest.mark.parametrize("reached", STAGES, ids=lambda function: function.__name__)
def test_close_at_each_stage_ends_the_session_only(reached: Reached, attacked: AttackedBed) -> None:
    with attacked.misbehaving() as bed:
        for _ in range(5):
            reached(bed).session.wire.close()


@pytest.mark.parametrize("reached", STAGES, ids=lambda function: function.__name__)
def test_quit_at_each_stage_ends_the_session_only(reached: Reached, attacked: AttackedBed) -> None:
    with attacked.misbehaving() as bed:
        for _ in range(5):
            reached(bed).quit()


@pytest.mark.parametrize("reached", STAGES, ids=lambda function: function.__name__)
def test_connection_reset_at_each_stage_over_inet(reached: Reached, inet_bed: Bed) -> None:
    for _ in range(5):
        reached(inet_bed).session.wire.reset()
    mta = inet_bed.session()
    expect_good_service(mta)
    mta.quit()


@pytest.mark.parametrize("reached", [after_end, after_abort], ids=lambda function: function.__name__)
def test_quit_new_connection_reuses_the_connection(reached: Reached, attacked: AttackedBed) -> None:
    """QUIT_NC: another client comes over the same connection, without a negotiation."""
    with attacked.misbehaving() as bed:
        mta = reached(bed)
        for _ in range(3):
            mta.session.wire.packet("K")
            mta.begin()
            expect_good_service(mta)
        mta.quit()


def test_quit_new_connection_forgets_the_client(attacked: AttackedBed) -> None:
    gone = Mail(recipients=["gone@example.com"])
    with attacked.misbehaving() as bed:
        mta = bed.session(PostfixSubmission)
        assert removed(expect_accepted(mta.pass_on(gone))) == [b"gone@example.com"]  # never refused
        mta.session.wire.packet("K")
        mta.session.connect(connect_data("client.example.net", "4", 40125, "192.0.2.7"))
        expect_refused(mta.pass_on(gone).replies[0])
        mta.session.abort()
        mta.quit()


@pytest.mark.parametrize("data", [
    pytest.param(text("client.example.net") + b"U", id="unknown_family_without_address"),
    pytest.param(text("client.example.net") + b"U\0\0junk\0", id="unknown_family_with_more"),
    pytest.param(connect_data("localhost", "L", 0, "/run/some.sock"), id="unix"),
    pytest.param(connect_data("client.example.net", "6", 25, "2001:db8::7"), id="ipv6"),
    pytest.param(connect_data("client.example.net", "6", 25, "IPv6:2001:db8::7"), id="ipv6_as_sendmail_writes_it"),
    pytest.param(connect_data("client.example.net", "6", 25, "::ffff:192.0.2.7"), id="ipv4_in_ipv6"),
    pytest.param(connect_data("h" * 60000, "4", 25, "192.0.2.7"), id="long_host_name"),
    pytest.param(connect_data("", "4", 25, "192.0.2.7"), id="no_host_name"),
])
def test_client_without_an_inet_address_is_served(data: bytes, attacked: AttackedBed) -> None:
    """libmilter hands a null address over where the family is unknown."""
    with attacked.misbehaving() as bed:
        mta = Postfix(bed.listen)
        assert mta.session.connect(data) in (None, CONTINUE)
        if data != connect_data("localhost", "L", 0, "/run/some.sock"):
            expect_good_service(mta)
        else:  # as good as a local submission
            assert removed(expect_accepted(mta.pass_on(Mail(recipients=["gone@example.com"])))) == [b"<gone@example.com>"]
        mta.quit()


LONG_HEADER = [("List-Id", f"<filler-{number}.example.net>") for number in range(100_000)]  # 50 times the budget
BY_HEADER = "shop@elsewhere.example"


def flooded(mta: Postfix, mail: Mail) -> None:
    mta.mail(mail)
    for recipient in mail.recipients:
        assert mta.rcpt(recipient) == CONTINUE
    mta.session.headers(LONG_HEADER)


@pytest.mark.parametrize("sender", ["news@news.example.com", BY_HEADER])
def test_header_beyond_the_budget_defers_the_message(sender: str, attacked: AttackedBed) -> None:
    with attacked.misbehaving() as bed:
        mta = bed.session()
        flooded(mta, Mail(sender, ["reader@example.com"]))
        ending = mta.session.end()
        assert ending.edits == []
        expect_deferred(ending.reply)
        expect_good_service(mta)  # counted anew
        mta.quit()


def test_header_beyond_the_budget_is_accepted_where_the_config_says_so() -> None:
    with running({"milter.header_budget": "64KiB", "milter.on_long_header": "accept"}) as bed:
        mta = bed.session()
        flooded(mta, Mail(BY_HEADER, ["gone@example.com"]))
        ending = mta.session.end()
        assert (ending.edits, ending.reply) == ([], CONTINUE)
        # The envelope decided the list: opted-out people stay out, but no header is added unseen.
        flooded(mta, Mail("d@digest.example.com", ["reader@example.com", "gone@example.com"]))
        ending = mta.session.end()
        assert (removed(ending.edits), len(ending.edits), ending.reply) == ([b"<gone@example.com>"], 1, CONTINUE)
        expect_good_service(mta)
        mta.quit()


def test_header_just_within_the_budget_is_read(attacked: AttackedBed) -> None:
    with attacked.misbehaving() as bed:
        mta = bed.session()
        fill = [("List-Id", "x" * 993)] * 60
        mail = Mail(BY_HEADER, ["reader@example.com"], [*fill, *DEFAULT_HEADER, ("List-Id", "<product-news.example.com>")])
        expect_pair(expect_accepted(mta.pass_on(mail)), "reader@example.com", "product-news")
        mta.quit()


def test_nothing_is_left_behind(attacked: AttackedBed) -> None:
    """File descriptors and threads, after all of the above. libmilter's idle workers stay for 10 s."""
    bed = attacked.bed
    attacked.expect_unharmed()
    wait_until(lambda: bed.descriptors() <= attacked.descriptors,
               f"no more than {attacked.descriptors} file descriptors", 20)
    wait_until(lambda: bed.threads() <= attacked.threads, f"no more than {attacked.threads} threads", 40, 0.1)
