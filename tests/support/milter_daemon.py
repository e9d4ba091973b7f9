"""One run of optout-milter."""

from __future__ import annotations

from pathlib import Path

from .daemon import Daemon


class MilterDaemon(Daemon):
    program = "optout-milter"

    def kill(self) -> None:
        super().kill()
        listen = self.settings["milter"]["listen"]
        if listen.startswith("unix:"):
            Path(listen.removeprefix("unix:")).unlink(missing_ok=True)
