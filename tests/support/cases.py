"""The text cases of tests/mta/cases: what their lines mean (tests/mta/README.md explains them to writers).

Only reads; knows nothing of servers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .case_lines import CaseError, lines_for
from .settings import parse_value

STANDARD_MAIL = """\
From: News <news@news.example.com>
To: Readers <readers@example.com>
Subject: March
Date: Fri, 01 Mar 2024 10:00:00 +0000
Message-Id: <march@news.example.com>

Spring is here.""".split("\n")


@dataclass
class Config:  # before the start
    path: str
    value: Any


@dataclass
class Change:  # while it runs; takes effect with Reload
    path: str
    value: Any


@dataclass
class Reload:
    pass


@dataclass
class Ctl:
    arguments: list[str]
    host: str  # here; elsewhere: one that shares nothing but Redis


@dataclass
class Remember:  # for {remembered}: what cannot be made any more later
    text: str


@dataclass
class Redis:
    action: str  # stop, start, pause, resume, command
    words: list[str] = field(default_factory=list)


@dataclass
class Disk:
    state: str  # full, free


@dataclass
class Session:
    listener: str
    name: str
    source: str
    is_new: bool


@dataclass
class Send:
    line: str


@dataclass
class Data:  # a line of the mail itself: dot-stuffed
    line: str


@dataclass
class ExpectReply:
    code: str
    enhanced: str = ""
    text: str = ""
    within: float | None = None
    eventually: bool = False


@dataclass
class Submit:
    arguments: list[str]
    lines: list[str] = field(default_factory=list)


@dataclass
class WakeSubmission:
    pass


@dataclass
class ExpectMessage:
    mail: str = ""
    rcpts: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


@dataclass
class ExpectBounce:  # the MTA's own report, with the null sender
    sender: str
    recipient: str
    status: str


@dataclass
class ExpectLog:
    words: list[str]  # "key=value", "key" (there, whatever it says), "NOQUEUE" or "QUEUEID"


@dataclass
class ExpectNoLog:
    words: list[str]


@dataclass
class ExpectUnsubmitted:
    count: int


@dataclass
class ExpectRecord:
    where: str  # store: as optoutctl sees it; redis: as it stands in Redis
    address: str
    list_name: str
    state: str  # opted_out, paused, opted_in, none


@dataclass
class ExpectMirror:
    records: int


Step = (Config | Change | Reload | Ctl | Remember | Redis | Disk | Session | Send | Data | ExpectReply | Submit | WakeSubmission
        | ExpectLog | ExpectNoLog | ExpectUnsubmitted | ExpectRecord
        | ExpectMirror)


@dataclass
class Case:
    name: str
    title: str = ""
    config: list[Config] = field(default_factory=list)
    steps: list[tuple[int, Step]] = field(default_factory=list)  # with the line's number
    messages: list[ExpectMessage] = field(default_factory=list)
    bounces: list[ExpectBounce] = field(default_factory=list)
    says_no_message: bool = False
    declared: list[re.Pattern[str]] = field(default_factory=list)  # warnings and errors of the log

    @property
    def needs_redis(self) -> bool:
        return any(c.path == "store.type" and c.value == "redis" for c in self.config)


def load_case(path: Path, mta: str) -> Case:
    return parse_case(path.stem, path.read_text(encoding="utf-8"), mta)


def parse_case(name: str, text: str, mta: str = "postfix") -> Case:
    """As it is for that MTA."""
    parser = _Parser(name)
    for number, line in enumerate(text.split("\n"), 1):
        try:
            for one in lines_for(line, mta):
                parser.take(number, one)
        except CaseError as problem:
            raise CaseError(f"{name}.case:{number}: {problem}") from None
    try:
        return parser.end()
    except CaseError as problem:
        raise CaseError(f"{name}.case: {problem}") from None


class _Parser:
    def __init__(self, name: str) -> None:
        self.case = Case(name)
        self._names: set[str] = set()
        self._lines: list[str] | None = None  # where a "|" line goes; None: to the session
        self._message: ExpectMessage | None = None
        self._in_session = False

    def take(self, number: int, line: str) -> None:
        if line.startswith("|"):
            self._data(number, line[2:] if line.startswith("| ") else line[1:])
            return
        if not line.strip() or line.startswith("#"):
            return
        if line[:2] in ("> ", "< "):
            self._talk(number, line)
            return
        words = line.split()
        if self._message is not None and words[0] in ("MAIL", "RCPT"):
            self._envelope(words[0], line[5:])
            return
        self._lines, self._message = None, None
        handler = getattr(self, "_on_" + words[0].rstrip(":"), None)
        if handler is None:
            raise CaseError(f"unknown directive: {line}")
        handler(number, line.partition(" ")[2].strip())

    def end(self) -> Case:
        case = self.case
        if not case.title:
            raise CaseError("a case begins with title:")
        expectations = (ExpectReply, ExpectLog, ExpectNoLog, ExpectUnsubmitted, ExpectRecord)
        if not case.messages and not case.bounces and not case.says_no_message:
            raise CaseError("says neither \"expect message\" nor \"expect no message\"")
        if (case.messages or case.bounces) and case.says_no_message:
            raise CaseError("says both \"expect message\" and \"expect no message\"")
        if not any(isinstance(step, expectations) for _, step in case.steps):
            raise CaseError("expects nothing but messages: a reply, log line or record must be expected too")
        for message in case.messages:
            if not (message.mail and message.rcpts and message.lines):
                raise CaseError("an expected message has MAIL, RCPT and | lines")
        return case

    def _add(self, number: int, step: Step) -> None:
        self.case.steps.append((number, step))

    def _data(self, number: int, line: str) -> None:
        lines = STANDARD_MAIL if line == "{mail}" else [line]
        if self._lines is not None:
            self._lines += lines
            return
        if not self._in_session:
            raise CaseError("a | line belongs to a session, a submission or an expected message")
        for one in lines:
            self._add(number, Data(one))

    def _talk(self, number: int, line: str) -> None:
        self._lines, self._message = None, None
        if not self._in_session:
            raise CaseError("there is no session yet")
        self._add(number, Send(line[2:]) if line[0] == ">" else _reply(line[2:]))

    def _envelope(self, verb: str, rest: str) -> None:
        assert self._message is not None
        if verb == "MAIL":
            if self._message.mail:
                raise CaseError("a message has one MAIL")
            self._message.mail = rest
        else:
            self._message.rcpts.append(rest)

    def _on_title(self, number: int, rest: str) -> None:
        if self.case.title or self.case.steps:
            raise CaseError("title: comes once and first")
        if not rest:
            raise CaseError("the title is empty")
        self.case.title = rest

    def _on_config(self, number: int, rest: str) -> None:
        if self.case.steps:
            raise CaseError("config: comes before the first step; later it is change:")
        self.case.config.append(Config(*_setting(rest)))

    def _on_change(self, number: int, rest: str) -> None:
        self._add(number, Change(*_setting(rest)))

    def _on_reload(self, number: int, rest: str) -> None:
        _nothing_more(rest)
        self._add(number, Reload())

    def _on_optoutctl(self, number: int, rest: str) -> None:
        if not rest:
            raise CaseError("optoutctl needs arguments")
        self._add(number, Ctl(rest.split(), "here"))

    def _on_elsewhere(self, number: int, rest: str) -> None:
        if not self.case.needs_redis:
            raise CaseError("there is no other host without Redis: config: store.type = redis")
        words = rest.split()
        if len(words) < 2 or words[0] != "optoutctl":
            raise CaseError(f"expected: elsewhere optoutctl ARGUMENTS, not: {rest}")
        self._add(number, Ctl(words[1:], "elsewhere"))

    def _on_remember(self, number: int, rest: str) -> None:
        if not rest:
            raise CaseError("nothing to remember")
        self._add(number, Remember(rest))

    def _on_redis(self, number: int, rest: str) -> None:
        words = rest.split()
        if not self.case.needs_redis:
            raise CaseError("this case has no Redis: config: store.type = redis")
        if not words or (words[0] != "command" and len(words) > 1) or (words[0] == "command" and len(words) == 1):
            raise CaseError(f"redis does not understand: {rest}")
        if words[0] not in ("stop", "start", "pause", "resume", "command"):
            raise CaseError(f"redis does not understand: {rest}")
        self._add(number, Redis(words[0], words[1:]))

    def _on_disk(self, number: int, rest: str) -> None:
        if rest not in ("full", "free"):
            raise CaseError(f"disk is full or free, not: {rest}")
        self._add(number, Disk(rest))

    def _on_session(self, number: int, rest: str) -> None:
        match = re.fullmatch(r"([a-z]+)(?: as ([a-z]+))?(?: from (127\.[0-9.]+))?", rest)
        if not match:
            raise CaseError(f"expected: session LISTENER [as NAME] [from 127.x.y.z], not: {rest}")
        self._names.add(match[2] or "")
        self._in_session = True
        self._add(number, Session(match[1], match[2] or "", match[3] or "127.0.0.1", True))

    def _on_continue(self, number: int, rest: str) -> None:
        if rest not in self._names:
            raise CaseError(f"there is no session of that name: {rest}")
        self._add(number, Session("", rest, "", False))

    def _on_submit(self, number: int, rest: str) -> None:
        step = Submit(rest.split())
        self._lines = step.lines
        self._add(number, step)

    def _on_wake(self, number: int, rest: str) -> None:
        if rest != "submission":
            raise CaseError(f"nobody to wake: {rest}")
        self._add(number, WakeSubmission())

    def _on_expect(self, number: int, rest: str) -> None:
        what, _, more = rest.partition(" ")
        words = more.split()
        if what == "message" and not words:
            self._message = ExpectMessage()
            self._lines = self._message.lines
            self.case.messages.append(self._message)
        elif rest == "no message":
            self.case.says_no_message = True
        elif what == "bounce" and len(words) == 3:
            self.case.bounces.append(ExpectBounce(*words))
        elif what == "log" and words:
            self._add(number, ExpectLog(words))
        elif what == "no" and words[:1] == ["log"] and words[1:]:
            self._add(number, ExpectNoLog(words[1:]))
        elif what in ("warning", "error") and more:
            self.case.declared.append(_pattern(more))
        elif what == "unsubmitted" and more.isdigit():
            self._add(number, ExpectUnsubmitted(int(more)))
        elif what == "mirror" and more.isdigit():
            self._add(number, ExpectMirror(int(more)))
        elif what in ("record", "redis") and words:
            self._add(number, _record("store" if what == "record" else "redis", words))
        else:
            raise CaseError(f"unknown expectation: {rest}")


def _record(where: str, words: list[str]) -> ExpectRecord:
    if where == "redis":
        if words[:1] != ["record"]:
            raise CaseError("expected: expect redis record ADDRESS LIST STATE")
        words = words[1:]
    if len(words) != 3 or words[2] not in ("opted_out", "opted_in", "paused", "none"):
        raise CaseError("expected: expect record ADDRESS LIST opted_out|opted_in|paused|none")
    return ExpectRecord(where, *words)


def _reply(text: str) -> ExpectReply:
    match = re.fullmatch(r"(\d{3})(?: (\d\.\d+\.\d+))?(?: /(.*)/)?(?: within ([\d.]+)s)?( eventually)?", text)
    if not match:
        raise CaseError(f"expected: CODE [ENHANCED] [/TEXT/] [within SECONDSs] [eventually], not: {text}")
    return ExpectReply(match[1], match[2] or "", _pattern(match[3] or "").pattern,
                       float(match[4]) if match[4] else None, bool(match[5]))


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as problem:
        raise CaseError(f"bad regular expression {text}: {problem}") from None


def _setting(text: str) -> tuple[str, Any]:
    path, equals, value = text.partition(" = ")
    if not equals:
        raise CaseError(f"expected: PATH = VALUE, not: {text}")
    return path.strip(), parse_value(value.strip())


def _nothing_more(rest: str) -> None:
    if rest:
        raise CaseError(f"not understood: {rest}")
