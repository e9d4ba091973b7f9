"""Limits by client: who floods is told to wait, and a valid one-click POST from the same place counts all the same."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable

from support.web_daemon import ONE_CLICK, URLENCODED, WebDaemon

FLOOD = 1500


def test_a_flood_is_limited_and_a_valid_post_from_it_counts(web: WebDaemon) -> None:
    codes: Counter[int] = Counter()
    waits: set[str | None] = set()
    lock = threading.Lock()

    def flood() -> None:
        for _ in range(FLOOD // 8):
            answer = web.get("/u/nothing")
            with lock:
                codes[answer.status] += 1
                waits.add(answer.header("Retry-After"))

    links = [web.link(f"ann{number}@example.com") for number in range(10)]
    threads = [threading.Thread(target=flood) for _ in range(8)]
    for thread in threads:
        thread.start()
    statuses = [web.one_click(link).status for link in links]
    for thread in threads:
        thread.join()
    assert statuses == [200] * len(links)
    assert set(codes) == {404, 429}
    assert codes[429] > 0 and waits == {None, "60"}
    for number in range(10):
        assert web.state(f"ann{number}@example.com") == "opted_out"


def asked_until_limited(web: WebDaemon, forwarded: Callable[[int], str], most: int) -> bool:
    """Buckets fill up again meanwhile, so it is not the very next request that is refused."""
    return any(web.get("/u/nothing", X_Forwarded_For=forwarded(number)).status == 429 for number in range(most))


def test_the_client_is_who_the_trusted_proxy_says(start: Callable[..., WebDaemon]) -> None:
    web = start(trusted_proxies=["127.0.0.1/32"])
    assert asked_until_limited(web, lambda _: "192.0.2.1", 2000)
    assert asked_until_limited(web, lambda _: "192.0.2.77", 100)  # the same /24
    assert web.get("/u/nothing", X_Forwarded_For="198.51.100.1").status == 404
    # What the client itself wrote in front does not help it.
    assert asked_until_limited(web, lambda number: f"203.0.113.{number}, 192.0.2.1", 100)


def test_nobody_else_may_say_who_the_client_is(web: WebDaemon) -> None:
    assert asked_until_limited(web, lambda number: f"192.0.{number % 250}.1", 2000)
    assert asked_until_limited(web, lambda number: f"198.51.{number}.1", 100)


def test_all_behind_a_socket_that_is_not_trusted_are_one_client(start: Callable[..., WebDaemon], directory: Path) -> None:
    path = directory / "web.sock"
    start(listen=f"unix:{path}")
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(path))

    def status(number: int) -> int:
        connection.request("GET", "/u/nothing", headers={"X-Forwarded-For": f"192.0.2.{number}"})
        answer = connection.getresponse()
        answer.read()
        return answer.status

    assert any(status(number % 250) == 429 for number in range(2000))
    connection.close()


def test_twenty_changes_a_day_with_a_token_and_stops_for_ever(web: WebDaemon) -> None:
    link = web.link("ann@example.com")
    statuses = [web.post(link, b"do=pause-30").status for _ in range(21)]
    assert statuses == [200] * 20 + [429]
    assert web.post(link, b"do=stop").status == 200
    assert web.post(link, b"do=all").status == 200
    assert web.ask("POST", link, ONE_CLICK, {"Content-Type": URLENCODED}).status == 200


def test_the_flood_ends_and_all_is_well_again(web: WebDaemon) -> None:
    for _ in range(450):
        web.get("/u/nothing")
    end = time.monotonic() + 20
    while web.get("/u/nothing").status == 429:
        assert time.monotonic() < end
