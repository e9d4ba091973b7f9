"""Many clients at once: slow ones, silent ones, and a program that is killed in the middle of it, or told to stop. Prints
what it measured."""

from __future__ import annotations

import http.client
import itertools
import resource
import selectors
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.daemon import is_sanitized
from support.tokens import digest, make_token
from support.waiting import patience, wait_until
from support.web_daemon import ONE_CLICK, URLENCODED, WebDaemon

SLOW_CLIENTS = 1000
SLOW_SECONDS = 30
KILLS = 50
STOPS = 5
IDLE_CONNECTIONS = 10_000
POSTS = 40
# What docs/web.md states, for IDLE_CONNECTIONS.
MOST_IDLE_KIB = 288 * 1024
MOST_HALF_SENT_KIB = 768 * 1024


def raise_file_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def post_times(web: WebDaemon, name: str) -> list[float]:
    """Milliseconds of one-click POSTs, each on a connection of its own; all must be recorded."""
    keys = Path(web.settings["keys"])
    links = ["/u/" + make_token(keys, f"{name}{number}@example.com", "newsletter") for number in range(POSTS)]
    times = []
    for link in links:
        begin = time.perf_counter()
        assert web.one_click(link).status == 200
        times.append((time.perf_counter() - begin) * 1000)
    return times


class SlowClients:
    """Sockets that send a byte a second of a POST that never ends; who is cut off comes back. One thread for all."""

    def __init__(self, port: int, count: int) -> None:
        self._port = port
        self._count = count
        self._stop = threading.Event()
        self.everyone_is_there = threading.Event()
        self.held = 0
        self._thread = threading.Thread(target=self._run)

    def _connect(self) -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self._port), timeout=10)
        client.sendall(b"POST /u/")
        client.setblocking(False)
        return client

    def _run(self) -> None:
        clients: list[socket.socket] = []
        while not self._stop.is_set():
            begin = time.monotonic()
            while len(clients) < self._count and not self._stop.is_set():
                clients.append(self._connect())
            self.held = len(clients)
            self.everyone_is_there.set()
            for client in list(clients):
                try:
                    client.send(b"a")
                    if client.recv(1) == b"":
                        raise ConnectionResetError
                except BlockingIOError:
                    continue
                except OSError:
                    client.close()
                    clients.remove(client)
            self._stop.wait(max(0.0, 1 - (time.monotonic() - begin)))
        for client in clients:
            client.close()

    @contextmanager
    def running(self) -> Iterator[SlowClients]:
        self._thread.start()
        try:
            assert self.everyone_is_there.wait(60 * patience())
            yield self
        finally:
            self._stop.set()
            self._thread.join()


def test_slow_clients_do_not_delay_a_post(web: WebDaemon) -> None:
    raise_file_limit()
    without = post_times(web, "before")
    with SlowClients(web.port, SLOW_CLIENTS).running() as slow:
        end = time.monotonic() + SLOW_SECONDS
        with_them: list[float] = []
        rounds = 0
        while time.monotonic() < end:
            with_them += post_times(web, f"during{rounds}-")
            rounds += 1
        held = slow.held
    print(f"\none-click POST, ms: without {statistics.median(without):.1f} (longest {max(without):.1f}), beside {held} "
          f"clients of a byte a second {statistics.median(with_them):.1f} (longest {max(with_them):.1f})")
    assert held == SLOW_CLIENTS
    if not is_sanitized():
        assert statistics.quantiles(with_them, n=100)[98] < max(without) + 100


def test_ten_thousand_idle_connections_stay_within_their_memory(start: Callable[..., WebDaemon]) -> None:
    raise_file_limit()
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < IDLE_CONNECTIONS + 500:
        pytest.fail("this machine allows too few open files for 10,000 connections: raise the hard limit")
    web = start(idle_timeout="5m")
    before = web.status("VmRSS")
    clients = []
    request = b"GET /style.css HTTP/1.1\r\nHost: x\r\n\r\n"
    for number in range(IDLE_CONNECTIONS):
        # More than one source address: a pair of addresses has about 28,000 ports.
        client = socket.socket()
        client.bind((f"127.0.0.{1 + number % 4}", 0))
        client.settimeout(20 * patience())
        client.connect(("127.0.0.1", web.port))
        client.sendall(request)
        clients.append(client)
    with selectors.DefaultSelector() as waiting:
        for client in clients:
            waiting.register(client, selectors.EVENT_READ)
        answered = 0
        end = time.monotonic() + 60 * patience()
        while answered < IDLE_CONNECTIONS and time.monotonic() < end:
            for key, _ in waiting.select(1):
                assert key.fileobj.recv(65536).startswith(b"HTTP/1.1 200 ")  # type: ignore[union-attr]
                waiting.unregister(key.fileobj)
                answered += 1
    assert answered == IDLE_CONNECTIONS
    assert web.one_click(web.link("ann@example.com")).status == 200
    grown = web.status("VmRSS") - before
    print(f"\n{IDLE_CONNECTIONS} keep-alive connections: {grown} KiB more, {grown / IDLE_CONNECTIONS:.1f} KiB each")
    # Every one of them still works.
    for client in clients[:: IDLE_CONNECTIONS // 50]:
        client.sendall(request)
        assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
    # The most that a client can leave lying about: a long header, and nearly all of the longest body.
    half = (b"POST /u/x HTTP/1.1\r\nHost: x\r\nContent-Length: 16384\r\nX-Long: " + b"a" * 11_000 + b"\r\n\r\n" +
            b"b" * 16_383)
    for client in clients:
        client.sendall(half)
    wait_until(lambda: web.unread() == 0, "half requests were not read")
    half_sent = web.status("VmRSS") - before
    print(f"the same with half-sent requests of the greatest size: {half_sent} KiB more, "
          f"{half_sent / IDLE_CONNECTIONS:.1f} KiB each")
    for client in clients:
        client.close()
    if not is_sanitized():
        assert grown < MOST_IDLE_KIB
        assert half_sent < MOST_HALF_SENT_KIB


class Poster(threading.Thread):
    """POSTs one-click without end, and keeps the addresses that were acknowledged. The daemon may die at any moment."""

    def __init__(self, port: int, links: Iterator[tuple[str, str]], lock: threading.Lock, stop: threading.Event) -> None:
        super().__init__()
        self.acknowledged: list[str] = []
        self.refused = 0
        self._port, self._links, self._lock, self._stop_event = port, links, lock, stop

    def run(self) -> None:
        while not self._stop_event.is_set():
            with self._lock:
                address, path = next(self._links)
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
            try:
                connection.request("POST", path, ONE_CLICK, {"Content-Type": URLENCODED})
                if connection.getresponse().status == 200:
                    self.acknowledged.append(address)
                else:
                    self.refused += 1
            except (OSError, http.client.HTTPException):
                time.sleep(0.005)  # it is down: not an acknowledgement
            finally:
                connection.close()


def endless_links(web: WebDaemon) -> Iterator[tuple[str, str]]:
    """An address that was never used, and the path of its link."""
    keys = Path(web.settings["keys"])
    for number in itertools.count():
        address = f"kill{number}@example.com"
        yield address, "/u/" + make_token(keys, address, "newsletter")


def test_no_acknowledged_opt_out_is_lost_by_kill_9_or_by_a_stop(web: WebDaemon) -> None:
    links = endless_links(web)
    first = next(links)
    assert web.one_click(first[1]).status == 200
    lock, stop = threading.Lock(), threading.Event()
    posters = [Poster(web.port, links, lock, stop) for _ in range(8)]
    for poster in posters:
        poster.start()
    for number in range(KILLS):
        time.sleep(0.03 + 0.37 * ((number * 7) % 11) / 11)  # different moments of the work
        web.kill()
        web.start()
    for _ in range(STOPS):
        time.sleep(0.1)
        web.stop()  # which must end with exit code 0 though requests keep coming
        web.start()
    stop.set()
    for poster in posters:
        poster.join()
    acknowledged = [first[0], *(address for poster in posters for address in poster.acknowledged)]
    # The links name digests only: so does the store.
    out = {line.split(",")[0] for line in web.admin.must("export").splitlines()[1:]}
    missing = [address for address in acknowledged if f"sha256:{digest(address).hex()}" not in out]
    print(f"\n{KILLS} kills and {STOPS} stops, {len(acknowledged)} acknowledged opt-outs, {len(missing)} missing, "
          f"{sum(p.refused for p in posters)} answered otherwise")
    assert len(acknowledged) > KILLS
    assert missing == []
