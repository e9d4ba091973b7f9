"""From the header of a delivered mail to the refusal of the next one, with nothing but what the recipient sees."""

from __future__ import annotations

import re
import time

import pytest
from support.cases import STANDARD_MAIL
from support.milter_daemon import MilterDaemon
from support.placeholders import check_token
from support.settings import base_settings
from support.smtp_client import SmtpClient
from support.waiting import patience
from support.world import World

MTAS = ("postfix", "sendmail")

NEWS = "\r\n".join(STANDARD_MAIL).encode() + b"\r\n"


def send(client: SmtpClient, sender: str, recipient: str, text: bytes) -> str:
    """The code that ended it."""
    client.say("RSET")
    assert client.say(f"MAIL FROM:<{sender}>").code == "250"
    reply = client.say(f"RCPT TO:<{recipient}>")
    if reply.code != "250":
        return reply.code
    assert client.say("DATA").code == "354"
    return client.message(text).code


def test_header_to_refusal(world: World) -> None:
    world.sink.clear()
    directory = world.case_directory()
    milter = MilterDaemon(directory, base_settings(directory, world.milter_socket))
    milter.start()
    try:
        client = world.client("main")
        assert send(client, "news@news.example.com", "Ann@Example.com", NEWS) == "250"
        world.mta.wait_until_empty()
        (message,) = world.sink.messages()
        (header,) = message.fields("List-Unsubscribe")
        match = re.search(r"<mailto:([^>]+)>", header)
        assert match is not None
        check_token(milter.admin, match[1].partition("+")[2].partition("@")[0], "ann@example.com", "newsletter")
        assert send(client, "ann@example.com", match[1], b"From: ann@example.com\r\nSubject: unsubscribe\r\n\r\n") == "250"
        assert send(client, "news@news.example.com", "ann@example.com", NEWS) == "550"
        assert send(client, "news@news.example.com", "bob@example.com", NEWS) == "250"
        client.quit()
        world.mta.wait_until_empty()
        assert [m.rcpts for m in world.sink.messages()] == [["<Ann@Example.com>"], ["<bob@example.com>"]]
        milter.stop()
        # What is recorded is still there after a restart.
        milter.start()
        client = world.client("main")
        assert send(client, "news@news.example.com", "ann@example.com", NEWS) == "550"
        client.quit()
        milter.stop()
        assert milter.undeclared([]) == []
    finally:
        milter.kill()


@pytest.mark.one_mta
def test_it_stops_at_once(world: World) -> None:
    """libmilter alone takes up to five seconds."""
    directory = world.case_directory()
    milter = MilterDaemon(directory, base_settings(directory, world.milter_socket))
    try:
        for with_session in (False, True):
            milter.start()
            if with_session:
                world.client("main").quit()
            begin = time.monotonic()
            milter.stop()
            assert time.monotonic() - begin < 2 * patience()
    finally:
        milter.kill()
