"""Every file of cases/ is one test, through a real MTA and the real milter."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.case_runner import case_files, run_case
from support.cases import load_case
from support.world import World

MTAS = ("postfix", "sendmail")


@pytest.mark.parametrize("path", case_files(), ids=lambda path: path.stem)
def test_case(path: Path, world: World) -> None:
    run_case(load_case(path, world.mta.name), world)
