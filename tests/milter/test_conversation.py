"""Whole conversations as Postfix and Sendmail hold them, byte for byte."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from bed import Bed, running
from expectations import (
    expect_accepted,
    expect_deferred,
    expect_good_service,
    expect_pair,
    expect_refused,
    removed,
    shared_header,
)
from milter_client import CONTINUE, ChangeHeader, DeleteRecipient, InsertHeader, connect_data
from mta_dialects import DEFAULT_HEADER, Mail, Postfix, PostfixSubmission, Sendmail
from support.certificates import make_certificate
from support.daemon import LogLine
from support.private_redis import PrivateRedis
from support.waiting import free_ports, patience

PRODUCT_NEWS = Mail(sender="shop@elsewhere.example", header=[*DEFAULT_HEADER, ("List-Id", "<product-news.example.com>")])
DIALECTS = pytest.mark.parametrize("dialect", [Postfix, Sendmail], ids=["postfix", "sendmail"])


def says(queue_id: str, **pairs: str) -> Any:
    def fits(line: LogLine) -> bool:
        found = line.pairs()
        return line.text.startswith(f"{queue_id}: ") and all(found.get(key) == value for key, value in pairs.items())
    return fits


def token_for(address: str, bed: Bed) -> str:
    made = bed.daemon.admin.must("token", "make", address, "--list", "newsletter", "--json")
    return str(json.loads(made)["token"])


@DIALECTS
def test_newsletter_to_one_recipient_gets_the_header_pair(bed: Bed, dialect: type[Postfix]) -> None:
    mta = bed.session(dialect)
    passed = mta.pass_on(Mail(recipients=["reader@example.com"]))
    expect_pair(expect_accepted(passed), "reader@example.com")
    bed.daemon.claim(says(passed.queue_id, reason="pair_added"), "pair_added, after the queue id")
    mta.quit()


@DIALECTS
def test_opted_out_recipient_is_refused(bed: Bed, dialect: type[Postfix]) -> None:
    mta = bed.session(dialect)
    passed = mta.pass_on(Mail(recipients=["gone@example.com"]))
    expect_refused(passed.replies[0])
    queue_id = passed.queue_id if dialect is Sendmail else "NOQUEUE"
    bed.daemon.claim(says(queue_id, verdict="refuse", reason="opted_out_of_list", to="<gone@example.com>"), "the refusal")
    mta.quit()


def test_only_the_opted_out_recipient_is_refused(bed: Bed) -> None:
    mta = bed.session()
    passed = mta.pass_on(Mail(recipients=["reader@example.com", "gone@example.com"]))
    assert passed.accepted == [True, False]
    assert passed.ending is not None and passed.ending.reply == CONTINUE
    expect_pair(passed.ending.edits, "reader@example.com")  # counted after the refusal
    mta.quit()


def test_several_recipients_get_no_token_and_no_post_field(bed: Bed) -> None:
    mta = bed.session()
    edits = expect_accepted(mta.pass_on(Mail(recipients=["one@example.com", "two@example.com"])))
    assert edits == [shared_header()]
    mta.quit()


def test_messages_of_a_session_do_not_leak_into_each_other(bed: Bed) -> None:
    mta = bed.session()
    for number in range(20):
        recipient = f"reader{number}@example.com"
        expect_pair(expect_accepted(mta.pass_on(Mail(recipients=[recipient]))), recipient)
        mta.mail(Mail())
        assert mta.rcpt("left-over@example.com") == CONTINUE
        mta.session.abort()
        if number % 3 == 0:
            mta.session.abort()  # MTAs do send it twice
        assert expect_accepted(mta.pass_on(Mail(sender="me@elsewhere.example", recipients=["gone@example.com"]))) == []
    mta.quit()


def test_abort_after_content_forgets_header_and_recipients(bed: Bed) -> None:
    mta = bed.session()
    mta.mail(Mail())
    mta.rcpt("one@example.com")
    mta.content(Mail(header=[("List-Unsubscribe", "<mailto:a@b>")]))
    mta.session.abort()
    expect_pair(expect_accepted(mta.pass_on(Mail(recipients=["two@example.com"]))), "two@example.com")
    mta.quit()


@DIALECTS
@pytest.mark.parametrize("raw", [
    pytest.param("<gone@example.com>", id="plain"),
    pytest.param("<Gone@Example.COM>", id="case"),
    pytest.param('<"gone"@example.com>', id="needless_quotes"),
    pytest.param("<@relay.example.net:gone@example.com>", id="source_route"),
    pytest.param("<gone@example.com.>", id="trailing_dot"),
])
def test_recipient_is_taken_out_by_the_exact_raw_string(bed: Bed, dialect: type[Postfix], raw: str) -> None:
    """The MTA compares what delrcpt brings byte for byte with what RCPT had; Postfix, with that less a source route."""
    mta = bed.session(dialect)
    mail = Mail(sender="d@digest.example.com", recipients=["reader@example.com", raw])
    edits = expect_accepted(mta.pass_on(mail))
    direct = "<" + raw.rsplit(":", 1)[1] if ":" in raw else None
    names = [direct, raw] if direct else [raw]
    assert edits[:len(names)] == [DeleteRecipient(name.encode()) for name in names]
    expect_pair(edits[len(names):], "reader@example.com", "digest")
    mta.quit()


def test_recipient_without_brackets_is_understood(bed: Bed) -> None:
    class WithoutBrackets(Postfix):
        def path(self, address: str) -> str:
            return address

    mta = bed.session(WithoutBrackets)
    assert removed(expect_accepted(mta.pass_on(Mail(sender="d@digest.example.com", recipients=["gone@example.com"])))) == [
        b"gone@example.com"]
    mta.quit()


def test_esmtp_parameters_are_no_part_of_the_address(bed: Bed) -> None:
    mta = bed.session()
    mta.mail(Mail())
    reply = mta.session.rcpt("<gone@example.com>", "ORCPT=rfc822;other@example.com", "NOTIFY=NEVER")
    assert reply is not None
    expect_refused(reply)
    mta.quit()


def test_case_of_the_address_does_not_matter(bed: Bed) -> None:
    mta = bed.session(Sendmail)
    expect_refused(mta.pass_on(Mail(recipients=["Gone@Example.COM"])).replies[0])
    expect_pair(expect_accepted(mta.pass_on(Mail(recipients=["Reader@Example.COM"]))), "reader@example.com")
    mta.quit()


def test_international_address_is_understood(bed: Bed) -> None:
    mta = bed.session()
    passed = mta.pass_on(Mail(recipients=["Jürgen@Bücher.example"]))
    expect_pair(expect_accepted(passed), "jürgen@xn--bcher-kva.example")
    mta.quit()


@DIALECTS
def test_list_that_the_header_decides_is_judged_at_the_end(bed: Bed, dialect: type[Postfix]) -> None:
    mta = bed.session(dialect)
    both = Mail(PRODUCT_NEWS.sender, ["reader@example.com", "gone@example.com"], PRODUCT_NEWS.header)
    edits = expect_accepted(mta.pass_on(both))
    assert edits[0] == DeleteRecipient(b"<gone@example.com>")
    expect_pair(edits[1:], "reader@example.com", "product-news")
    alone = mta.pass_on(Mail(PRODUCT_NEWS.sender, ["gone@example.com"], PRODUCT_NEWS.header))
    assert alone.accepted == [True] and alone.ending is not None
    assert alone.ending.edits == [] and alone.ending.reply.code == "y"
    assert alone.ending.reply.data.startswith(b"550 5.7.1 ")
    mta.quit()


def test_existing_header_is_kept(bed: Bed) -> None:
    mta = bed.session()
    assert expect_accepted(mta.pass_on(Mail(header=[*DEFAULT_HEADER, ("List-Unsubscribe", "<mailto:a@b>")]))) == []
    mta.quit()


def test_existing_headers_are_replaced_from_the_highest_occurrence_down() -> None:
    with running({"lists[newsletter].existing_header": "replace"}) as bed:
        mta = bed.session()
        old = [("List-Unsubscribe", "<mailto:a@b>"), ("LIST-UNSUBSCRIBE", "<mailto:c@d>"), ("list-unsubscribe-post", "x")]
        edits = expect_accepted(mta.pass_on(Mail(header=[*DEFAULT_HEADER, *old])))
        deleted = [edit for edit in edits if not isinstance(edit, InsertHeader)]
        assert deleted == [ChangeHeader("List-Unsubscribe", 2, ""), ChangeHeader("List-Unsubscribe", 1, ""),
                           ChangeHeader("List-Unsubscribe-Post", 1, "")]
        expect_pair(edits[3:], "reader@example.com")
        mta.quit()


def test_local_submission_is_stripped_and_never_refused(bed: Bed) -> None:
    """Postfix would keep it in the maildrop queue for ever."""
    mta = bed.session(PostfixSubmission)
    edits = expect_accepted(mta.pass_on(Mail(recipients=["reader@example.com", "gone@example.com"])))
    assert edits[0] == DeleteRecipient(b"gone@example.com")
    expect_pair(edits[1:], "reader@example.com")
    assert expect_accepted(mta.pass_on(Mail(recipients=["gone@example.com"]))) == [DeleteRecipient(b"gone@example.com")]
    mta.quit()


def test_refusals_end_before_the_mta_cuts_the_session_off(bed: Bed) -> None:
    for name in range(12):
        bed.daemon.admin.must("add", f"gone{name}@example.com", "--list", "newsletter")
    everybody = [f"gone{name}@example.com" for name in range(12)]
    mta = bed.session()
    for _ in range(2):  # counted anew after an accepted message
        passed = mta.pass_on(Mail(recipients=["reader@example.com", *everybody]))
        assert passed.accepted == [True] + 8 * [False] + 4 * [True]
        assert passed.ending is not None and passed.ending.reply == CONTINUE
        assert removed(passed.ending.edits) == [f"<{name}>".encode() for name in everybody[8:]]
        expect_pair(passed.ending.edits[4:], "reader@example.com")
    mta.quit()


def test_null_sender_and_delivery_reports_are_never_touched(bed: Bed) -> None:
    mta = bed.session()
    assert expect_accepted(mta.pass_on(Mail(sender="<>", recipients=["gone@example.com"]))) == []
    report = [*DEFAULT_HEADER, ("Content-Type", "multipart/report;\n\treport-type=delivery-status")]
    assert expect_accepted(mta.pass_on(Mail(header=report))) == []
    mta.quit()


def test_unsubscribe_mail_is_recorded_and_taken_out(bed: Bed) -> None:
    token = token_for("leaver@example.com", bed)
    mta = bed.session()
    raw = f"<unsubscribe+{token}@lists.example.com>"
    edits = expect_accepted(mta.pass_on(Mail(sender="x@phone.example", recipients=[raw])))
    assert edits == [DeleteRecipient(raw.encode())]
    expect_refused(mta.pass_on(Mail(recipients=["leaver@example.com"])).replies[0])
    assert token not in bed.daemon.log_text()
    mta.quit()


def test_store_that_is_down_puts_the_recipient_off() -> None:
    with tempfile.TemporaryDirectory(prefix="optout-redis-") as directory:
        redis = PrivateRedis(Path(directory) / "redis")
        try:
            # What it says about a store that is down is not the matter of this folder.
            settings = {"store.type": "redis", "store.mirror": False, "redis": {"address": f"unix:{redis.path}"}}
            with running(settings, declared=("",)) as bed:
                mta = bed.session()
                expect_good_service(mta)
                redis.stop()
                passed = mta.pass_on(Mail(recipients=["reader@example.com"]))
                expect_deferred(passed.replies[0])
                assert expect_accepted(mta.pass_on(Mail(sender="<>"))) == []
                mta.quit()
        finally:
            redis.close()


def test_store_is_asked_over_tls() -> None:
    with tempfile.TemporaryDirectory(prefix="optout-redis-") as name:
        directory = Path(name)
        shown, port = make_certificate(directory, "redis"), free_ports(1)[0]
        redis = PrivateRedis(directory / "redis", "--tls-port", str(port), "--tls-cert-file", shown["certificate"],
                             "--tls-key-file", shown["key"], "--tls-auth-clients", "no",
                             "--tls-ca-cert-file", shown["certificate"])
        tls = {"ca": shown["certificate"]}
        settings = {"store.type": "redis", "store.mirror": False,
                    "redis": {"address": f"tcp:localhost:{port}", "tls": tls}}
        try:
            with running(settings) as bed:
                mta = bed.session()
                expect_good_service(mta)
                mta.quit()
                bed.reconfigure("redis.tls", {**tls, "server_name": "other.example.com"})
                refused = bed.daemon.admin.run("list")
                assert refused.returncode != 0 and "its certificate is not good for other.example.com" in refused.stderr
                bed.reconfigure("redis.tls", {"ca": "/nonexistent/ca.pem"})
                refused = bed.daemon.admin.run("list")
                assert refused.returncode != 0 and "cannot open /nonexistent/ca.pem" in refused.stderr
        finally:
            redis.close()


def test_inet_does_not_wait_for_delayed_acknowledgements(inet_bed: Bed) -> None:
    """Nagle's rule holds the second of two writes back for 40 ms, where TCP_NODELAY is not set."""
    mta = inet_bed.session()
    took = []
    for _ in range(40):
        mta.mail(Mail())
        mta.rcpt("reader@example.com")
        mta.content(Mail())
        begin = time.monotonic()
        expect_pair(mta.session.end().edits, "reader@example.com")
        took.append(time.monotonic() - begin)
    assert statistics.median(took) < 0.02 * patience()
    mta.quit()


RULES = {"by-user": {"sasl_user": ["bulk*"]}, "by-daemon": {"daemon": ["ORIGINATING"]},
         "by-client": {"client": ["198.51.100.0/24", "2001:db8::/32"]}}


def test_facts_of_the_session_decide_the_list() -> None:
    """Each must reach the rules: the user at MAIL, the listener's name and the client's address at CONNECT."""
    mail = Mail(sender="a@elsewhere.example")
    with running() as bed:
        for name, rule in RULES.items():
            bed.reconfigure("lists[first]", {"name": name, "title": name, "match": [rule]})
        bed.daemon.reload()
        bed.daemon.claim(lambda line: "event=reloaded" in line.text, "event=reloaded")

        mta = bed.session()
        assert expect_accepted(mta.pass_on(mail)) == []
        for _ in range(2):
            by_user = mta.pass_on(Mail(sender=mail.sender, user="bulk-7"))
            expect_pair(expect_accepted(by_user), "reader@example.com", "by-user")
        expect_pair(expect_accepted(mta.pass_on(Mail(user="bulk-7"))), "reader@example.com", "by-user")
        mta.quit()

        mta = Postfix(bed.listen)
        mta.session.macros["{daemon_name}"] = "ORIGINATING"
        mta.begin()
        for _ in range(2):
            expect_pair(expect_accepted(mta.pass_on(mail)), "reader@example.com", "by-daemon")
        mta.quit()

        for family, address in (("4", "198.51.100.9"), ("6", "2001:db8::9"), ("6", "IPv6:2001:db8::9")):
            mta = Postfix(bed.listen)
            mta.session.connect(connect_data("client.example.net", family, 40125, address))
            expect_pair(expect_accepted(mta.pass_on(mail)), "reader@example.com", "by-client")
            mta.quit()


def monitoring() -> Any:
    return running({"milter.mode": "monitor"})


def test_monitor_mode_changes_nothing_and_says_what_would_be() -> None:
    with monitoring() as bed:
        mta = bed.session()
        cases = [
            (Mail(), {"verdict": "deliver", "reason": "pair_added"}),
            (Mail(recipients=["gone@example.com"]), {"verdict": "refuse", "reason": "opted_out_of_list"}),
            (Mail("d@digest.example.com", ["reader@example.com", "gone@example.com"]),
             {"verdict": "strip", "reason": "opted_out_of_list"}),
            (Mail(PRODUCT_NEWS.sender, ["gone@example.com"], PRODUCT_NEWS.header),
             {"verdict": "refuse", "reason": "all_stripped"}),
        ]
        for mail, pairs in cases:
            passed = mta.pass_on(mail)
            assert expect_accepted(passed) == []
            bed.daemon.claim(lambda line, pairs=pairs: {**pairs, "mode": "monitor"}.items() <= line.pairs().items(),
                             f"{pairs} mode=monitor", 5)
        mta.quit()


def test_monitor_mode_still_records_opt_outs() -> None:
    with monitoring() as bed:
        token = token_for("leaver@example.com", bed)
        mta = bed.session()
        raw = f"<unsubscribe+{token}@lists.example.com>"
        assert expect_accepted(mta.pass_on(Mail(sender="x@phone.example", recipients=[raw]))) == []
        assert expect_accepted(mta.pass_on(Mail(recipients=["leaver@example.com"]))) == []
        bed.daemon.claim(lambda line: line.pairs().get("to") == "<leaver@example.com>"
                         and line.pairs().get("verdict") == "refuse", "the opt-out counts", 5)
        mta.quit()
