"""Fixtures of the web tests: optout-web with a private config each, and one Postfix for the whole run."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.sink import Sink  # noqa: E402
from support.waiting import free_ports  # noqa: E402
from support.web_daemon import WebDaemon, web_settings  # noqa: E402
from support.world import World  # noqa: E402


@pytest.fixture
def directory() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="optout-web-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def start(directory: Path) -> Iterator[Callable[..., WebDaemon]]:
    """Starts daemons with changed web settings; each must have logged nothing undeclared at the end."""
    daemons: list[WebDaemon] = []

    def start(change: Callable[[dict], None] = lambda settings: None, **web: object) -> WebDaemon:
        settings = web_settings(directory, **web)
        change(settings)
        daemon = WebDaemon(directory, settings)
        daemons.append(daemon)
        daemon.start()
        return daemon

    try:
        yield start
        for daemon in daemons:
            daemon.stop()
            assert daemon.undeclared(daemon.declared) == []
    finally:
        for daemon in daemons:
            daemon.kill()


@pytest.fixture
def web(start: Callable[..., WebDaemon]) -> WebDaemon:
    return start()


@pytest.fixture
def sink() -> Iterator[Sink]:
    (port,) = free_ports(1)
    sink = Sink(port)
    yield sink
    sink.close()


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    world = World()
    try:
        yield world
    finally:
        world.close()
