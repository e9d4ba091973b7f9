"""Runs one text case: milter, Redis where asked for, the steps in order, then what arrived in the sink."""

from __future__ import annotations

import json
import re
import time
from functools import singledispatchmethod
from pathlib import Path
from typing import Any

from . import cases, tokens
from .daemon import Admin, LogLine
from .milter_daemon import MilterDaemon
from .placeholders import check_tokens, compare, is_bounce, to_bytes
from .private_redis import PrivateRedis
from .settings import base_settings, change, to_text
from .smtp_client import Reply, SmtpClient
from .waiting import patience, wait_until
from .world import World

STATE_LETTERS = {"opted_in": b"i", "paused": b"p", "opted_out": b"x"}


def run_case(case: cases.Case, world: World) -> None:
    runner = _Runner(case, world)
    try:
        runner.run()
    finally:
        runner.clean_up()


def fits(line: LogLine, words: list[str]) -> bool:
    pairs = line.pairs()
    for word in words:
        key, equals, value = word.partition("=")
        if equals:
            if pairs.get(key) != value:
                return False
        elif word in ("error:", "warning:"):
            if line.level + ":" != word:
                return False
        elif key in ("NOQUEUE", "QUEUEID"):
            if not re.match("NOQUEUE:" if key == "NOQUEUE" else "(?!NOQUEUE:)[0-9A-Za-z]{6,}:", line.text):
                return False
        elif key not in pairs:
            return False
    return True


class _Runner:
    def __init__(self, case: cases.Case, world: World) -> None:
        self.case = case
        self.world = world
        self.directory = world.case_directory()
        self.redis: PrivateRedis | None = None
        self.sessions: dict[str, SmtpClient] = {}
        self.client: SmtpClient | None = None
        self.last_line = b""
        self.sent_at = 0.0
        self.remembered = ""
        try:
            self.milter = MilterDaemon(self.directory, self._settings())
        except BaseException:
            if self.redis is not None:
                self.redis.close()
            raise

    def _settings(self) -> dict[str, Any]:
        settings = base_settings(self.directory, self.world.milter_socket)
        if self.case.needs_redis:
            self.redis = PrivateRedis(self.directory / "redis")
            settings = change(settings, "redis.address", f"unix:{self.redis.path}")
        for item in self.case.config:
            value = item.value
            if isinstance(value, str):
                value = value.replace("{milter-port}", str(self.world.milter_port))
            settings = change(settings, item.path, value)
        return settings

    def run(self) -> None:
        self.world.sink.clear()
        self.milter.start()
        number = 0
        try:
            for number, step in self.case.steps:
                self.perform(step)
            for client in self.sessions.values():
                client.quit()
            self.sessions.clear()
            self.world.mta.wait_until_empty()
        except (AssertionError, OSError) as problem:
            raise AssertionError(f"{self.case.name}.case:{number}: {problem}\n\nmilter's log:\n"
                                 f"{self.milter.log_text()}\n\nthe MTA's log ends:\n{self._mta_log()}") from problem
        self._compare_messages()
        self.milter.stop()
        undeclared = self.milter.undeclared(self.case.declared)
        assert not undeclared, "the milter's log has lines that the case did not declare:\n" + "\n".join(undeclared)

    def clean_up(self) -> None:
        for client in self.sessions.values():
            client.close()
        self.milter.kill()
        if self.redis is not None:
            self.redis.close()
        if self.world.mta.queued():
            self.world.mta.delete_queued()

    def _mta_log(self) -> str:
        return "\n".join(self.world.mta.log().splitlines()[-12:])

    def _compare_messages(self) -> None:
        remaining = self.world.sink.messages()
        problems: list[str] = []
        for bounce in self.case.bounces:
            found = [message for message in remaining if is_bounce(message, bounce)]
            if found:
                remaining.remove(found[0])
            else:
                problems.append(f"expected, but did not come: {bounce}")
        for expected in self.case.messages:
            differences = [compare(expected, actual) for actual in remaining]
            if "" in differences:
                actual = remaining.pop(differences.index(""))
                check_tokens(expected, actual, self.milter.admin)
            else:
                problems.append(min(differences, key=len, default="expected, but nothing came:\n" + str(expected)))
        extra = len(self.world.sink.messages()) - len(self.case.messages) - len(self.case.bounces)
        if extra > 0:
            problems += [f"not expected: MAIL {m.mail} RCPT {m.rcpts}\n" + "\n".join(m.lines()) for m in remaining]
        assert not problems, (f"{self.case.name}: what was delivered is not what was expected\n" + "\n\n".join(problems)
                              + "\n\nmilter's log:\n" + self.milter.log_text())

    @singledispatchmethod
    def perform(self, step: Any) -> None:
        raise NotImplementedError(step)

    @perform.register
    def _(self, step: cases.Change) -> None:
        self.milter.write_config(change(self.milter.settings, step.path, step.value))

    @perform.register
    def _(self, step: cases.Reload) -> None:
        self.milter.reload()

    @perform.register
    def _(self, step: cases.Ctl) -> None:
        admin = self.milter.admin if step.host == "here" else self._another_host()
        admin.must(*[self._bytes(word).decode() for word in step.arguments])

    def _another_host(self) -> Admin:
        directory = self.directory / "elsewhere"
        directory.mkdir(exist_ok=True)
        config = directory / "optout.yaml"
        config.write_text(to_text(change(self.milter.settings, "store.path", str(directory / "store"))))
        return Admin(config)

    @perform.register
    def _(self, step: cases.Remember) -> None:
        self.remembered = self._bytes(step.text).decode()

    @perform.register
    def _(self, step: cases.Redis) -> None:
        assert self.redis is not None
        if step.action == "command":
            self.redis.command(*[self._bytes(word) for word in step.words])
        else:
            getattr(self.redis, step.action)()

    @perform.register
    def _(self, step: cases.Disk) -> None:
        if step.state == "full":
            self.milter.disk_full()
        else:
            self.milter.disk_free()

    @perform.register
    def _(self, step: cases.Session) -> None:
        if step.is_new:
            if step.name in self.sessions:
                self.sessions.pop(step.name).quit()
            self.sessions[step.name] = self.world.client(step.listener, step.source)
        self.client = self.sessions[step.name]

    def _bytes(self, text: str) -> bytes:
        return to_bytes(text, self.milter.admin, self.remembered)

    def _send(self, line: bytes) -> None:
        assert self.client is not None
        self.last_line = line
        self.sent_at = time.monotonic()
        self.client.send(line)

    @perform.register
    def _(self, step: cases.Send) -> None:
        self._send(self._bytes(step.line))

    @perform.register
    def _(self, step: cases.Data) -> None:
        line = self._bytes(step.line)
        self._send(b"." + line if line.startswith(b".") else line)

    @perform.register
    def _(self, step: cases.ExpectReply) -> None:
        assert self.client is not None
        reply = self.client.read()
        end = time.monotonic() + 20 * patience()
        while step.eventually and reply.code != step.code and time.monotonic() < end:
            time.sleep(0.1)
            self.client.send(self.last_line)
            reply = self.client.read()
        self._judge(step, reply, time.monotonic() - self.sent_at)

    def _judge(self, step: cases.ExpectReply, reply: Reply, seconds: float) -> None:
        sent = self.last_line[:200].decode("utf-8", "backslashreplace")
        wanted = f"{step.code} {step.enhanced}".strip()
        assert reply.code == step.code and (not step.enhanced or reply.enhanced == step.enhanced), (
            f"expected {wanted} to \"{sent}\", got: {reply}")
        assert re.search(step.text, reply.text), f"expected /{step.text}/ to \"{sent}\", got: {reply}"
        if step.within is not None:
            assert seconds <= step.within * patience(), f"the reply took {seconds:.2f} s, expected {step.within} s"

    @perform.register
    def _(self, step: cases.Submit) -> None:
        lines = [self._bytes(line) for line in step.lines]
        self.world.mta.submit(step.arguments, b"\n".join(lines) + b"\n")

    @perform.register
    def _(self, step: cases.WakeSubmission) -> None:
        self.world.mta.wake_submission()

    @perform.register
    def _(self, step: cases.ExpectLog) -> None:
        self.milter.claim(lambda line: fits(line, step.words), " ".join(step.words))

    @perform.register
    def _(self, step: cases.ExpectNoLog) -> None:
        found = [str(line) for line in self.milter.log() if fits(line, step.words)]
        assert not found, f"not expected in the milter's log: {found}"

    @perform.register
    def _(self, step: cases.ExpectUnsubmitted) -> None:
        queued = self.world.mta.unsubmitted()
        assert len(queued) == step.count, f"expected {step.count} unsubmitted, there are {queued}"

    @perform.register
    def _(self, step: cases.ExpectMirror) -> None:
        def mirror() -> Any:
            return json.loads(self.milter.admin.run("pending", "--json").stdout)["mirror"]

        wait_until(lambda: (mirror()["state"], mirror()["records"]) == ("ready", step.records),
                   f"a mirror with {step.records}, where it is {mirror()}")

    @perform.register
    def _(self, step: cases.ExpectRecord) -> None:
        if step.where == "redis":
            self._expect_redis_record(step)
            return
        shown = self.milter.admin.run("check", step.address, "--list", step.list_name)
        # address, list, state, ...
        states = [line.split()[2] for line in shown.stdout.splitlines()]
        assert states == [step.state], f"expected {step.state}: {shown.stdout}{shown.stderr}"

    def _expect_redis_record(self, step: cases.ExpectRecord) -> None:
        """Waits: what the journal holds is merged in the background."""
        assert self.redis is not None
        redis = self.redis
        key, field = tokens.redis_record(step.address, step.list_name)

        def state() -> bytes | None:
            value = redis.command(b"HGET", key, field)
            return value[9:10] if isinstance(value, bytes) else None

        wait_until(lambda: state() == STATE_LETTERS.get(step.state), f"{step} in Redis, where it is {state()!r}")


def case_files() -> list[Path]:
    return sorted((Path(__file__).resolve().parents[1] / "mta/cases").glob("*.case"))
