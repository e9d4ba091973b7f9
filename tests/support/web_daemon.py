"""One run of optout-web, and a plain HTTP client for it."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path

from .daemon import Daemon
from .settings import Settings, base_settings
from .waiting import free_ports, patience

ONE_CLICK = b"List-Unsubscribe=One-Click"
URLENCODED = "application/x-www-form-urlencoded"


@dataclass
class Answer:
    status: int
    body: bytes
    headers: list[tuple[str, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    def header(self, name: str) -> str | None:
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return values[0] if values else None


def web_settings(directory: Path, **web: object) -> Settings:
    """A config on the embedded store with free ports; no milter runs with it unless a test starts one."""
    settings = base_settings(directory, directory / "milter.sock")
    site, admin = free_ports(2)
    settings["web"] = {"listen": f"127.0.0.1:{site}", "admin": f"127.0.0.1:{admin}",
                       "admin_tokens": f"{directory}/admin.tokens", **web}
    return settings


class WebDaemon(Daemon):
    program = "optout-web"

    @property
    def port(self) -> int:
        return int(self.settings["web"]["listen"].rpartition(":")[2])

    @property
    def admin_port(self) -> int:
        return int(self.settings["web"]["admin"].rpartition(":")[2])

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def link(self, address: str, list_name: str = "newsletter") -> str:
        """The path of the address's own link: /u/TOKEN.SEALED."""
        made = self.admin.must("token", "make", address, "--list", list_name)
        match = re.search(r"/u/[a-z2-7.]+", made)
        assert match is not None, made
        return match[0]

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None,
            port: int | None = None, tls: ssl.SSLContext | None = None) -> Answer:
        """One request on a connection of its own."""
        where = ("127.0.0.1", port or self.port)
        timeout = 30 * patience()
        connection = (http.client.HTTPSConnection("localhost", where[1], timeout=timeout, context=tls) if tls
                      else http.client.HTTPConnection(*where, timeout=timeout))
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.read(), response.getheaders())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers={key.replace("_", "-"): value for key, value in headers.items()})

    def post(self, path: str, body: bytes, content_type: str = URLENCODED, **headers: str) -> Answer:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.ask("POST", path, body, {"Content-Type": content_type, **named})

    def one_click(self, path: str) -> Answer:
        return self.post(path, ONE_CLICK)

    def raw(self, request: bytes, port: int | None = None, seconds: float = 20) -> bytes:
        """Bytes in, bytes out until the server closes."""
        with socket.create_connection(("127.0.0.1", port or self.port), timeout=seconds * patience()) as connection:
            connection.sendall(request)
            answer = b""
            while part := connection.recv(65536):
                answer += part
            return answer

    def unread(self) -> int:
        """Bytes that clients have sent and the program has not read yet."""
        total = 0
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            local, queues = line.split()[1], line.split()[4]
            if int(local.rpartition(":")[2], 16) == self.port:
                total += int(queues.rpartition(":")[2], 16)
        return total

    def state(self, address: str, list_name: str = "newsletter") -> str:
        """"not_listed", or the state of the record that stops the list."""
        done = self.admin.run("check", address, "--list", list_name, "--json")
        assert done.returncode in (0, 1), done.stderr
        line = json.loads(done.stdout)
        return line["state"] if line["listing"] == "listed" else line["listing"]
