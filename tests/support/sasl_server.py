"""The smallest servers that check passwords, so that an MTA can do real SMTP AUTH: Dovecot's protocol for Postfix, and
that of saslauthd for Sendmail. PLAIN; every user's password is "pw"."""

from __future__ import annotations

import base64
import os
import socket
import struct
import threading
from pathlib import Path


class SaslServer:
    """Dovecot's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        os.chmod(path, 0o777)
        self._listener.listen(20)
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    @staticmethod
    def _serve(connection: socket.socket) -> None:
        with connection, connection.makefile("rwb") as stream:
            stream.write(b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n")
            stream.flush()
            for line in stream:
                words = line.rstrip(b"\n").split(b"\t")
                if words[0] != b"AUTH":
                    continue
                answer = next((w[5:] for w in words if w.startswith(b"resp=")), b"")
                _, user, password = (base64.b64decode(answer).split(b"\0") + [b"", b"", b""])[:3]
                verdict = b"OK" if password == b"pw" else b"FAIL"
                stream.write(verdict + b"\t" + words[1] + b"\tuser=" + user + b"\n")
                stream.flush()


class Saslauthd(SaslServer):
    """saslauthd's: user, password, service and realm, each with its length before it; the answer likewise."""

    @staticmethod
    def _serve(connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            words = []
            for _ in range(4):
                (size,) = struct.unpack(">H", stream.read(2))
                words.append(stream.read(size))
            verdict = b"OK" if words[1] == b"pw" else b"NO"
            connection.sendall(struct.pack(">H", len(verdict)) + verdict)
