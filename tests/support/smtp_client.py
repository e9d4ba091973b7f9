"""An SMTP client that sends exactly the bytes it is told to, and a plain reply. No library in between."""

from __future__ import annotations

import socket
from dataclasses import dataclass

from .waiting import patience


@dataclass
class Reply:
    code: str
    lines: list[str]  # without code, enhanced code kept

    @property
    def enhanced(self) -> str:
        word = self.lines[-1].split(" ", 1)[0]
        parts = word.split(".")
        return word if len(parts) == 3 and all(p.isdigit() for p in parts) else ""

    @property
    def text(self) -> str:
        return " ".join(line.removeprefix(self.enhanced).strip() for line in self.lines)

    def __str__(self) -> str:
        return "\n".join(f"{self.code} {line}" for line in self.lines)


class SmtpClient:
    def __init__(self, port: int, source: str = "127.0.0.1", seconds: float = 60.0) -> None:
        self._socket = socket.create_connection(
            ("127.0.0.1", port), timeout=seconds * patience(), source_address=(source, 0))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._lines = self._socket.makefile("rb")
        self.banner = self.read()

    def send(self, line: bytes) -> None:
        self._socket.sendall(line + b"\r\n")

    def send_all(self, lines: list[bytes]) -> None:
        self._socket.sendall(b"".join(line + b"\r\n" for line in lines))

    def read(self) -> Reply:
        lines: list[str] = []
        while True:
            raw = self._lines.readline()
            if not raw:
                raise ConnectionError(f"the server closed the connection (after {lines})")
            line = raw.decode("utf-8", "backslashreplace").rstrip("\r\n")
            lines.append(line[4:])
            if line[3:4] != "-":
                return Reply(line[:3], lines)

    def say(self, line: str) -> Reply:
        self.send(line.encode())
        return self.read()

    def message(self, text: bytes) -> Reply:
        """What follows a 354: CRLF text, dot-stuffed here."""
        stuffed = [b"." + l if l.startswith(b".") else l for l in text.removesuffix(b"\r\n").split(b"\r\n")]
        self.send_all([*stuffed, b"."])
        return self.read()

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def quit(self) -> None:
        try:
            self.say("QUIT")
        except OSError:
            pass
        self.close()
