"""What packaging/try writes: plain lines; in a terminal with some colour. Knows nothing of mail servers."""

from __future__ import annotations

import os
import re
import sys

STYLES = {"title": "1", "good": "32", "bad": "1;31", "quiet": "2"}
LONG_WORD = re.compile(r"[A-Za-z0-9._]{40,}")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class OutputGone(Exception):
    """Nobody reads any more: the pipe or the terminal was closed."""


def shortened(text: str) -> str:
    """Tokens and sealed addresses without their middle."""
    return LONG_WORD.sub(lambda match: f"{match[0][:8]}...{match[0][-6:]}", text)


class Screen:
    def __init__(self) -> None:
        self.is_terminal = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._colour = self.is_terminal and not os.environ.get("NO_COLOR")
        self._gone = False
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]

    def line(self, text: str = "", style: str = "") -> None:
        text = CONTROL.sub("?", text)
        self._write(f"\x1b[{STYLES[style]}m{text}\x1b[0m\n" if style and self._colour else text + "\n")

    def pair(self, label: str, text: str) -> None:
        self.line(f"  {label:<9} {text}")

    def progress(self, text: str) -> None:
        """One line that the next one replaces; only in a terminal."""
        if self.is_terminal:
            self._write(f"\r\x1b[K{text}")

    def end_progress(self) -> None:
        if self.is_terminal:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        # Said once; after that the clean-up must go on in silence.
        if self._gone:
            return
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError as gone:
            self._gone = True
            # What is still buffered must not fail at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise OutputGone("nobody reads the output any more") from gone
