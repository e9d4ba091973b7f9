#!/usr/bin/python3
"""Many parallel SMTP sessions through Postfix and the milter, every verdict checked against a ledger.

By hand, as root: OPTOUT_BIN=build/dev/src/app tests/mta/load.py --seconds 60 --sessions 200"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.milter_daemon import MilterDaemon  # noqa: E402
from support.settings import base_settings, change  # noqa: E402
from support.sink import SunkMessage  # noqa: E402
from support.smtp_client import SmtpClient  # noqa: E402
from support.tokens import digest, list_tag, read_fields  # noqa: E402
from support.waiting import wait_until  # noqa: E402
from support.world import World  # noqa: E402

OUT = [f"out{n}@example.com" for n in range(40)]
IN = [f"in{n}@example.com" for n in range(60)]
# What a message is: its sender, its own header, its list.
KINDS = {
    "news": ("news@news.example.com", "", "newsletter"),
    "product": ("shop@example.org", "List-Id: <product-news.example.org>\r\n", "product-news"),
    "plain": ("boss@example.org", "", ""),
}
MESSAGES_PER_CONNECTION = 20


@dataclass
class Ledger:
    """What was sent and must arrive. Thread: any."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    expected: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)  # id -> kind, recipients
    verdicts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def note(self, number: str, kind: str, recipients: frozenset[str]) -> None:
        with self.lock:
            self.expected[number] = (kind, recipients)

    def count(self, verdict: str) -> None:
        with self.lock:
            self.verdicts[verdict] += 1

    def complain(self, text: str) -> None:
        with self.lock:
            self.problems.append(text)


@dataclass
class Report:
    messages: int
    verdicts: Counter[str]
    seconds: float
    problems: list[str]
    rss_warm: int  # KiB
    rss_end: int
    threads_before: int
    threads_after: int
    files_before: int
    files_after: int

    def __str__(self) -> str:
        return (f"{self.messages} messages in {self.seconds:.1f} s ({self.messages / self.seconds:.0f}/s), "
                f"verdicts {dict(self.verdicts)}, {len(self.problems)} problems; "
                f"RSS {self.rss_warm} -> {self.rss_end} KiB, threads {self.threads_before} -> {self.threads_after}, "
                f"open files {self.files_before} -> {self.files_after}")


class Sender(threading.Thread):
    """One client: sends messages, over one connection after the other, until the end."""

    def __init__(self, world: World, ledger: Ledger, number: int, end: float) -> None:
        super().__init__(daemon=True)
        self._world, self._ledger, self._number, self._end = world, ledger, number, end
        self._random = random.Random(number)
        self._sent = 0

    def run(self) -> None:
        try:
            while time.monotonic() < self._end:
                client = self._world.client("bulk")
                for _ in range(MESSAGES_PER_CONNECTION):
                    if time.monotonic() >= self._end:
                        break
                    self._send(client)
                client.quit()
        except (OSError, AssertionError) as problem:
            self._ledger.complain(f"session {self._number}: {problem!r}")

    def _send(self, client: SmtpClient) -> None:
        kind = self._random.choice(list(KINDS))
        sender, own_header, list_name = KINDS[kind]
        recipients = self._random.sample(OUT + IN, self._random.randint(1, 6))
        self._sent += 1
        number = f"{self._number}.{self._sent}"
        self._expect(client.say(f"MAIL FROM:<{sender}>").code, "250", f"{number} MAIL")
        accepted = [r for r in recipients if self._rcpt(client, r, kind, number)]
        if not accepted:
            self._expect(client.say("RSET").code, "250", f"{number} RSET")
            return
        staying = frozenset(r for r in accepted if not list_name or r in IN)
        if staying:
            self._ledger.note(number, kind, staying)
        self._expect(client.say("DATA").code, "354", f"{number} DATA")
        text = f"{own_header}From: {sender}\r\nSubject: {number}\r\n\r\n" + "A line of the body.\r\n" * 20
        wanted = "250" if staying else "550"
        self._expect(client.message(text.encode()).code, wanted, f"{number} {kind} {recipients} end")

    def _rcpt(self, client: SmtpClient, recipient: str, kind: str, number: str) -> bool:
        code = client.say(f"RCPT TO:<{recipient}>").code
        wanted = "550" if kind == "news" and recipient in OUT else "250"
        self._expect(code, wanted, f"{number} {kind} RCPT {recipient}")
        return code == "250"

    def _expect(self, code: str, wanted: str, what: str) -> None:
        self._ledger.count(code)
        if code != wanted:
            self._ledger.complain(f"{what}: {code}, expected {wanted}")


def check_sink(messages: list[SunkMessage], ledger: Ledger) -> None:
    seen: Counter[str] = Counter()
    for message in messages:
        number = (message.fields("Subject") or ["?"])[0]
        seen[number] += 1
        if number not in ledger.expected:
            ledger.complain(f"{number}: delivered to {message.rcpts}, nothing was expected")
            continue
        kind, recipients = ledger.expected[number]
        got = sorted(r.strip("<>") for r in message.rcpts)
        if got != sorted(recipients):
            ledger.complain(f"{number}: delivered to {got}, expected {sorted(recipients)}")
        _check_header(message, number, KINDS[kind][2], recipients, ledger)
    for number in ledger.expected:
        if seen[number] != 1:
            ledger.complain(f"{number}: delivered {seen[number]} times")


def _check_header(message: SunkMessage, number: str, list_name: str, recipients: frozenset[str], ledger: Ledger) -> None:
    links, posts = message.fields("List-Unsubscribe"), message.fields("List-Unsubscribe-Post")
    if not list_name:
        fine = not links and not posts
    elif len(recipients) > 1:
        fine = len(links) == 1 and f"/?list={list_name}>" in links[0] and not posts
    else:
        fine = len(links) == 1 and posts == ["List-Unsubscribe=One-Click"] and "/u/" in links[0]
        if fine:
            token = read_fields(links[0].partition("/u/")[2][:52])
            fine = token.digest == digest(next(iter(recipients))) and token.tag == list_tag(list_name)
    if not fine:
        ledger.complain(f"{number}: header for {list_name} to {sorted(recipients)} is {links} {posts}")


def open_files(milter: MilterDaemon) -> int:
    return len(list(Path(f"/proc/{milter.pid}/fd").iterdir()))


def start_milter(world: World) -> MilterDaemon:
    directory = world.case_directory()
    settings = base_settings(directory, world.milter_socket)
    settings = change(settings, "milter.refusals_per_session", 1000)
    milter = MilterDaemon(directory, settings)
    milter.admin.must("add", *OUT, "--list", "all")
    milter.start()
    return milter


def warm_up(world: World, ledger: Ledger) -> None:
    sender = Sender(world, ledger, -1, time.monotonic() + 1)
    sender.start()
    sender.join(120)


def run_load(world: World, milter: MilterDaemon, seconds: float, sessions: int) -> Report:
    world.sink.clear()
    ledger = Ledger()
    warm_up(world, ledger)
    threads_before, files_before = milter.status("Threads"), open_files(milter)
    begin = time.monotonic()
    senders = [Sender(world, ledger, number, begin + seconds) for number in range(sessions)]
    for sender in senders:
        sender.start()
    reload_for(milter, seconds / 3)
    # By now every session is open and has sent something.
    rss_warm = milter.status("VmRSS")
    reload_for(milter, seconds / 3)
    for sender in senders:
        sender.join(seconds + 300)
        if sender.is_alive():
            ledger.complain("a session does not end")
    lasted = time.monotonic() - begin
    rss_end = milter.status("VmRSS")
    wait_until(lambda: not world.mta.queued(), "Postfix still has mail in its queue", 300, 0.2)
    check_sink(world.sink.messages(), ledger)
    settle(milter, threads_before, files_before)
    return Report(len(ledger.expected), ledger.verdicts, lasted, ledger.problems, rss_warm, rss_end, threads_before,
                  milter.status("Threads"), files_before, open_files(milter))


def reload_for(milter: MilterDaemon, seconds: float) -> None:
    """Reloads under traffic, every second: no verdict may change, nothing may leak."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(1)
        milter.reload()


def settle(milter: MilterDaemon, threads: int, files: int) -> None:
    """Idle: sessions end a little after the client has gone, and workers after them."""
    try:
        wait_until(lambda: milter.status("Threads") <= threads and open_files(milter) <= files, "idle", 30, 0.1)
    except TimeoutError:
        pass  # the report says so


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--sessions", type=int, default=200)
    options = parser.parse_args()
    world = World()
    try:
        milter = start_milter(world)
        report = run_load(world, milter, options.seconds, options.sessions)
        print(report)
        for problem in report.problems[:50]:
            print(problem)
        milter.stop()
        return 1 if report.problems else 0
    finally:
        world.close()


if __name__ == "__main__":
    sys.exit(main())
