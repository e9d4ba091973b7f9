"""The processes that a run of packaging/try started: found by a mark in their environment, ended, seen gone."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

MARK = "OPTOUT_TRY"


class Processes:
    def __init__(self, directory: Path) -> None:
        os.environ[MARK] = str(directory)
        # Postfix clears its environment, and sets this.
        self._marks = {f"{MARK}={directory}".encode(), f"MAIL_CONFIG={directory}/postfix/etc".encode()}

    def alive(self) -> dict[int, str]:
        """Process id and name."""
        found: dict[int, str] = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                if self._marks.isdisjoint((entry / "environ").read_bytes().split(b"\0")):
                    continue
                found[int(entry.name)] = (entry / "comm").read_text().strip()
            except OSError:  # it ended meanwhile
                continue
        return found

    def wait_gone(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def end_all(self) -> dict[int, str]:
        """Those that neither SIGTERM nor SIGKILL could end: none, as a rule."""
        for number, seconds in ((signal.SIGTERM, 5), (signal.SIGKILL, 5)):
            for pid in self.alive():
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    pass
            if self.wait_gone(seconds):
                break
        return self.alive()
