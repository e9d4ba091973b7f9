"""Fixtures of the MTA tests: one Postfix for the whole run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.opendkim import OpenDkim  # noqa: E402
from support.world import World  # noqa: E402


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    world = World()
    try:
        yield world
    finally:
        world.close()


@pytest.fixture(scope="session")
def opendkim(world: World) -> Iterator[OpenDkim]:
    signer = OpenDkim(world.directory / "opendkim", world.dkim_socket)
    try:
        yield signer
    finally:
        signer.stop()
