"""Both programs as containers run them. LMDB tells processes apart by their ids, and in a PID namespace of its own each
program has the id 1."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.daemon import Admin, binary
from support.private_redis import PrivateRedis
from support.settings import to_text
from support.waiting import patience, program
from support.web_daemon import web_settings

TOLD = "a process with the same process id, in another PID namespace, has it open: let them share one"


class Containers:
    def __init__(self, directory: Path, redis: PrivateRedis | None) -> None:
        settings = web_settings(directory)
        settings["milter"].pop("socket_group")
        if redis is not None:
            settings["store"]["type"] = "redis"
            settings["redis"] = {"address": f"unix:{redis.path}"}
        (directory / "store").mkdir()
        self.config = directory / "optout.yaml"
        self.config.write_text(to_text(settings))
        Admin(self.config).must("keys", "new", settings["keys"])

    def in_its_namespace(self, script: str) -> subprocess.Popen[str]:
        """A shell, which is process 1 there until it says exec."""
        root = [] if os.geteuid() == 0 else ["--map-root-user"]
        return subprocess.Popen(
            [program("unshare", "util-linux"), *root, "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
             script, "sh", str(binary("optout-milter")), str(binary("optout-web")), str(self.config)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    @contextmanager
    def running(self, script: str, programs: int) -> Iterator[None]:
        process = self.in_its_namespace(script)
        said: list[str] = []
        assert process.stderr is not None
        try:
            while len(said) < programs:
                line = process.stderr.readline()
                assert line, f"ended with {process.wait()}"
                said += [line] if "event=started" in line else []
            yield
        finally:
            process.send_signal(signal.SIGKILL)  # the kernel ends the whole namespace
            process.communicate(timeout=20 * patience())


@pytest.fixture(params=["lmdb", "redis"])
def containers(request: pytest.FixtureRequest, directory: Path) -> Iterator[Containers]:
    redis = PrivateRedis(directory / "redis") if request.param == "redis" else None
    try:
        yield Containers(directory, redis)
    finally:
        if redis is not None:
            redis.close()


def test_in_namespaces_of_their_own_the_second_says_what_to_do(containers: Containers) -> None:
    with containers.running('exec "$1" -c "$3"', 1):
        process = containers.in_its_namespace('exec "$2" -c "$3"')
        try:
            log = process.communicate(timeout=20 * patience())[1]
        finally:
            process.kill()
        assert process.returncode == 1
        assert TOLD in log


def test_in_one_namespace_both_run(containers: Containers) -> None:
    with containers.running('"$1" -c "$3" & "$2" -c "$3" & wait', 2):
        pass  # both have said so
