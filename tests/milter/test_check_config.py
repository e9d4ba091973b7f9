"""--check-config finds what would stop the start, before the service is restarted."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest
from support.daemon import binary
from support.milter_daemon import MilterDaemon
from support.settings import base_settings, change
from support.waiting import patience

PROGRAMS = ["optout-milter", "optout-web"]
FILES = [("redis.password_file", "cannot open {dir}/none: No such file or directory"),
         ("redis.tls.ca", "cannot open {dir}/none: No such file or directory")]


def check(program: str, directory: Path, key: str, value: str) -> tuple[int, str]:
    settings = base_settings(directory, directory / "milter.sock")
    for path, wanted in (("store.type", "redis"), ("redis.address", "tcp:127.0.0.1:6379"), (key, value)):
        settings = change(settings, path, wanted)
    config = MilterDaemon(directory, settings).config
    done = subprocess.run([str(binary(program)), "-c", str(config), "--check-config"], capture_output=True, text=True,
                          timeout=20 * patience())
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("key, problem", FILES, ids=[key for key, _ in FILES])
def test_a_file_of_the_store_that_is_not_there_is_found(program: str, key: str, problem: str) -> None:
    with tempfile.TemporaryDirectory(prefix="optout-milter-") as name:
        code, said = check(program, Path(name), key, f"{name}/none")
        assert (code, said.strip()) == (1, problem.format(dir=name))


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_file_that_is_there_is_no_problem(program: str) -> None:
    with tempfile.TemporaryDirectory(prefix="optout-milter-") as name:
        secret = Path(name) / "password"
        secret.write_text("secret\n")
        secret.chmod(0o640)
        code, said = check(program, Path(name), "redis.password_file", str(secret))
        assert code == 0, said
