"""What the milter ought to answer, said once for all cases of this folder."""

from __future__ import annotations

import re

from milter_client import CONTINUE, Action, DeleteRecipient, Edit, InsertHeader, Packet, Protocol, reply_text
from mta_dialects import Mail, Passed, Postfix
from support.tokens import digest, list_tag, read_fields

NEEDED_ACTIONS = Action.ADD_HEADERS | Action.CHANGE_HEADERS | Action.DELETE_RECIPIENT
# The least that a milter for this must hear: whoever connects, MAIL, RCPT with its reply, the header.
NEEDED_STAGES = (Protocol.NO_CONNECT | Protocol.NO_MAIL | Protocol.NO_RCPT | Protocol.NO_HEADERS |
                 Protocol.NO_REPLY_RCPT | Protocol.REJECTED_RCPT)

TOKEN = "[a-z2-7]{52}"
ONE_CLICK = re.compile(
    rf"<https://lists\.example\.com/u/(?P<page>{TOKEN})(\.[a-z2-7]+)?>,\n\t"
    rf"<mailto:unsubscribe\+(?P<mail>{TOKEN})@lists\.example\.com>")
REFUSAL = re.compile(r"550 5\.7\.1 .*Newsletter.*")
DEFERRAL = re.compile(r"4\d\d 4\.\d+\.\d+ .*")


def expect_pair(edits: list[Edit], recipient: str, list_name: str = "newsletter") -> None:
    """Just the header pair for that one recipient (RFC 8058 §3.1), below the MTA's own Received."""
    assert [(type(edit), getattr(edit, "index", 0), getattr(edit, "name", "")) for edit in edits] == [
        (InsertHeader, 1, "List-Unsubscribe"), (InsertHeader, 2, "List-Unsubscribe-Post")]
    first, second = (edit for edit in edits if isinstance(edit, InsertHeader))
    match = ONE_CLICK.fullmatch(first.value)
    assert match, f"not a one-click header: {first.value!r}"
    assert match["page"] == match["mail"]
    fields = read_fields(match["page"])
    assert (fields.tag, fields.digest) == (list_tag(list_name), digest(recipient))
    assert second.value == "List-Unsubscribe=One-Click"


def shared_header(list_name: str = "newsletter") -> InsertHeader:
    return InsertHeader(1, "List-Unsubscribe", f"<https://lists.example.com/?list={list_name}>,\n\t"
                        f"<mailto:unsubscribe+{list_name}@lists.example.com?subject=unsubscribe>")


def expect_refused(reply: Packet) -> None:
    assert REFUSAL.fullmatch(reply_text(reply)), f"not a refusal: {reply}"


def expect_deferred(reply: Packet) -> None:
    assert DEFERRAL.fullmatch(reply_text(reply)), f"not put off: {reply}"


def expect_accepted(passed: Passed) -> list[Edit]:
    """The edits of a message that was accepted with all its recipients."""
    assert all(passed.accepted), passed
    assert passed.ending is not None and passed.ending.reply == CONTINUE, passed
    return passed.ending.edits


def expect_good_service(mta: Postfix, recipient: str = "reader@example.com") -> None:
    """A newsletter gets its header pair; who opted out is refused; other mail passes untouched."""
    expect_pair(expect_accepted(mta.pass_on(Mail(recipients=[recipient]))), recipient)
    refused = mta.pass_on(Mail(recipients=["gone@example.com"]))
    assert refused.ending is None
    expect_refused(refused.replies[0])
    assert expect_accepted(mta.pass_on(Mail(sender="person@elsewhere.example", recipients=["gone@example.com"]))) == []


def nothing_accepted(packets: list[Packet]) -> bool:
    """No command among them was let pass, and no edit made."""
    return all(packet.code in "rty4f" for packet in packets)


def no_edits(packets: list[Packet]) -> bool:
    return all(packet.code in "acrtydsf4O" for packet in packets)


def removed(edits: list[Edit]) -> list[bytes]:
    return [edit.raw for edit in edits if isinstance(edit, DeleteRecipient)]
