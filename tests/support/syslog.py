"""Stands in for the system log: takes what programs write to a /dev/log of their own."""

from __future__ import annotations

import socket
import threading
from pathlib import Path


class SystemLog:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._lines: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        path.chmod(0o666)
        threading.Thread(target=self._read, daemon=True).start()  # a full socket would block who writes

    def _read(self) -> None:
        while True:
            raw = self._socket.recv(65536)
            if raw == b"end":
                self._socket.close()
                return
            with self._lock:
                self._lines.append(raw.decode("utf-8", "backslashreplace").rstrip("\0\n"))

    def text(self) -> str:
        with self._lock:
            return "\n".join(self._lines)

    def close(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"end", str(self.path))
