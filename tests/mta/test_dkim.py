"""OpenDKIM after our milter, as the manual says: it signs both header fields, and what it signed verifies."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.cases import STANDARD_MAIL
from support.milter_daemon import MilterDaemon
from support.opendkim import OpenDkim, signed_fields
from support.settings import base_settings
from support.sink import SunkMessage
from support.world import World

MTAS = ("postfix", "sendmail")


@pytest.fixture()
def milter(world: World) -> Iterator[MilterDaemon]:
    world.sink.clear()
    directory = world.case_directory()
    daemon = MilterDaemon(directory, base_settings(directory, world.milter_socket))
    daemon.start()
    try:
        yield daemon
        daemon.stop()
        assert daemon.undeclared([]) == []
    finally:
        daemon.kill()


def deliver(world: World, recipients: list[str]) -> SunkMessage:
    client = world.client("dkim")
    assert client.say("MAIL FROM:<news@news.example.com>").code == "250"
    for recipient in recipients:
        assert client.say(f"RCPT TO:<{recipient}>").code == "250"
    assert client.say("DATA").code == "354"
    assert client.message("\r\n".join(STANDARD_MAIL).encode() + b"\r\n").code == "250"
    client.quit()
    world.mta.wait_until_empty()
    (message,) = world.sink.messages()
    return message


def test_the_pair_is_signed(world: World, milter: MilterDaemon, opendkim: OpenDkim) -> None:
    message = deliver(world, ["ann@example.com"])
    names = signed_fields(message.data)
    assert "list-unsubscribe" in names and "list-unsubscribe-post" in names
    assert opendkim.verifies(message.data)
    assert message.fields("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]
    # The signature covers both: a change of either, or one more of either, breaks it.
    assert not opendkim.verifies(message.data.replace(b"<https://lists.", b"<https://evil.", 1))
    assert not opendkim.verifies(message.data.replace(b"=One-Click", b"=Two-Clicks", 1))
    assert not opendkim.verifies(b"List-Unsubscribe: <https://evil.example>\r\n" + message.data)
    assert not opendkim.verifies(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" + message.data)


def test_the_shared_header_is_signed(world: World, milter: MilterDaemon, opendkim: OpenDkim) -> None:
    message = deliver(world, ["ann@example.com", "bob@example.com"])
    assert "list-unsubscribe" in signed_fields(message.data)
    assert message.fields("List-Unsubscribe-Post") == []
    assert opendkim.verifies(message.data)
    # A Post that is added on the way does not verify: OpenDKIM signs that there is none.
    assert not opendkim.verifies(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" + message.data)
