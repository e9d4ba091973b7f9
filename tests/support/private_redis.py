"""A private redis-server on a unix socket, which can be stopped, hung and brought back; and a client of a few lines."""

from __future__ import annotations

import signal
import socket
import subprocess
from pathlib import Path

from .waiting import program, wait_until


class RedisError(Exception):
    """An error that Redis answered."""


class PrivateRedis:
    def __init__(self, directory: Path, *options: str) -> None:
        directory.mkdir(parents=True)
        self._options = options
        self.directory = directory
        self.path = directory / "redis.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        command = [program("redis-server", "redis-server"), "--port", "0", "--unixsocket", str(self.path),
                   "--unixsocketperm", "777", "--dir", str(self.directory), "--save", "", "--appendonly", "no",
                   "--logfile", str(self.directory / "redis.log"), *self._options]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        wait_until(self._answers, "redis-server does not start", 20, 0.005)

    def _answers(self) -> bool:
        try:
            return self.command(b"PING") == b"PONG"
        except (OSError, RedisError):
            return False

    def command(self, *words: bytes) -> bytes | int | None:
        """One command; answers a string, a number or None. No arrays: no test needs them."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(str(self.path))
            connection.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
            with connection.makefile("rb") as stream:
                return self._answer(stream)

    @staticmethod
    def _answer(stream) -> bytes | int | None:  # type: ignore[no-untyped-def]
        line = stream.readline().rstrip(b"\r\n")
        kind, rest = line[:1], line[1:]
        if kind == b"+":
            return rest
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else stream.read(int(rest) + 2)[:-2]
        raise RedisError(line.decode(errors="replace"))

    def stop(self) -> None:
        """Keeps the data: start() has it again."""
        if self._process is None:
            return
        try:
            self.command(b"SHUTDOWN", b"SAVE")
        except (OSError, RedisError):
            pass
        self._end()

    def kill(self) -> None:
        """As a crash: what was not saved is gone."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._end()

    def forget(self) -> None:
        """While it is down: the next start is empty."""
        (self.directory / "dump.rdb").unlink(missing_ok=True)

    def pause(self) -> None:
        """Hangs: connections are taken by the kernel, nothing answers."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.kill()

    def _end(self) -> None:
        assert self._process is not None
        self._process.wait(20)
        self._process = None
        self.path.unlink(missing_ok=True)
