"""Fixtures of the protocol tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]
pytest.register_assert_rewrite("expectations", "mta_dialects", "milter_client", "misbehaviour", "misbehaviour_order",
                               "misbehaviour_packets", "misbehaviour_floods", "bed")

from bed import AttackedBed, Bed, running  # noqa: E402


@pytest.fixture(scope="module")
def bed() -> Iterator[Bed]:
    """On a unix socket. What it logs beyond info fails the module."""
    with running() as bed:
        yield bed


@pytest.fixture(scope="module")
def inet_bed() -> Iterator[Bed]:
    with running(transport="inet") as bed:
        yield bed


@pytest.fixture(scope="module")
def attacked() -> Iterator[AttackedBed]:
    attacked = AttackedBed()
    try:
        yield attacked
    finally:
        attacked.stop()
