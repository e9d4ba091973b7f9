"""That a case can fail: the runner on a stand-in for the product that lets everything pass, or misbehaves."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.case_runner import run_case
from support.cases import parse_case
from support.fake_product import write_fake_product
from support.waiting import HarnessError, program
from support.world import World

MTAS = ("postfix", "sendmail")

SENT = """\
title: A mail passes
session main
> MAIL FROM:<news@news.example.com>
< 250
> RCPT TO:<ann@example.com>
< 250 2.1.5
> DATA
< 354
| {mail}
> .
< 250 2.0.0
"""
ARRIVES = """\
expect message
MAIL <news@news.example.com>
RCPT <ann@example.com>
| {received}
| {mail}
"""
LOG = "2024-03-01T10:00:00.000Z optout-milter[1] "


@pytest.fixture()
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    write_fake_product(tmp_path)
    monkeypatch.setenv("OPTOUT_BIN", str(tmp_path))
    return monkeypatch


def run(world: World, text: str) -> None:
    run_case(parse_case("case", text), world)


def test_what_is_so_passes(world: World, fake: pytest.MonkeyPatch) -> None:
    run(world, SENT + ARRIVES)


@pytest.mark.parametrize(("text", "problem"), [
    (SENT.replace("250 2.1.5", "550 5.7.1") + ARRIVES, "expected 550 5.7.1"),
    (SENT.replace("250 2.1.5", "250 2.1.6") + ARRIVES, "expected 250 2.1.6"),
    (SENT.replace("250 2.1.5", "250 2.1.5 /opted out/") + ARRIVES, "opted out"),
    (SENT + "expect no message\n", "not expected: MAIL <news@news.example.com>"),
    (SENT + ARRIVES + ARRIVES, "expected, but nothing came"),
    (SENT + ARRIVES.replace("| {mail}", "| X-More: yes\n| {mail}"), "X-More"),
    (SENT + ARRIVES.replace("<ann@example.com>", "<bob@example.com>"), "bob@example.com"),
    (SENT + ARRIVES + "expect unsubmitted 1\n", "expected 1 unsubmitted"),
    (SENT + ARRIVES + "expect no log event=started\n", "not expected in the milter's log"),
    (SENT + ARRIVES + "expect bounce news@news.example.com ann@example.com 5.7.1\n", "expected, but did not come: ExpectB"),
], ids=["code", "enhanced code", "reply text", "extra message", "missing message", "header", "recipient", "unsubmitted", "log", "bounce"])
def test_what_is_not_so_fails(world: World, fake: pytest.MonkeyPatch, text: str, problem: str) -> None:
    with pytest.raises(AssertionError, match=problem):
        run(world, text)


@pytest.mark.one_mta
@pytest.mark.parametrize("line", [
    LOG + "warning: event=odd", LOG + "error: event=odd", "terminate called without an active exception",
    "x.cpp:1:2: runtime error: signed integer overflow", "==1==ERROR: AddressSanitizer: heap-use-after-free",
    "WARNING: ThreadSanitizer: data race (pid=1)",
], ids=["warning", "error", "stray", "ubsan", "asan", "tsan"])
def test_undeclared_lines_fail(world: World, fake: pytest.MonkeyPatch, line: str) -> None:
    fake.setenv("FAKE_LOG", line)
    with pytest.raises(AssertionError, match="did not declare"):
        run(world, SENT + ARRIVES)


@pytest.mark.one_mta
def test_declared_lines_pass(world: World, fake: pytest.MonkeyPatch) -> None:
    fake.setenv("FAKE_LOG", LOG + "warning: event=odd")
    run(world, SENT + ARRIVES + "expect warning event=odd\n")


@pytest.mark.one_mta
def test_sanitizers_cannot_be_declared_away(world: World, fake: pytest.MonkeyPatch) -> None:
    fake.setenv("FAKE_LOG", LOG + "error: event=odd runtime error: overflow")
    with pytest.raises(AssertionError, match="did not declare"):
        run(world, SENT + ARRIVES + "expect error .*\n")


@pytest.mark.one_mta
def test_a_bad_exit_fails(world: World, fake: pytest.MonkeyPatch) -> None:
    fake.setenv("FAKE_EXIT", "3")
    with pytest.raises(AssertionError, match="ended with 3"):
        run(world, SENT + ARRIVES)


def test_missing_programs_fail() -> None:
    with pytest.raises(HarnessError, match="needs? the Debian package nosuchpackage"):
        program("no-such-program", "nosuchpackage")


@pytest.mark.one_mta
def test_missing_product_fails(world: World, fake: pytest.MonkeyPatch) -> None:
    fake.setenv("OPTOUT_BIN", "/nonexistent")
    with pytest.raises(HarnessError, match="does not exist"):
        run(world, SENT + ARRIVES)
