"""What the daemon tells the service manager that started it: sd_notify(3) and the watchdog."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.daemon import binary
from support.milter_daemon import MilterDaemon
from support.settings import base_settings
from support.waiting import patience, wait_until

BEAT = 0.3  # seconds that the watchdog gives


class Started:
    """The daemon, started as systemd does with WatchdogSec; its notices in order."""

    def __init__(self, directory: Path) -> None:
        settings = base_settings(directory, directory / "milter.sock")
        settings["milter"].pop("socket_group", None)
        self.socket_file = directory / "milter.sock"
        self.log_file = directory / "log"
        config = MilterDaemon(directory, settings).config
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(str(directory / "notify"))
        self._notify.settimeout(20 * patience())
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [str(binary("optout-milter")), "-c", str(config)], stdin=subprocess.DEVNULL, stderr=log,
                env={**os.environ, "NOTIFY_SOCKET": str(directory / "notify"), "WATCHDOG_USEC": str(int(BEAT * 1e6))})

    def next_notice(self) -> str:
        return self._notify.recv(4096).decode()

    def other_than_alive(self) -> str:
        """The next notice that is no sign of life."""
        while (notice := self.next_notice()) == "WATCHDOG=1":
            pass
        return notice

    def notices_so_far(self) -> list[str]:
        found: list[str] = []
        self._notify.setblocking(False)
        try:
            while True:
                found.append(self.next_notice())
        except BlockingIOError:
            return found
        finally:
            self._notify.settimeout(20 * patience())

    def complaints(self) -> int:
        return self.log_file.read_text().count("event=no_answer_from_itself")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._notify.close()


@contextmanager
def started() -> Iterator[Started]:
    with tempfile.TemporaryDirectory(prefix="optout-milter-") as directory:
        daemon = Started(Path(directory))
        try:
            yield daemon
        finally:
            daemon.close()


def test_is_ready_first_and_alive_then() -> None:
    with started() as daemon:
        assert [daemon.next_notice() for _ in range(4)] == ["READY=1"] + ["WATCHDOG=1"] * 3


def test_says_that_it_reloads_and_that_it_stops() -> None:
    with started() as daemon:
        assert daemon.next_notice() == "READY=1"
        daemon.process.send_signal(signal.SIGUSR1)
        assert [daemon.other_than_alive() for _ in range(2)] == ["RELOADING=1", "READY=1"]
        daemon.process.send_signal(signal.SIGTERM)
        assert daemon.other_than_alive() == "STOPPING=1"
        assert daemon.process.wait(10 * patience()) == 0, daemon.log_file.read_text()


def test_takes_a_stop_while_it_waits_for_its_own_answer() -> None:
    """libmilter has a thread that would take the signal, and end all sessions before anything is said of it."""
    with started() as daemon, socket.socket(socket.AF_UNIX) as deaf:
        assert daemon.next_notice() == "READY=1"
        daemon.socket_file.unlink()
        deaf.bind(str(daemon.socket_file))
        deaf.listen()
        deaf.settimeout(20 * patience())
        connection, _ = deaf.accept()
        with connection:
            daemon.process.send_signal(signal.SIGTERM)
            wait_until(lambda: "event=stopping signal=TERM" in daemon.log_file.read_text(), "it takes no signal")
            assert daemon.complaints() == 0
        assert daemon.other_than_alive() == "STOPPING=1"
        assert daemon.process.wait(10 * patience()) == 0, daemon.log_file.read_text()


def test_is_not_alive_when_no_mta_gets_an_answer() -> None:
    """As a filter whose socket was taken away: the process runs, and mail waits."""
    with started() as daemon:
        assert daemon.next_notice() == "READY=1"
        daemon.socket_file.unlink()
        wait_until(lambda: daemon.complaints() >= 1, "it does not notice that it does not answer")
        daemon.notices_so_far()
        seen = daemon.complaints()
        wait_until(lambda: daemon.complaints() >= seen + 3, "it does not look again")
        assert daemon.notices_so_far() == []
