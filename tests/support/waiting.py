"""Waiting for something to become true, with a deadline; free ports; programs that must be installed."""

from __future__ import annotations

import os
import random
import shutil
import socket
import time
from collections.abc import Callable


class HarnessError(Exception):
    """The test bed itself does not work: not a finding about the product."""


def patience() -> float:
    """Factor for all deadlines: sanitizer builds and busy machines are slow."""
    return float(os.environ.get("OPTOUT_PATIENCE", "1"))


def wait_until(ready: Callable[[], object], what: str, seconds: float = 20.0, every: float = 0.01) -> None:
    end = time.monotonic() + seconds * patience()
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds * patience():.0f} s in vain: {what}")
        time.sleep(every)


def program(name: str, package: str) -> str:
    """Where a program is. A missing one is a failure, never a skip."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin")
    if path is None:
        raise HarnessError(f"{name} is not installed: these tests need the Debian package {package}")
    return path


def free_ports(count: int) -> list[int]:
    """Loopback ports below the range that clients' ends are taken from."""
    found: list[int] = []
    for _ in range(1000):
        port = random.randint(10000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
        if len(found) == count:
            return found
    raise HarnessError("found no free loopback ports between 10000 and 32000")
