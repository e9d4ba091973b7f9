"""One daemon with a private config, store and socket for the cases of a module, and the judgement of how it ended."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from expectations import expect_accepted, expect_good_service, expect_pair
from milter_client import Offer, TODAYS_OFFER, Wire
from mta_dialects import Mail, Postfix, opened
from support.daemon import LogLine
from support.milter_daemon import MilterDaemon
from support.settings import Settings, base_settings, change
from support.waiting import free_ports, patience, wait_until

# List name, title and sender are what the mails of mta_dialects are made for.
STRIPPED_LIST = {"name": "digest", "title": "Digest", "match": [{"sender": ["*@digest.example.com"]}],
                 "on_opted_out": "strip"}
OPTED_OUT = "gone@example.com"


class Bed:
    """Owns: a directory, a running daemon. gone@example.com has left every list."""

    def __init__(self, changes: dict[str, Any] | None = None, transport: str = "unix") -> None:
        # Not pytest's own: its paths are too long for a unix socket.
        self.directory = Path(tempfile.mkdtemp(prefix="optout-milter-"))
        settings = base_settings(self.directory, self.directory / "milter.sock")
        settings = change(settings, "lists[first]", STRIPPED_LIST)
        settings["milter"].pop("socket_group", None)  # no MTA takes part here
        if transport == "inet":
            settings = change(settings, "milter.listen", f"inet:{free_ports(1)[0]}@127.0.0.1")
        for path, value in (changes or {}).items():
            settings = change(settings, path, value)
        self.daemon = MilterDaemon(self.directory, settings)
        try:
            for name in ("newsletter", "product-news", "digest"):
                self.daemon.admin.must("add", OPTED_OUT, "--list", name)
            self.daemon.start()
        except BaseException:
            self.discard()
            raise

    @property
    def listen(self) -> str:
        return str(self.daemon.settings["milter"]["listen"])

    @property
    def settings(self) -> Settings:
        return self.daemon.settings

    def wire(self) -> Wire:
        return Wire(self.listen)

    def session(self, dialect: type[Postfix] = Postfix, offer: Offer = TODAYS_OFFER) -> Postfix:
        return opened(self.listen, dialect, offer)

    def reconfigure(self, path: str, value: Any) -> None:
        self.daemon.write_config(change(self.settings, path, value))

    def is_alive(self) -> bool:
        try:
            os.kill(self.daemon.pid, 0)
        except OSError:
            return False
        return process_state(self.daemon.pid) not in ("Z", "X")

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.daemon.pid}/fd"))

    def threads(self) -> int:
        return self.daemon.status("Threads")

    def stop(self, declared: tuple[str, ...] = ()) -> None:
        """By SIGTERM: ends with 0 within 10 s, and has logged nothing worse than info but for what is declared."""
        try:
            pipe = self.daemon._process.stderr if self.daemon._process else None  # noqa: SLF001
            self.daemon.stop()
            if pipe is not None:  # a sanitizer's report is the last that comes
                wait_until(lambda: pipe.closed, "the log of the daemon does not end")
            undeclared = self.daemon.undeclared([re.compile(pattern) for pattern in declared])
            assert undeclared == [], "undeclared lines in the milter's log:\n" + "\n".join(undeclared)
        finally:
            self.discard()

    def discard(self) -> None:
        self.daemon.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


def process_state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


@contextmanager
def running(changes: dict[str, Any] | None = None, transport: str = "unix",
            declared: tuple[str, ...] = ()) -> Iterator[Bed]:
    bed = Bed(changes, transport)
    try:
        yield bed
    except BaseException:
        bed.discard()
        raise
    bed.stop(declared)


class Bystander:
    """A good MTA whose one session stays open all the time and passes message after message."""

    def __init__(self, listen: str) -> None:
        self.count = 0
        self.error: BaseException | None = None
        self._stopping = threading.Event()
        self._mta = opened(listen)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self._stopping.wait(0.005):
                passed = self._mta.pass_on(Mail(recipients=["bystander@example.com"]))
                expect_pair(expect_accepted(passed), "bystander@example.com")
                self.count += 1
            self._mta.quit()
        except BaseException as error:  # noqa: BLE001
            self.error = error

    def expect_undisturbed(self) -> None:
        """Two whole messages more: the second began after the call."""
        until = self.count + 2
        wait_until(lambda: self.error or self.count >= until, "the session that was open all the time hangs")
        if self.error:
            raise AssertionError(f"the session that was open all the time was disturbed: {self.error!r}")

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(20 * patience())
        if self.error:
            raise AssertionError(f"the session that was open all the time was disturbed: {self.error!r}")


# What MTAs that break the protocol may cause, at whatever level.
DECLARED = ("event=protocol_violation", "event=negotiation_failed")


class AttackedBed:
    """A Bed that is misbehaved against. A daemon that dies fails its case and is replaced for the next ones."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self.bed = Bed({"milter.header_budget": "64KiB"})
        for _ in range(3):  # what is made at first use is made
            self._serve_once()
        self.bystander = Bystander(self.bed.listen)
        self.bystander.expect_undisturbed()
        self.descriptors = self.bed.descriptors()
        self.threads = self.bed.threads()
        self._seen = 0

    def _serve_once(self) -> None:
        mta = self.bed.session()
        expect_good_service(mta)
        mta.quit()

    @contextmanager
    def misbehaving(self) -> Iterator[Bed]:
        """Afterwards: a good conversation on a new connection, the open one undisturbed, nothing in the log beyond
        warnings."""
        others = set(Wire.opened)
        try:
            yield self.bed
            self.expect_unharmed()
        except BaseException as error:
            if not self._has_died():
                raise
            raise AssertionError(f"the daemon has died\n{self._log_tail()}") from error
        finally:
            for wire in set(Wire.opened) - others:
                wire.close()  # a failed case keeps them alive
            if not self.bed.is_alive():
                self.bed.discard()
                self._start()

    def _has_died(self) -> bool:
        """After a failure: to die takes a moment."""
        try:
            wait_until(lambda: not self.bed.is_alive(), "", 0.5)
        except TimeoutError:
            return False
        return True

    def expect_unharmed(self) -> None:
        self._serve_once()
        self.bystander.expect_undisturbed()
        bad = self._new_bad_lines()
        assert bad == [], "worse than warnings in the milter's log:\n" + "\n".join(bad)

    def _new_bad_lines(self) -> list[str]:
        log = self.bed.daemon.log()
        new, self._seen = log[self._seen:], len(log)
        return [str(line) for line in new if is_bad(line)]

    def _log_tail(self) -> str:
        return "\n".join(str(line) for line in self.bed.daemon.log()[-60:])

    def stop(self) -> None:
        try:
            self.bystander.stop()
        finally:
            self.bed.stop(declared=DECLARED)


def is_bad(line: LogLine) -> bool:
    if any(pattern in line.text for pattern in DECLARED) and line.level in ("warning", "error"):
        return False
    return line.level not in ("debug", "info", "warning") or "panic" in line.text
