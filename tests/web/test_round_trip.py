"""The same opt-out seen end to end: newsletter through Postfix, the URL of the received header, a POST as Gmail does it,
the next newsletter refused; joined again by a mailed link; left by the page, and undone there; delivered again each time.
On either store."""

from __future__ import annotations

import email
import html
import re
from pathlib import Path

import pytest

from support.cases import STANDARD_MAIL
from support.milter_daemon import MilterDaemon
from support.private_redis import PrivateRedis
from support.settings import Settings
from support.sink import SunkMessage
from support.smtp_client import SmtpClient
from support.waiting import wait_until
from support.web_daemon import ONE_CLICK, WebDaemon, web_settings
from support.world import World

NEWS = "\r\n".join(STANDARD_MAIL).encode() + b"\r\n"
GMAIL = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Gmail", "Accept": "*/*",
         "Accept-Encoding": "gzip, deflate, br"}


def send(client: SmtpClient, recipient: str) -> str:
    """The reply that ended it, code and enhanced code."""
    client.say("RSET")
    assert client.say("MAIL FROM:<news@news.example.com>").code == "250"
    reply = client.say(f"RCPT TO:<{recipient}>")
    if reply.code != "250":
        return str(reply)
    assert client.say("DATA").code == "354"
    return str(client.message(NEWS))


def the_url(world: World) -> str:
    """The https URL of the one message that arrived."""
    world.mta.wait_until_empty()
    (message,) = world.sink.messages()
    assert message.fields("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]
    (field,) = message.fields("List-Unsubscribe")
    match = re.match(r"<https://lists\.example\.com(/u/[a-z2-7.]+)>,", field)
    assert match is not None, field
    return match[1]


def receipt_of(page: str) -> str:
    match = re.search(r'name="receipt" value="([^"]+)"', page)
    assert match is not None, page
    return html.unescape(match[1])


def mailed_link(world: World, recipient: str) -> str:
    """The path of the link in the mail that the person asked for; it came with a null return path."""
    def ours() -> list[SunkMessage]:
        return [m for m in world.sink.messages() if m.mail.startswith("<>") and m.rcpts == [recipient]]

    wait_until(lambda: bool(ours()), "no mail with a link arrived")
    (mail,) = ours()
    assert mail.fields("Auto-Submitted") == ["auto-generated"]
    assert mail.fields("List-Unsubscribe") == []
    text = email.message_from_bytes(mail.data).get_payload(decode=True).decode("utf-8")
    match = re.search(r"https://lists\.example\.com(/u/[a-z2-7.]+)", text)
    assert match is not None, text
    return match[1]


@pytest.mark.parametrize("store", ["lmdb", "redis"])
def test_header_to_refusal_to_undo(world: World, store: str) -> None:
    world.sink.clear()
    directory: Path = world.case_directory()
    settings: Settings = web_settings(directory, smtp=f"smtp://127.0.0.1:{world.mta.port('main')}")
    settings["milter"] = {"listen": f"unix:{world.milter_socket}", "socket_group": "postfix"}
    redis = None
    if store == "redis":
        redis = PrivateRedis(directory / "redis")
        settings["store"]["type"] = "redis"
        settings["redis"] = {"address": f"unix:{redis.path}"}
    milter = MilterDaemon(directory, settings)
    web = WebDaemon(directory, settings)
    try:
        milter.start()
        web.start()
        client = world.client("main")
        assert send(client, "ann@example.com").startswith("250 ")
        path = the_url(world)

        posted = web.ask("POST", path, ONE_CLICK, GMAIL)
        assert (posted.status, posted.header("Content-Type")) == (200, "text/plain; charset=utf-8")
        assert send(client, "ann@example.com").startswith("550 5.7.1 ")
        assert send(client, "bob@example.com").startswith("250 ")

        # Whoever holds the mail cannot undo that; the person can, by a link that is mailed to them.
        assert "do=undo" not in web.get(path).text
        assert web.post(path, b"do=join&list=newsletter").status == 404
        assert web.post(path, b"do=mail").status == 200
        mailed = mailed_link(world, "<ann@example.com>")
        assert send(client, "ann@example.com").startswith("550 5.7.1 ")
        assert web.post(mailed, b"do=join&list=newsletter").status == 200
        assert send(client, "ann@example.com").startswith("250 ")

        # Left by the page, and undone there.
        left = web.post(path, b"do=stop")
        assert left.status == 200
        assert send(client, "ann@example.com").startswith("550 5.7.1 ")
        assert web.post(path, b"do=undo&receipt=" + receipt_of(left.text).encode()).status == 200
        assert send(client, "ann@example.com").startswith("250 ")
        client.quit()
        for daemon in (web, milter):
            daemon.stop()
            assert daemon.undeclared([]) == []
    finally:
        web.kill()
        milter.kill()
        if redis is not None:
            redis.close()
