"""What all cases of a run share: one Postfix with several listeners, the sink behind it, the SASL server.

Listeners: main (Postfix's own limits), bulk (no limits on errors), inet (the milter on a TCP port),
dkim (OpenDKIM after the milter). Their daemon names are the same words in capitals."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from .postfix import Listener, Postfix
from .sasl_server import SaslServer
from .sink import Sink
from .smtp_client import SmtpClient
from .waiting import free_ports


class World:
    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="optout-mta-"))
        self.directory.chmod(0o755)
        self.milter_socket = self.directory / "milter.sock"
        self.dkim_socket = self.directory / "dkim.sock"
        sink, main, bulk, inet, dkim, self.milter_port = free_ports(6)
        self.sink = Sink(sink)
        self.sasl = SaslServer(self.directory / "sasl.sock")
        ours = f"unix:{self.milter_socket}"
        sasl = ["smtpd_sasl_auth_enable=yes", "smtpd_sasl_type=dovecot", f"smtpd_sasl_path=unix:{self.sasl.path}",
                "smtpd_sasl_security_options="]
        unlimited = ["smtpd_error_sleep_time=0", "smtpd_hard_error_limit=100000"]
        listeners = {
            "main": Listener(main, ours, "MAIN", sasl),
            "bulk": Listener(bulk, ours, "BULK", unlimited),
            "inet": Listener(inet, f"inet:127.0.0.1:{self.milter_port}", "INET"),
            "dkim": Listener(dkim, f"{ours},unix:{self.dkim_socket}", "DKIM"),
        }
        try:
            self.postfix = Postfix(self.directory / "postfix", sink, listeners, ours)
        except BaseException:
            self._close_threads()
            raise

    def client(self, listener: str, source: str = "127.0.0.1") -> SmtpClient:
        client = SmtpClient(self.postfix.port(listener), source)
        greeting = client.say("EHLO client.example.test")
        assert client.banner.code == "220" and greeting.code == "250", f"{client.banner}\n{greeting}"
        return client

    def case_directory(self) -> Path:
        path = Path(tempfile.mkdtemp(prefix="case-", dir=self.directory))
        path.chmod(0o755)
        return path

    def close(self) -> None:
        self.postfix.stop()
        self._close_threads()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _close_threads(self) -> None:
        self.sink.close()
        self.sasl.close()
