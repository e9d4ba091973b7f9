"""Without a mail at hand: the form for an address, the mail with the person's own link, and joining again by it."""

from __future__ import annotations

import email
import email.policy
import re
import time
from collections.abc import Callable
from email.message import EmailMessage
from urllib.parse import quote

import pytest

from support.sink import Sink
from support.waiting import free_ports, wait_until
from support.web_daemon import Answer, WebDaemon

ANN = "ann@example.com"
StartWeb = Callable[..., WebDaemon]


@pytest.fixture
def mailing(start: StartWeb, sink: Sink) -> WebDaemon:
    return start(smtp=f"smtp://127.0.0.1:{sink.port}", organisation="Exämple Ltd", trusted_proxies=["127.0.0.1/32"])


def ask(web: WebDaemon, address: str, client: str = "192.0.2.1", **more: str) -> Answer:
    body = "&".join(f"{key}={quote(value)}" for key, value in {"address": address, **more}.items())
    return web.post("/", body.encode(), X_Forwarded_For=client, Accept_Language="en")


def arrived(sink: Sink, count: int) -> list[EmailMessage]:
    wait_until(lambda: len(sink.messages()) >= count, f"{count} mails did not arrive")
    messages = sink.messages()
    assert len(messages) == count
    return [email.message_from_bytes(m.data, policy=email.policy.default) for m in messages]  # type: ignore[misc]


def link_in(message: EmailMessage) -> str:
    match = re.search(r"https://lists\.example\.com(/u/[a-z2-7.]+)", message.get_content())
    assert match is not None, message.get_content()
    return match[1]


def test_the_mail_has_what_automatic_mail_must_have(mailing: WebDaemon, sink: Sink) -> None:
    assert ask(mailing, ANN).status == 200
    (message,) = arrived(sink, 1)
    assert sink.messages()[0].mail.split(" ")[0] == "<>"
    assert sink.messages()[0].rcpts == [f"<{ANN}>"]
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["To"] == ANN
    assert message["From"].addresses[0].addr_spec == "unsubscribe@lists.example.com"
    assert message["From"].addresses[0].display_name == "Exämple Ltd"
    assert message["Reply-To"] is None and message["List-Unsubscribe"] is None
    assert message["Date"] is not None and message["Message-ID"] is not None
    assert message["Content-Language"] == "en"
    assert ANN in message.get_content()
    assert b"\x80" not in sink.messages()[0].data and max(sink.messages()[0].data) < 128


def test_the_link_opens_the_page_and_lets_one_join(mailing: WebDaemon, sink: Sink) -> None:
    mailing.admin.must("add", "bob@example.com", "--list", "newsletter")
    mailing.one_click(mailing.link(ANN))
    mailing.one_click(mailing.link(ANN, "product-news"))
    assert ask(mailing, ANN).status == 200
    (message,) = arrived(sink, 1)
    link = link_in(message)
    assert ANN in mailing.get(link).text
    assert mailing.post(link, b"do=join&list=newsletter").status == 200
    assert (mailing.state(ANN), mailing.state(ANN, "product-news")) == ("not_listed", "opted_out")
    # A link without the permit, as it stands in every newsletter, does not.
    assert mailing.post(mailing.link(ANN, "product-news"), b"do=join&list=product-news").status == 404
    assert mailing.state(ANN, "product-news") == "opted_out"
    # Nor does somebody else's permit.
    token, sealed, permit = link.removeprefix("/u/").split(".")
    bobs = mailing.link("bob@example.com")
    assert mailing.post(f"{bobs}.{permit}", b"do=join&list=newsletter").status == 404


def test_joining_takes_back_nothing_of_the_admins(mailing: WebDaemon, sink: Sink) -> None:
    mailing.admin.must("add", ANN, "--list", "newsletter", "--reason", "phone")
    assert ask(mailing, ANN).status == 200
    link = link_in(arrived(sink, 1)[0])
    assert mailing.post(link, b"do=join&list=newsletter").status == 200
    assert mailing.state(ANN) == "opted_out"


def test_the_answer_tells_nothing(mailing: WebDaemon) -> None:
    mailing.admin.must("add", ANN)
    def shown(answer: Answer) -> tuple[int, bytes]:
        return answer.status, answer.body
    first = shown(ask(mailing, ANN))
    assert first[0] == 200
    # Known, asked before (over the limit), unknown.
    assert shown(ask(mailing, ANN)) == first
    assert shown(ask(mailing, "nobody@nowhere.example")) == first


def test_one_mail_a_day_an_address(mailing: WebDaemon, sink: Sink) -> None:
    for client in ("192.0.2.1", "198.51.100.1", "203.0.113.1"):
        assert ask(mailing, ANN, client).status == 200
        assert ask(mailing, "Ann@Example.com", client).status == 200
    ask(mailing, "bob@example.com")
    wait_until(lambda: len(sink.messages()) >= 2, "two mails")
    mailing.claim(lambda line: "event=link_mail_sent" in line.text, "the first")
    mailing.claim(lambda line: "event=link_mail_sent" in line.text, "the second")
    assert sorted(m.rcpts[0] for m in sink.messages()) == ["<ann@example.com>", "<bob@example.com>"]


def test_the_limit_of_a_network_outlasts_a_restart(mailing: WebDaemon, sink: Sink) -> None:
    for number in range(12):
        ask(mailing, f"a{number}@example.com", f"192.0.2.{number}")
    arrived(sink, 12)  # what a stop cuts off is sent again only when its lease is over
    for _ in range(12):
        mailing.claim(lambda line: "event=link_mail_sent" in line.text, "each of them")
    mailing.stop()
    mailing.start()
    for number in range(12, 24):
        ask(mailing, f"a{number}@example.com", f"192.0.2.{number}")
    ask(mailing, "other@example.com", "198.51.100.1")
    wait_until(lambda: len(sink.messages()) >= 21, "20 and one mails")
    mailing.claim(lambda line: "reason=link_over_limit" in line.text, "the limit")
    assert len({m.rcpts[0] for m in sink.messages()}) == 21


def test_what_was_answered_is_sent_though_the_mta_was_down(start: StartWeb) -> None:
    (port,) = free_ports(1)
    web = start(smtp=f"smtp://127.0.0.1:{port}")
    assert web.post("/", b"address=ann%40example.com").status == 200
    web.claim(lambda line: "event=link_mail_put_off" in line.text, "the first try")
    web.kill()  # as if the power failed; the next try is due a minute after the first
    again = Sink(port)
    try:
        web.start()
        wait_until(lambda: len(again.messages()) == 1, "the mail after a restart", 130)
    finally:
        again.close()


def test_the_shared_header_leads_here_and_names_the_list(mailing: WebDaemon, sink: Sink) -> None:
    page = mailing.get("/?list=newsletter")
    assert "Newsletter" in page.text
    assert ask(mailing, ANN, list="newsletter").status == 200
    shown = mailing.admin.run("token", "show", "https://lists.example.com" + link_in(arrived(sink, 1)[0]))
    assert "newsletter" in shown.stdout


def test_what_is_no_address_is_said_and_kept(mailing: WebDaemon) -> None:
    answer = ask(mailing, "ann@")
    assert answer.status == 422
    assert 'aria-invalid="true"' in answer.text and 'value="ann@"' in answer.text


def test_the_language_of_the_page_is_that_of_the_mail(mailing: WebDaemon, sink: Sink) -> None:
    mailing.post("/?lang=de", b"address=ann%40example.com")
    (message,) = arrived(sink, 1)
    assert message["Content-Language"] == "de"


def test_without_smtp_nothing_is_offered(web: WebDaemon) -> None:
    page = web.get("/")
    assert page.status == 200 and "<input" not in page.text
    assert web.post("/", b"address=ann%40example.com").status == 200
    link = web.link(ANN)
    web.one_click(link)
    assert 'value="mail"' not in web.get(link).text
    assert web.post(link, b"do=mail").status == 404


def test_a_full_disk_is_no_promise(mailing: WebDaemon) -> None:
    mailing.declared = [re.compile("event=link_asked|lmdb_|event=link_mail|outbox")]
    mailing.disk_full()
    assert ask(mailing, ANN).status == 503
    mailing.disk_free()
    assert ask(mailing, ANN).status == 200


def test_it_takes_the_same_time_whoever_asks(mailing: WebDaemon) -> None:
    mailing.admin.must("add", ANN)
    ask(mailing, ANN)
    times: dict[str, list[float]] = {"over the limit": [], "new": []}
    for number in range(15):
        for name, address in (("over the limit", ANN), ("new", f"n{number}@example.com")):
            begin = time.perf_counter()
            ask(mailing, address, f"192.{number}.2.1")
            times[name].append(time.perf_counter() - begin)
    medians = {name: sorted(values)[len(values) // 2] for name, values in times.items()}
    assert max(medians.values()) < 3 * min(medians.values()), medians
