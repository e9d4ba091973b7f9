"""The installation of doctor_bed.py with Sendmail: optoutctl doctor runs beside its daemon, where /etc/mail and /run are what
they are on a host of its own. The canary's mailbox is a file that an alias names."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .daemon import binary
from .doctor_bed import DoctorBed
from .mta import LOCAL_DOMAIN
from .sendmail import Sendmail
from .sendmail_config import MailFilter, Port
from .waiting import HarnessError, free_ports, wait_until

SOCKET = "/run/optout-milter/milter.sock"
BOX = "/run/box/canary"
SIGNER = "S=local:/run/opendkim/opendkim.sock, F=T, T=C:10s;S:10s;R:30s;E:1m"
DELIVERS_TO_FILES = "mail"  # Debian's confDEF_USER_ID


class ChangeableSendmail(Sendmail):
    """Its files in /etc/mail can be changed while it runs."""

    def _write_config(self, *arguments: object) -> None:
        super()._write_config(*arguments)  # type: ignore[arg-type]
        with open(self.directory / "mail/aliases", "a") as aliases:
            aliases.write(f"canary: {BOX}\npostmaster: {BOX}\n")

    def text(self, name: str) -> str:
        return self.must("cat", f"/etc/mail/{name}")

    @contextlib.contextmanager
    def but(self, name: str, text: str) -> Iterator[None]:
        """With another text of that file in /etc/mail for a while."""
        before = self.text(name)
        self.set(name, text)
        try:
            yield
        finally:
            self.set(name, before)

    def set(self, name: str, text: str) -> None:
        """And what is made of it: as make -C /etc/mail, newaliases and a restart do."""
        starts = self._starts()
        made = {"sendmail.mc": "m4 sendmail.mc > sendmail.cf", "sendmail.cf": "true", "aliases": "/usr/sbin/sendmail -bi",
                "virtusertable": "makemap hash virtusertable < virtusertable"}[name]
        self.must("sh", "-ec", f"cd /etc/mail && cat > {name} && {made}", text=text)
        os.kill(self._process.pid, signal.SIGHUP)
        wait_until(lambda: self._has_started(starts), "Sendmail does not start anew", 20)

    def _starts(self) -> int:
        return len(re.findall("starting daemon", self.log()))

    def _has_started(self, before: int) -> bool:
        """Only when it answers has it set up its signals: an earlier SIGHUP would end it."""
        if self._process.poll() is not None:
            raise HarnessError(f"Sendmail ended instead of starting anew\n{self.log()[-2000:]}")
        if self._starts() == before:
            return False
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port("smtp")), timeout=5) as client:
            return client.recv(3) == b"220"
        return False

    def must(self, *command: str, text: str = "") -> str:
        done = self.run(*command, text=text.encode())
        if done.returncode != 0:
            raise HarnessError(f"{' '.join(command)}: {done.stdout!r}{done.stderr!r}")
        return done.stdout.decode()


class SendmailDoctorBed(DoctorBed):
    mailto = f"unsubscribe@{LOCAL_DOMAIN}"

    def _start_mta(self) -> None:
        (port,) = free_ports(1)
        run = self.directory / "sendmail/run"
        for name in ("optout-milter", "opendkim", "box"):
            (run / name).mkdir(parents=True)
        box = run / "box/canary"
        box.touch(0o600)
        for path in (box.parent, box):
            shutil.chown(path, DELIVERS_TO_FILES, DELIVERS_TO_FILES)
        self.sendmail = ChangeableSendmail(self.directory / "sendmail", 9, {"smtp": Port(port, "MTA")},
                                           [MailFilter("INPUT_MAIL_FILTER", "opendkim", SIGNER)])
        self._closing.callback(self.sendmail.stop)
        self.socket = run / "optout-milter/milter.sock"
        self._start_signer("good", run / "opendkim/opendkim.sock")

    def mta_options(self) -> list[str]:
        return ["--mta", "sendmail"]

    def canary_options(self) -> list[str]:
        return ["--canary-to", f"canary@{LOCAL_DOMAIN}", "--canary-mailbox", BOX]

    def run(self, *arguments: str, config: Path | None = None, before: list[str] | None = None,
            user: str = "") -> subprocess.CompletedProcess[str]:
        return super().run(*arguments, config=config or self.config_with(), before=self.sendmail.beside(*(before or [])), user=user)

    def optoutctl(self, *arguments: str) -> str:
        return self.beside(str(binary("optoutctl")), "-c", str(self.config_with()), *arguments)

    def config_with(self, **changes: Any) -> Path:
        """Its socket is where Sendmail sees it."""
        return super().config_with(milter__listen=f"unix:{SOCKET}", **changes)

    def beside(self, *command: str, text: str = "") -> str:
        return self.sendmail.must(*command, text=text)

    def delivered(self) -> str:
        return self.beside("cat", BOX)

    def canaries(self) -> int:
        return self.delivered().count("\nSubject: optoutctl doctor: a canary")
