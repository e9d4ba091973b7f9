"""What all cases of a run share: one MTA with several listeners, the sink behind it, the SASL server.

Listeners: main (the MTA's own limits), bulk (Postfix: no limits on errors), inet (the milter on a TCP port),
dkim (OpenDKIM after the milter). Their daemon names are the same words in capitals. Sendmail also has open and reject:
as main, but its filter has no F=, or F=R."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from .mta import Mta
from .postfix import Listener, Postfix
from .sasl_server import Saslauthd, SaslServer
from .sendmail import Sendmail
from .sendmail_config import MailFilter, Port
from .sink import Sink
from .smtp_client import SmtpClient
from .waiting import free_ports

TIMES = "T=C:10s;S:10s;R:30s;E:1m"


class World:
    def __init__(self, mta: str = "postfix") -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="optout-mta-"))
        self.directory.chmod(0o755)
        sink, self.milter_port, *ports = free_ports(8)
        self.sink = Sink(sink)
        try:
            if mta == "sendmail":
                self._start_sendmail(ports)
            else:
                self._start_postfix(ports)
        except BaseException:
            self._close_threads()
            raise

    def _start_postfix(self, ports: list[int]) -> None:
        self.milter_socket = self.directory / "milter.sock"
        self.dkim_socket = self.directory / "dkim.sock"
        self.sasl = SaslServer(self.directory / "sasl.sock")
        ours = f"unix:{self.milter_socket}"
        sasl = ["smtpd_sasl_auth_enable=yes", "smtpd_sasl_type=dovecot", f"smtpd_sasl_path=unix:{self.sasl.path}",
                "smtpd_sasl_security_options="]
        unlimited = ["smtpd_error_sleep_time=0", "smtpd_hard_error_limit=100000"]
        self.mta: Mta = Postfix(self.directory / "postfix", self.sink.port, {
            "main": Listener(ports[0], ours, "MAIN", sasl),
            "bulk": Listener(ports[1], ours, "BULK", unlimited),
            "inet": Listener(ports[2], f"inet:127.0.0.1:{self.milter_port}", "INET"),
            "dkim": Listener(ports[3], f"{ours},unix:{self.dkim_socket}", "DKIM"),
        }, ours)

    def _start_sendmail(self, ports: list[int]) -> None:
        run = self.directory / "sendmail/run"  # Sendmail's /run
        for name in ("optout-milter", "opendkim", "saslauthd"):
            (run / name).mkdir(parents=True)
        self.milter_socket = run / "optout-milter/milter.sock"
        self.dkim_socket = run / "opendkim/opendkim.sock"
        self.sasl = Saslauthd(run / "saslauthd/mux")
        self.mta = Sendmail(self.directory / "sendmail", self.sink.port, {
            "main": Port(ports[0], "MAIN", "optout-milter"),
            "bulk": Port(ports[1], "BULK", "optout-milter"),
            "inet": Port(ports[2], "INET", "optout-inet"),
            "dkim": Port(ports[3], "DKIM"),
            "open": Port(ports[4], "OPEN", "optout-open"),
            "reject": Port(ports[5], "REJECT", "optout-reject"),
        }, [
            MailFilter("INPUT_MAIL_FILTER", "opendkim", f"S=local:/run/opendkim/opendkim.sock, F=T, {TIMES}"),
            MailFilter("MAIL_FILTER", "optout-inet", f"S=inet:{self.milter_port}@127.0.0.1, F=T, {TIMES}"),
            MailFilter("MAIL_FILTER", "optout-open", f"S=local:/run/optout-milter/milter.sock, {TIMES}"),
            MailFilter("MAIL_FILTER", "optout-reject", f"S=local:/run/optout-milter/milter.sock, F=R, {TIMES}"),
        ])

    def client(self, listener: str, source: str = "127.0.0.1") -> SmtpClient:
        client = SmtpClient(self.mta.port(listener), source)
        greeting = client.say("EHLO client.example.test")
        assert client.banner.code == "220" and greeting.code == "250", f"{client.banner}\n{greeting}"
        return client

    def case_directory(self) -> Path:
        path = Path(tempfile.mkdtemp(prefix="case-", dir=self.directory))
        path.chmod(0o755)
        return path

    def close(self) -> None:
        self.mta.stop()
        self._close_threads()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _close_threads(self) -> None:
        self.sink.close()
        if hasattr(self, "sasl"):
            self.sasl.close()
