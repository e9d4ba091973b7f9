"""The servers of one run of packaging/try: the milter and the web part, a private Postfix in front of the milter, a
capturing SMTP server behind.

Everything lies in one directory. What drives Postfix is the tests' own support."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from support.postfix import Listener, Postfix  # noqa: E402
from support.sink import Sink, SunkMessage  # noqa: E402
from support.smtp_client import Reply, SmtpClient  # noqa: E402
from support.waiting import HarnessError, free_ports, wait_until  # noqa: E402

CONFIG = """\
# The settings of this try. config/optout.yaml in the source tree explains every key.

milter:
  listen: unix:{dir}/milter.sock
  socket_group: postfix

store:
  type: lmdb
  path: {dir}/store

keys: {dir}/keys
# Plain HTTP is for a try on one machine: mail clients show their Unsubscribe button for https only.
public_url: http://127.0.0.1:{web}
mailto: unsubscribe@lists.example.com

lists:
  # Told by the envelope sender, so who opted out is refused at RCPT.
  - name: newsletter
    title: Weekly newsletter
    match:
      - sender: "*@news.example.com"

  # Told by a header field only, so who opted out is taken out of the message at its end.
  - name: product-news
    title: Product news
    match:
      - header: {{List-Id: "*product-news*"}}

web:
  listen: 127.0.0.1:{web}
  admin: unix:{dir}/admin.sock
  smtp: smtp://127.0.0.1:{smtp}
  organisation: Example Ltd

log:
  to: stderr
"""

PROGRAMS = ("optout-milter", "optout-web", "optoutctl")


@dataclass
class Daemon:
    """One that runs. Its log is a file of the run's directory."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]
    was_ready: bool = False

    def must_live(self) -> None:
        if self.process.poll() is not None:
            raise HarnessError(f"{self.name} has ended with {self.process.returncode}")

    def stop(self) -> list[str]:
        """What went wrong with that."""
        if self.process.poll() is not None:
            return []
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return [f"{self.name} did not end within 10 s of SIGTERM"]
        # While it starts, SIGTERM may still be deadly.
        if self.was_ready and self.process.returncode != 0:
            return [f"{self.name} ended with {self.process.returncode} on SIGTERM"]
        return []


@dataclass
class Posted:
    """The answer to an HTTP request."""

    status: int
    content_type: str
    body: str


@dataclass
class Sent:
    """One SMTP session with one message: what was said and answered, and what came of it."""

    replies: list[tuple[str, Reply]] = field(default_factory=list)
    arrived: list[SunkMessage] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)

    def last(self) -> Reply:
        return self.replies[-1][1]

    def to(self, recipient: str) -> Reply:
        return next(reply for said, reply in self.replies if said == f"RCPT TO:<{recipient}>")


class Bed:
    def __init__(self, directory: Path, programs: Path) -> None:
        self.directory = directory
        self.programs = programs
        self.config = directory / "optout.yaml"
        self.milter_log = directory / "optout-milter.log"
        self.web_log = directory / "optout-web.log"
        self.arrived_directory = directory / "arrived"
        self.port, self._sink_port, self.web_port = free_ports(3)
        self._daemons: list[Daemon] = []
        self._postfix: Postfix | None = None
        self._sink: Sink | None = None

    def start(self) -> None:
        for name in PROGRAMS:
            if not os.access(self.programs / name, os.X_OK):
                raise HarnessError(f"{self.programs} has no program {name}")
        (self.directory / "store").mkdir(mode=0o700)
        self.config.write_text(CONFIG.format(dir=self.directory, web=self.web_port, smtp=self.port))
        self.optoutctl("keys", "new", str(self.directory / "keys"))
        self._start_daemon("optout-milter", self.milter_log)
        self._start_daemon("optout-web", self.web_log)
        self._sink = Sink(self._sink_port)
        ours = f"unix:{self.directory}/milter.sock"
        listeners = {"main": Listener(self.port, ours, "TRY")}
        self._postfix = Postfix(self.directory / "postfix", self._sink_port, listeners, ours)

    def _start_daemon(self, name: str, log_path: Path) -> None:
        path = self.directory / "ready.sock"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, log_path.open("wb") as log:
            notify.bind(str(path))
            notify.settimeout(0.05)
            # A session of its own: Ctrl-C is for this program, which then ends the daemon in its turn.
            process = subprocess.Popen(
                [str(self.programs / name), "-c", str(self.config)], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=log, env={**os.environ, "NOTIFY_SOCKET": str(path)},
                start_new_session=True)
            daemon = Daemon(name, log_path, process)
            self._daemons.append(daemon)
            wait_until(lambda: self._is_ready(notify), f"{name} is not ready", 20, 0)
        path.unlink()
        daemon.was_ready = True

    def _is_ready(self, notify: socket.socket) -> bool:
        self.must_live()
        try:
            return b"READY=1" in notify.recv(4096).split(b"\n")
        except TimeoutError:
            return False

    def must_live(self) -> None:
        """Fails when a daemon has ended."""
        for daemon in self._daemons:
            daemon.must_live()

    def pid_of(self, name: str) -> int:
        return next(daemon.process.pid for daemon in self._daemons if daemon.name == name)

    def logs(self) -> list[Path]:
        return [*(daemon.log for daemon in self._daemons), self.postfix_log]

    def post(self, path: str, body: str) -> Posted:
        """As a mail client does it: no cookie, no redirect, nothing but the form."""
        connection = http.client.HTTPConnection("127.0.0.1", self.web_port, timeout=20)
        try:
            connection.request("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"})
            answer = connection.getresponse()
            return Posted(answer.status, answer.getheader("Content-Type", ""), answer.read().decode())
        finally:
            connection.close()

    @property
    def postfix_log(self) -> Path:
        return self.directory / "postfix/log/mail.log"

    @property
    def sink_port(self) -> int:
        return self._sink_port

    def optoutctl(self, *arguments: str, fine: tuple[int, ...] = (0,)) -> str:
        done = subprocess.run([str(self.programs / "optoutctl"), "-c", str(self.config), *arguments], text=True,
                              capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
        if done.returncode not in fine:
            raise HarnessError(f"optoutctl {' '.join(arguments)} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def arrived(self) -> list[SunkMessage]:
        return self._sink.messages() if self._sink else []

    def save_arrived(self) -> None:
        """What arrived, as files."""
        self.arrived_directory.mkdir(exist_ok=True)
        for number, message in enumerate(self.arrived(), 1):
            path = self.arrived_directory / f"{number}.eml"
            if not path.exists():
                path.write_bytes(message.data)

    def _logged(self) -> list[str]:
        return self.milter_log.read_text(errors="replace").splitlines()

    def send(self, sender: str, recipients: list[str], text: bytes) -> Sent:
        """Sends, and waits until Postfix has delivered all that it will."""
        assert self._postfix is not None
        sent = Sent()
        arrived, logged = len(self.arrived()), len(self._logged())
        client = SmtpClient(self.port)
        try:
            client.say("EHLO client.example.test")
            for line in (f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{to}>" for to in recipients)):
                sent.replies.append((line, client.say(line)))
            if any(sent.to(to).code == "250" for to in recipients) and client.say("DATA").code == "354":
                sent.replies.append(("DATA", client.message(text)))
        finally:
            client.quit()
        self._postfix.wait_until_empty()
        sent.arrived = self.arrived()[arrived:]
        sent.logged = self._logged()[logged:]
        return sent

    def stop(self) -> list[str]:
        """Ends the servers; what went wrong with that. What it could not end is left to Processes.end_all."""
        problems: list[str] = []
        if self._sink:
            self._sink.close()
        if self._postfix:
            try:
                self._postfix.stop()
            except TimeoutError as late:
                problems.append(str(late))
        for daemon in reversed(self._daemons):
            problems += daemon.stop()
        return problems
