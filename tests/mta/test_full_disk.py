"""The journal's own file system is full: nothing is acknowledged that is not durable, mail is checked as before, and all
goes on by itself when there is room again. On a small tmpfs of its own."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.milter_daemon import MilterDaemon
from support.private_redis import PrivateRedis
from support.smtp_client import SmtpClient
from support.tokens import make_token
from support.waiting import wait_until
from support.web_daemon import WebDaemon, web_settings
from support.world import World

OUT, IN = "out@example.com", "in@example.com"


@pytest.fixture
def small_disk(world: World) -> Iterator[Path]:
    directory = world.case_directory()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m,mode=755", "tmpfs", str(directory)], check=True)
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


def fill(directory: Path) -> Path:
    ballast = directory / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            return ballast


def rcpt(client: SmtpClient, recipient: str, sender: str = "news@news.example.com") -> str:
    assert client.say(f"MAIL FROM:<{sender}>").code == "250"
    code = client.say(f"RCPT TO:<{recipient}>").code
    client.say("RSET")
    return code


@pytest.mark.parametrize("store", ["lmdb", "redis"])
def test_a_full_disk_acknowledges_nothing_and_stops_no_mail(world: World, small_disk: Path, store: str) -> None:
    settings = web_settings(small_disk)
    settings["milter"] = {"listen": f"unix:{world.milter_socket}", "socket_group": "postfix"}
    redis = None
    if store == "redis":
        redis = PrivateRedis(world.case_directory() / "redis")
        settings["store"]["type"] = "redis"
        settings["redis"] = {"address": f"unix:{redis.path}"}
    milter, web = MilterDaemon(small_disk, settings), WebDaemon(small_disk, settings)
    keys = Path(settings["keys"])
    person = "new@example.com"
    path = "/u/" + make_token(keys, person, "newsletter")
    mailto = f"unsubscribe+{make_token(keys, 'other@example.com', 'newsletter')}@lists.example.com"
    try:
        milter.admin.must("add", OUT, "--list", "newsletter")
        milter.start()
        web.start()
        client = world.client("bulk")
        ballast = fill(small_disk)

        answer = web.one_click(path)
        assert (answer.status, answer.header("Retry-After")) == (503, "30")
        assert client.say("MAIL FROM:<other@example.com>").code == "250"
        assert client.say(f"RCPT TO:<{mailto}>").code == "250"
        assert client.say("DATA").code == "354"
        assert client.message(b"Subject: unsubscribe\r\n\r\n").code == "451"
        added = milter.admin.run("add", "third@example.com", "--list", "newsletter")
        assert added.returncode == 2 and "No space left on device" in added.stderr
        assert (rcpt(client, OUT), rcpt(client, IN), rcpt(client, person)) == ("550", "250", "250")

        ballast.unlink()
        wait_until(lambda: web.one_click(path).status == 200, "it does not recover by itself")
        assert (rcpt(client, OUT), rcpt(client, IN), rcpt(client, person)) == ("550", "250", "550")
        client.quit()
        declared = [re.compile("unsubscribe_not_recorded|choice_not_recorded|lmdb_|journal_failed|merge_waits|mirror")]
        for daemon in (web, milter):
            daemon.stop()
            assert daemon.undeclared(declared) == []
    finally:
        web.kill()
        milter.kill()
        if redis is not None:
            redis.close()
