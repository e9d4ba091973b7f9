"""A capturing SMTP server: takes every mail that the MTA delivers and keeps envelope and raw bytes.

Threads of the test process; knows nothing of the milter."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field


@dataclass
class SunkMessage:
    mail: str  # "<news@example.com> SMTPUTF8": what followed MAIL FROM:
    rcpts: list[str] = field(default_factory=list)
    data: bytes = b""  # CRLF lines, without dot stuffing

    def lines(self) -> list[str]:
        """Header and body; bytes that are not UTF-8 as \\xHH."""
        text = self.data.decode("utf-8", "backslashreplace")
        return text.removesuffix("\r\n").split("\r\n")

    def fields(self, name: str) -> list[str]:
        """The values of the header fields of that name, folds kept."""
        head = self.data.split(b"\r\n\r\n", 1)[0].decode("utf-8", "backslashreplace")
        values: list[str] = []
        taking = False
        for line in head.split("\r\n"):
            if line[:1] in (" ", "\t"):
                if taking:
                    values[-1] += "\n" + line
                continue
            key, _, value = line.partition(":")
            taking = key.lower() == name.lower()
            if taking:
                values.append(value.strip())
        return values


class Sink:
    def __init__(self, port: int) -> None:
        self.port = port
        self._lock = threading.Lock()
        self._messages: list[SunkMessage] = []
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen(256)
        threading.Thread(target=self._accept, daemon=True).start()

    def messages(self) -> list[SunkMessage]:
        with self._lock:
            return list(self._messages)

    def clear(self) -> None:
        with self._lock:
            self._messages.clear()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def say(text: str) -> None:
                connection.sendall(text.encode() + b"\r\n")

            try:
                self._converse(lines, say)
            except (OSError, ValueError):
                return

    def _converse(self, lines, say) -> None:  # type: ignore[no-untyped-def]
        message = SunkMessage("")
        say("220 sink.example.test ESMTP")
        while line := lines.readline():
            command = line.decode("utf-8", "backslashreplace").rstrip("\r\n")
            verb = command[:4].upper()
            if verb == "EHLO":
                say("250-sink.example.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES")
            elif verb == "MAIL":
                message = SunkMessage(command[len("MAIL FROM:"):])
                say("250 2.1.0 ok")
            elif verb == "RCPT":
                message.rcpts.append(command[len("RCPT TO:"):])
                say("250 2.1.5 ok")
            elif verb == "DATA":
                say("354 go")
                if not self._take_data(lines, message):
                    return
                with self._lock:
                    self._messages.append(message)
                message = SunkMessage("")
                say("250 2.0.0 captured")
            elif verb == "QUIT":
                say("221 2.0.0 bye")
                return
            else:
                say("250 2.0.0 ok")

    @staticmethod
    def _take_data(lines, message: SunkMessage) -> bool:  # type: ignore[no-untyped-def]
        body: list[bytes] = []
        while line := lines.readline():
            if line == b".\r\n":
                message.data = b"".join(body)
                return True
            body.append(line[1:] if line.startswith(b".") else line)
        return False
