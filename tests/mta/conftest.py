"""Fixtures of the MTA tests: one Postfix for the whole run, and one Sendmail after it. A module that runs with both says
MTAS = ("postfix", "sendmail"); the others run with Postfix alone, and so do tests that are marked one_mta: those for which
the MTA makes no difference."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.opendkim import OpenDkim  # noqa: E402
from support.world import World  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "sendmail: the test is with Sendmail")
    config.addinivalue_line("markers", "one_mta: of a module that runs with both MTAS, with Postfix alone")


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Before a test's own parameters, so that its name begins with the MTA's."""
    if "world" not in metafunc.fixturenames:
        return
    one = metafunc.definition.get_closest_marker("one_mta") is not None
    mtas = ("postfix",) if one else getattr(metafunc.module, "MTAS", ("postfix",))
    chosen = [pytest.param(mta, marks=pytest.mark.sendmail) if mta == "sendmail" else mta for mta in mtas]
    metafunc.parametrize("world", chosen, indirect=True, scope="session")


@pytest.fixture(scope="session")
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    world = World(request.param)
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
