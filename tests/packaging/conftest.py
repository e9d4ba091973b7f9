"""What every check of packaging knows: the source tree, the build, and how a tool is run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=60, check=False,
                          **options)  # type: ignore[call-overload]


@pytest.fixture(scope="session")
def packaging() -> Path:
    return ROOT / "packaging"


@pytest.fixture(scope="session")
def build() -> Path:
    """The build directory, which CTest names; by hand the usual one."""
    return Path(os.environ.get("OPTOUT_BUILD", ROOT / "build/dev"))


@pytest.fixture(scope="session")
def optoutctl(build: Path) -> Path:
    return build / "src/app/optoutctl"
