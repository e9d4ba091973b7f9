"""The test bed itself, without the milter: what the cases rely on must hold before they say anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support import sendmail_packages
from support.cases import (STANDARD_MAIL, CaseError, ExpectBounce, ExpectLog, ExpectMessage, ExpectReply, load_case,
                           parse_case)
from support.case_runner import case_files, fits
from support.daemon import LogLine
from support.opendkim import OpenDkim, signed_fields
from support.pass_through import PassThrough
from support.placeholders import compare, is_bounce
from support.private_redis import PrivateRedis
from support.settings import base_settings, change
from support.sendmail_config import mta_config
from support.sink import SunkMessage
from support.waiting import HarnessError
from support.world import World

MTAS = ("postfix", "sendmail")

GOOD = """\
title: A case
session main
> NOOP
< 250
expect no message
"""


# Every case runs with every MTA. These have lines for one MTA alone, each with its reason beside it.
DIFFERENT_BY_MTA = {"eight_bit_recipient", "local_submission", "local_submission_nobody_left",
                    "local_submission_store_down", "opted_out_of_all", "utf8_addresses"}


@pytest.mark.parametrize("mta", MTAS)
def test_every_case_file_is_understood(mta: str) -> None:
    loaded = [load_case(path, mta) for path in case_files()]
    assert len(loaded) >= 25
    titles = [case.title for case in loaded]
    assert len(titles) == len(set(titles))


def test_what_differs_by_mta_is_known() -> None:
    found = {path.stem for path in case_files() if re.search(r"^on \w+: ", path.read_text(), re.MULTILINE)}
    assert found == DIFFERENT_BY_MTA


def test_lines_for_one_mta() -> None:
    text = GOOD.replace("< 250", "on postfix: < 250\non sendmail: < 251\non sendmail: @2 expect log x")
    seen = {mta: [step for _, step in parse_case("x", text, mta).steps[2:]] for mta in MTAS}
    assert seen == {"postfix": [ExpectReply("250")], "sendmail": [ExpectReply("251"), *[ExpectLog(["x"])] * 2]}


def test_a_good_case_is_read() -> None:
    case = parse_case("good", GOOD)
    assert (case.title, len(case.steps), case.says_no_message) == ("A case", 3, True)


@pytest.mark.parametrize(("text", "problem"), [
    ("", "begins with title"),
    ("title: x\n", "neither"),
    ("title: x\nexpect no message\n", "expects nothing"),
    (GOOD + "frobnicate\n", "unknown directive"),
    (GOOD + "expect miracle\n", "unknown expectation"),
    (GOOD + "expect message\nMAIL <a@b>\nRCPT <c@d>\n| x\n", "both"),
    (GOOD.replace("expect no message", "expect message\n| x"), "has MAIL, RCPT"),
    (GOOD.replace("session main\n", ""), "no session"),
    (GOOD.replace("< 250", "< soon"), "expected: CODE"),
    (GOOD.replace("< 250", "< 250 /(/"), "regular expression"),
    (GOOD + "redis stop\n", "has no Redis"),
    (GOOD + "config: a = b\n", "before the first step"),
    (GOOD + "continue nobody\n", "no session of that name"),
    (GOOD + "reload now\n", "not understood"),
    ("title: x\n| y\n", "belongs to"),
    ("title: x\ntitle: y\n", "once"),
    (GOOD + "expect record a@b newsletter gone\n", "expected: expect record"),
    (GOOD + "on exim: expect no message\n", "no MTA of that name"),
    (GOOD + "expect bounce a@b c@d 5.7.1\n", "both"),
    (GOOD + "wake everybody\n", "nobody to wake"),
])
def test_a_bad_case_is_an_error(text: str, problem: str) -> None:
    with pytest.raises(CaseError, match=problem):
        parse_case("bad", text)


def test_config_changes_by_path(tmp_path) -> None:  # type: ignore[no-untyped-def]
    base = base_settings(tmp_path, tmp_path / "s")
    changed = change(base, "lists[newsletter].on_opted_out", "strip")
    changed = change(changed, "lists[first]", {"name": "x"})
    changed = change(changed, "milter.mode", "monitor")
    assert [entry["name"] for entry in changed["lists"]] == ["x", "newsletter", "product-news"]
    assert changed["lists"][1]["on_opted_out"] == "strip" and changed["milter"]["mode"] == "monitor"
    assert "on_opted_out" not in base["lists"][0] and "mode" not in base["milter"]
    with pytest.raises(ValueError):
        change(base, "lists[nosuch].title", "x")


def test_comparison_sees_every_difference() -> None:
    expected = ExpectMessage("<a@b>", ["<c@d>", "<e@f>"], ["{received}", "Subject: x", "", "body"])
    head = b"Received: from client.example.test\r\n\tby mx.example.test; today\r\n"
    same = SunkMessage("<a@b>", ["<e@f>", "<c@d>"], head + b"Subject: x\r\n\r\nbody\r\n")
    assert compare(expected, same) == ""
    for mail, rcpts, data in [
        ("<z@b>", same.rcpts, same.data),
        ("<a@b>", ["<c@d>"], same.data),
        ("<a@b>", same.rcpts, same.data + b"more\r\n"),
        ("<a@b>", same.rcpts, same.data.replace(b"Subject: x\r\n", b"Subject: x\r\nSubject: x\r\n")),
        ("<a@b>", same.rcpts, b"Subject: x\r\n" + head + b"\r\nbody\r\n"),
        ("<a@b>", same.rcpts, same.data.replace(b": x", b":x")),
    ]:
        assert compare(expected, SunkMessage(mail, rcpts, data)) != ""


BOUNCE = """\
Subject: Returned mail

Final-Recipient: RFC822; Ann@example.com
Action: failed
Status: 5.7.1
"""


def test_a_bounce_is_known_by_whom_it_names() -> None:
    expected = ExpectBounce("news@news.example.com", "ann@example.com", "5.7.1")

    def is_it(text: str, mail: str = "<>", recipient: str = "<news@news.example.com>") -> bool:
        return is_bounce(SunkMessage(mail, [recipient], text.replace("\n", "\r\n").encode()), expected)

    assert is_it(BOUNCE)
    assert not is_it(BOUNCE.replace("Ann@", "bob@"))
    assert not is_it(BOUNCE + BOUNCE.replace("Ann@", "bob@"))
    assert not is_it(BOUNCE.replace("5.7.1", "5.1.1"))
    assert not is_it(BOUNCE, mail="<a@example.com>")
    assert not is_it(BOUNCE, recipient="<a@example.com>")


def test_log_pairs() -> None:
    line = LogLine("info", '4F1A: to="\\"a b\\"@x" verdict=refuse empty=""')
    assert line.pairs() == {"to": '"a b"@x', "verdict": "refuse", "empty": ""}
    for text, word, other in [("4F1A2B: x", "QUEUEID", "NOQUEUE"), ("6ASHBH12008902: x", "QUEUEID", "NOQUEUE"),
                              ("NOQUEUE: x", "NOQUEUE", "QUEUEID")]:
        assert fits(LogLine("info", text), [word]) and not fits(LogLine("info", text), [other])


def test_a_missing_sendmail_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sendmail_packages, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("PATH", str(tmp_path / "no-apt-here"))
    with pytest.raises(HarnessError, match="cannot be fetched"):
        sendmail_packages.sendmail_root()
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache/complete").touch()
    with pytest.raises(HarnessError, match="has no usr/libexec/sendmail/sendmail"):
        sendmail_packages.sendmail_root()


def test_another_sendmail_mc_is_noticed() -> None:
    with pytest.raises(HarnessError, match="not exactly one line: DAEMON_OPTIONS"):
        mta_config("MAILER_DEFINITIONS\n", 25, {}, [])


def test_redis_keeps_its_data_over_a_stop(tmp_path) -> None:  # type: ignore[no-untyped-def]
    redis = PrivateRedis(tmp_path / "redis")
    try:
        redis.command(b"SET", b"key", b"value")
        redis.stop()
        with pytest.raises(OSError):
            redis.command(b"PING")
        redis.start()
        assert redis.command(b"GET", b"key") == b"value"
        redis.pause()
        redis.resume()
        assert redis.command(b"GET", b"nosuch") is None
    finally:
        redis.close()


@pytest.fixture()
def pass_through(world: World):  # type: ignore[no-untyped-def]
    world.sink.clear()
    milter = PassThrough(world.milter_socket)
    yield
    milter.close()


def _send(world: World, listener: str) -> None:
    client = world.client(listener)
    assert client.say("MAIL FROM:<news@news.example.com>").code == "250"
    assert client.say("RCPT TO:<ann@example.com>").code == "250"
    assert client.say("DATA").code == "354"
    assert client.message("\r\n".join(STANDARD_MAIL).encode() + b"\r\n").code == "250"
    client.quit()
    world.mta.wait_until_empty()


EXPECTED = ExpectMessage("<news@news.example.com>", ["<ann@example.com>"], ["{received}", *STANDARD_MAIL])


def test_the_mta_delivers_to_the_sink(world: World, pass_through: None) -> None:
    _send(world, "main")
    (message,) = world.sink.messages()
    assert compare(EXPECTED, message) == ""


def test_local_submission_goes_through_the_filter(world: World, pass_through: None) -> None:
    world.mta.submit(["-f", "news@news.example.com"], "\n".join(STANDARD_MAIL).encode() + b"\n")
    world.mta.wait_until_empty()
    (message,) = world.sink.messages()
    assert message.mail == "<news@news.example.com>" and message.rcpts == ["<readers@example.com>"]


def test_sasl(world: World, pass_through: None) -> None:
    client = world.client("main")
    assert client.say("AUTH PLAIN AHNob3AAd3Jvbmc=").code == "535"
    assert client.say("AUTH PLAIN AHNob3AAcHc=").code == "235"
    assert client.say("QUIT").code == "221"
    client.close()


def test_opendkim_signs(world: World, pass_through: None, opendkim: OpenDkim) -> None:
    _send(world, "dkim")
    (message,) = world.sink.messages()
    assert "from" in signed_fields(message.data)
    assert opendkim.verifies(message.data)
    assert not opendkim.verifies(message.data.replace(b"Subject: March", b"Subject: April"))
