"""libmilter writes its own complaints to the system log, past the daemon's. A good conversation makes none."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest
from bed import running
from expectations import expect_good_service
from milter_client import OLD_OFFER, TODAYS_OFFER
from mta_dialects import Postfix, Sendmail
from support.daemon import binary
from support.waiting import program, wait_until

# The daemon in a mount namespace whose /dev is a private directory; exec keeps the process id.
WRAPPER = """\
#!/bin/sh
exec {unshare} --mount sh -c '
    for name in null random urandom; do mount --bind /dev/$name {dev}/$name || exit 1; done
    mount --rbind {dev} /dev || exit 1
    exec "$0" "$@"' {real} "$@"
"""


class SystemLog:
    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        dev, programs = directory / "dev", directory / "bin"
        dev.mkdir()
        programs.mkdir()
        for name in ("null", "random", "urandom"):
            (dev / name).touch()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._lines: list[str] = []
        here = os.getcwd()
        os.chdir(dev)  # a path of any length
        self._socket.bind("log")
        self._place = f"/proc/self/fd/{os.open('log', os.O_PATH)}"
        os.chdir(here)
        threading.Thread(target=self._read, daemon=True).start()  # a full socket would block the daemon
        unshare = program("unshare", "util-linux") + ("" if os.geteuid() == 0 else " --map-root-user")
        milter = programs / "optout-milter"
        milter.write_text(WRAPPER.format(unshare=unshare, dev=dev, real=binary("optout-milter")))
        milter.chmod(0o755)
        (programs / "optoutctl").symlink_to(binary("optoutctl"))
        monkeypatch.setenv("OPTOUT_BIN", str(programs))

    def _read(self) -> None:
        while True:
            self._lines.append(self._socket.recv(8192).decode(errors="backslashreplace"))

    def lines(self) -> list[str]:
        """REQUIRES that the daemon has ended."""
        self._socket_is_empty()
        return list(self._lines)

    def _socket_is_empty(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.connect(self._place)
            last.send(b"the end")
        wait_until(lambda: self._lines[-1:] == ["the end"], "the system log's end")
        self._lines.pop()


@pytest.fixture
def system_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SystemLog:
    return SystemLog(tmp_path, monkeypatch)


def test_good_conversations_leave_no_complaint_of_libmilter(system_log: SystemLog) -> None:
    with running() as bed:
        for dialect in (Postfix, Sendmail):
            for offer in (TODAYS_OFFER, OLD_OFFER):
                mta = bed.session(dialect, offer)
                expect_good_service(mta)
                mta.quit()
    assert system_log.lines() == []
