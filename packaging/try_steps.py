"""The steps of packaging/try: each sends a message, shows what came of it, and judges it."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate, make_msgid

from try_bed import Bed, HarnessError, Sent, SunkMessage
from try_screen import Screen, shortened

NEWS = "news@news.example.com"
SHOP = "shop@example.com"
ANN = "ann@example.com"
BOB = "bob@example.com"
OURS = ("List-Unsubscribe", "List-Unsubscribe-Post")
SHOWN = ("From", "To", "Subject", "List-Id", *OURS)
PAIR = re.compile(r"<(http://127\.0\.0\.1:\d+(/u/([a-z2-7]{52})\.[a-z2-7]+))>,\n\t"
                  r"<mailto:(unsubscribe\+([a-z2-7]{52})@lists\.example\.com)>")
LOG_HEAD = re.compile(r"^\S+ \S+\[\d+\] \w+: ")


class NotRun(Exception):
    """What an earlier step should have brought is not there."""


@dataclass
class Try:
    """What the steps share. wrong: what did not come out as said, of the step that runs."""

    bed: Bed
    screen: Screen
    unsubscribe_address: str = ""
    wrong: list[str] = field(default_factory=list)

    def expect(self, holds: bool, otherwise: str) -> None:
        if not holds:
            self.wrong.append(otherwise)


def mail(sender: str, to: str, subject: str, *more: str) -> bytes:
    head = [f"From: {sender}", f"To: {to}", f"Subject: {subject}", *more, f"Date: {formatdate()}",
            f"Message-ID: {make_msgid(domain='example.com')}", "Content-Type: text/plain; charset=us-ascii"]
    return "\r\n".join([*head, "", "Hello,", "this is what packaging/try sent.", ""]).encode()


def fields_of(data: bytes) -> list[bytes]:
    """The header fields of a message, folds kept."""
    head = data.split(b"\r\n\r\n", 1)[0]
    return re.split(rb"\r\n(?![ \t])", head)


def name_of(one: bytes) -> str:
    return one.split(b":", 1)[0].decode("ascii", "replace").lower()


def without(data: bytes, names: tuple[str, ...]) -> bytes:
    """The message but for these fields."""
    dropped = {name.lower() for name in names}
    kept = [one for one in fields_of(data) if name_of(one) not in dropped]
    return b"\r\n".join(kept) + b"\r\n\r\n" + data.split(b"\r\n\r\n", 1)[1]


# ---- what is shown -----------------------------------------------------------------------------------------------------


def show_fields(screen: Screen, data: bytes, cut: Callable[[str], str]) -> None:
    shown = {name.lower() for name in SHOWN}
    for one in fields_of(data):
        if name_of(one) in shown:
            for line in one.decode("utf-8", "backslashreplace").split("\r\n"):
                screen.line("        " + cut(line.replace("\t", "    ")))


def show_arrived(screen: Screen, message: SunkMessage, cut: Callable[[str], str] = shortened) -> None:
    screen.line(f"  arrived for {' '.join(message.rcpts)}")
    show_fields(screen, message.data, cut)


def send(run: Try, sender: str, recipients: list[str], text: bytes) -> Sent:
    sent = run.bed.send(sender, recipients, text)
    screen = run.screen
    screen.line("  sent")
    for said, reply in sent.replies:
        screen.line(f"     -> {shortened(said)}")
        if said == "DATA":
            show_fields(screen, text, shortened)
        for line in str(reply).splitlines():
            screen.line(f"     <- {line}")
    for message in sent.arrived:
        show_arrived(screen, message)
    if not sent.arrived:
        screen.line("  arrived: nothing")
    decisions = [LOG_HEAD.sub("", line) for line in sent.logged if " reason=" in line]
    if decisions:
        screen.line("  the milter's log")
    for line in decisions:
        for part in textwrap.wrap(shortened(line), 100, subsequent_indent="    ", break_on_hyphens=False,
                                  break_long_words=False):
            screen.line(f"        {part}", "quiet")
    return sent


# ---- what is judged ----------------------------------------------------------------------------------------------------


@dataclass
class Links:
    """What the header pair offers."""

    url: str
    path: str
    mailto: str


def expect_pair(run: Try, message: SunkMessage, who: str, list_name: str) -> Links | None:
    """The pair's links, when they are the ones that they have to be."""
    links = message.fields("List-Unsubscribe")
    match = PAIR.fullmatch(links[0]) if len(links) == 1 else None
    if match is None:
        found = " / ".join(links) or "missing"
        run.wrong.append(f"List-Unsubscribe is not one field with a link and a mailto, but {found}")
        return None
    run.expect(match[3] == match[5], "the link and the mailto carry different tokens")
    posts = message.fields("List-Unsubscribe-Post")
    run.expect(posts == ["List-Unsubscribe=One-Click"], f"List-Unsubscribe-Post is {posts or 'missing'}")
    shown = json.loads(run.bed.optoutctl("token", "show", "--json", match[1], fine=(0, 1)))
    names = f"{shown['address']} and {shown['list']}"
    run.expect(names == f"{who} and {list_name}", f"the token names {names}, not {who} and {list_name}")
    return Links(match[1], match[2], match[4])


def expect_states(run: Try, who: str, **wanted: str) -> None:
    """State and channel of these lists, as optoutctl check says them."""
    rows = [json.loads(line) for line in run.bed.optoutctl("check", "--json", who, fine=(0, 1)).splitlines()]
    found = {row["list"]: f"{row['state'] or 'none'} {row['channel'] or ''}".strip() for row in rows}
    for key, state in wanted.items():
        name = key.replace("_", "-")
        run.expect(found.get(name) == state, f"{who} is {found.get(name)} for {name}, not {state}")


def only(sent: Sent, recipient: str) -> SunkMessage:
    """The one message that arrived, for this recipient alone."""
    rcpts = [message.rcpts for message in sent.arrived]
    if rcpts != [[f"<{recipient}>"]]:
        arrived = " and for ".join(" ".join(some) for some in rcpts) or "nobody"
        raise NotRun(f"arrived for {arrived}, not for <{recipient}> alone")
    return sent.arrived[0]


# ---- the steps ---------------------------------------------------------------------------------------------------------


def newsletter(run: Try) -> str:
    text = mail(f"News <{NEWS}>", ANN, "This week's news")
    sent = send(run, NEWS, [ANN], text)
    run.expect(sent.last().code == "250", f"the answer was {sent.last()}")
    message = only(sent, ANN)
    links = expect_pair(run, message, ANN, "newsletter")
    run.unsubscribe_address = links.mailto if links else ""
    same = without(message.data, ("Received", *OURS)) == text
    run.expect(same, "more than the pair (and Postfix's Received) differs from what was sent")
    return "Ann's own link and mailto, and the one-click field; all else as sent"


def transactional(run: Try) -> str:
    text = mail(f"Shop <{SHOP}>", ANN, "Your order 4711")
    sent = send(run, SHOP, [ANN], text)
    run.expect(sent.last().code == "250", f"the answer was {sent.last()}")
    message = only(sent, ANN)
    run.expect(without(message.data, ("Received",)) == text, "it is not what was sent (but for Postfix's Received)")
    return "it belongs to no list, and arrived byte for byte as sent below Postfix's Received"


def unsubscribe(run: Try) -> str:
    if not run.unsubscribe_address:
        raise NotRun("the newsletter brought no mailto address to send to")
    sent = send(run, ANN, [run.unsubscribe_address], mail(ANN, run.unsubscribe_address, "unsubscribe"))
    run.expect(sent.last().code == "250", f"the answer was {sent.last()}")
    run.expect(not sent.arrived, "it was delivered to somebody")
    expect_states(run, ANN, newsletter="opted_out mailto")
    return "accepted and recorded; the mail itself goes to nobody"


def refused(run: Try) -> str:
    sent = send(run, NEWS, [ANN], mail(f"News <{NEWS}>", ANN, "Next week's news"))
    reply = sent.to(ANN)
    run.expect((reply.code, reply.enhanced) == ("550", "5.7.1"), f"the answer to RCPT was {reply}")
    run.expect(not sent.arrived, "it was delivered")
    return "the sending program learns of it at RCPT, before it sends the message"


def one_click(run: Try) -> str:
    sent = send(run, NEWS, [BOB], mail(f"News <{NEWS}>", BOB, "This week's news"))
    links = expect_pair(run, only(sent, BOB), BOB, "newsletter")
    if links is None:
        raise NotRun("the newsletter brought no link to POST to")
    run.screen.line("  Bob's mail client")
    run.screen.line(f"     -> POST {shortened(links.path)}   List-Unsubscribe=One-Click")
    posted = run.bed.post(links.path, "List-Unsubscribe=One-Click")
    run.screen.line(f"     <- {posted.status} {posted.content_type}: {posted.body.strip()}")
    run.expect((posted.status, posted.content_type) == (200, "text/plain; charset=utf-8"), f"the answer was {posted}")
    run.screen.line(f"  his page  {links.url}")
    expect_states(run, BOB, newsletter="opted_out one_click")
    again = send(run, NEWS, [BOB], mail(f"News <{NEWS}>", BOB, "Next week's news"))
    reply = again.to(BOB)
    run.expect((reply.code, reply.enhanced) == ("550", "5.7.1"), f"the answer to RCPT was {reply}")
    return "recorded before the answer, and refused from then on; the page shows it"


def stripped(run: Try) -> str:
    run.screen.line(f"  first     optoutctl add {ANN} --list product-news --reason phone")
    run.bed.optoutctl("add", ANN, "--list", "product-news", "--reason", "phone")
    text = mail(f"Shop <{SHOP}>", f"{ANN}, {BOB}", "The new lamp", "List-Id: New in the shop <product-news.example.com>")
    sent = send(run, SHOP, [ANN, BOB], text)
    codes = [reply.code for _, reply in sent.replies]
    run.expect(codes == ["250"] * 4, f"the answers were {' '.join(codes)}")
    message = only(sent, BOB)
    expect_pair(run, message, BOB, "product-news")
    same = without(message.data, ("Received", *OURS)) == text
    run.expect(same, "more than the pair (and Postfix's Received) differs from what was sent")
    return "only the header tells the list, so Ann is taken out at the end; Bob gets it, with his own link"


def checked(run: Try) -> str:
    run.screen.line(f"  optoutctl check {ANN} {BOB}")
    for line in run.bed.optoutctl("check", ANN, BOB, fine=(0, 1)).splitlines():
        run.screen.line(f"        {line}")
    expect_states(run, ANN, newsletter="opted_out mailto", product_news="opted_out cli", all="none")
    expect_states(run, BOB, newsletter="opted_out one_click", product_news="none", all="none")
    return "Ann is out of both lists, by what she sent and by the command; Bob of the newsletter, by one click"


STEPS: list[tuple[str, Callable[[Try], str]]] = [
    ("A newsletter gets the header pair", newsletter),
    ("A transactional mail is left alone", transactional),
    ("Ann's mail client sends the unsubscribe mail, to the mailto of that header", unsubscribe),
    ("The next newsletter to Ann is refused", refused),
    ("Bob's mail client unsubscribes with one click, by the URL of his newsletter", one_click),
    ("A mail of a list that only List-Id tells, to Ann and Bob", stripped),
    ("What the admin sees", checked),
]


def run_steps(bed: Bed, screen: Screen) -> int:
    """How many did not come out as said."""
    run = Try(bed, screen)
    failed = 0
    for number, (title, step) in enumerate(STEPS, 1):
        screen.line()
        screen.line(f"{number}. {title}", "title")
        run.wrong = []
        try:
            verdict = step(run)
        except (NotRun, HarnessError, OSError, ValueError, LookupError) as error:
            run.wrong.append(str(error))
        bed.must_live()
        if run.wrong:
            failed += 1
            screen.line("  WRONG: " + "; ".join(run.wrong), "bad")
        else:
            screen.line(f"  As expected: {verdict}.", "good")
    return failed
