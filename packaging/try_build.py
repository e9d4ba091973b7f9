"""Builds the programs for packaging/try by the release preset, and shows how far it is."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

from try_screen import Screen

COUNTED = re.compile(r"\[(\d+)/(\d+)\]")
FAILURE = re.compile(r"^FAILED: |^CMake Error|^ninja: error|: (fatal )?error: ")
SHOWN_LINES = 25
TOLD_EVERY_SECONDS = 20


class BuildFailed(Exception):
    pass


def build(root: Path, screen: Screen) -> Path:
    """Where the programs are. Makes nothing outside root/build."""
    log = root / "build/try.log"
    log.parent.mkdir(exist_ok=True)
    begin = time.monotonic()
    screen.pair("building", "build/release; the first time that takes some minutes")
    with log.open("w", buffering=1) as out:
        for command in (["cmake", "--preset", "release"], ["cmake", "--build", "--preset", "release"]):
            out.write(f"$ {' '.join(command)}\n")
            if _run(command, root, out, screen) != 0:
                screen.end_progress()
                raise BuildFailed(f"{_first_error(log)}\n\n{' '.join(command)} failed; all of its output: {log}")
    screen.end_progress()
    screen.pair("programs", f"build/release/src/app, built in {time.monotonic() - begin:.0f} s")
    return root / "build/release/src/app"


def _first_error(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    first = next((at for at, line in enumerate(lines) if FAILURE.search(line)), max(0, len(lines) - SHOWN_LINES))
    return "\n".join(lines[first:first + SHOWN_LINES])


def _run(command: list[str], root: Path, out, screen: Screen) -> int:  # type: ignore[no-untyped-def]
    environment = {**os.environ, "NINJA_STATUS": "[%f/%t] "}
    # A group of its own, so that it can be ended as a whole.
    process = subprocess.Popen(command, cwd=root, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace", process_group=0)
    try:
        assert process.stdout is not None
        told = time.monotonic()
        for line in process.stdout:
            out.write(line)
            match = COUNTED.match(line)
            if match is None:
                continue
            text = f"{'':<11} {match[1]} of {match[2]}"
            screen.progress(text)
            if not screen.is_terminal and time.monotonic() - told > TOLD_EVERY_SECONDS:
                screen.line(text)
                told = time.monotonic()
        return process.wait()
    except BaseException:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        raise
