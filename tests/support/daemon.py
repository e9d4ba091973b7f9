"""One run of a daemon of the product with a private config, and optoutctl with the same one. Captures the log and judges
it. What is particular to optout-milter and optout-web stands in milter_daemon.py and web_daemon.py."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .settings import Settings, to_text
from .waiting import HarnessError, patience, wait_until

LINE = re.compile(r"\d{4}-\d\d-\d\dT(?P<time>\d\d:\d\d:\d\d\.\d{3})Z \S+\[\d+\] (?P<level>\w+): (?P<text>.*)$")
PAIR = re.compile(r'([a-z0-9_.-]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))')
SANITIZER = re.compile(r"ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|runtime error:")
QUIET = {"info", "debug"}


@dataclass
class LogLine:
    level: str  # empty: no line of the log, but something else that was written to stderr
    text: str
    time: str = ""

    def pairs(self) -> dict[str, str]:
        return {key: re.sub(r"\\(.)", r"\1", quoted) if quoted else bare for key, quoted, bare in PAIR.findall(self.text)}

    def __str__(self) -> str:
        return f"{self.time} {self.level or 'STRAY'}: {self.text}"


def binary(name: str) -> Path:
    folder = os.environ.get("OPTOUT_BIN")
    base = Path(folder) if folder else Path(__file__).resolve().parents[2] / "build/dev/src/app"
    path = base / name
    if not path.exists():
        raise HarnessError(f"{path} does not exist: build it, or say where with OPTOUT_BIN")
    return path


def is_sanitized() -> bool:
    """Whether memory and time say nothing, because the program carries a sanitizer."""
    data = binary("optout-milter").read_bytes()
    return b"__asan_init" in data or b"__tsan_init" in data


class Admin:
    """optoutctl on one config file."""

    def __init__(self, config: Path) -> None:
        self.config = config

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([str(binary("optoutctl")), "-c", str(self.config), *arguments], text=True,
                              capture_output=True, timeout=60 * patience(), stdin=subprocess.DEVNULL)
        if SANITIZER.search(done.stderr):
            raise AssertionError(f"optoutctl {' '.join(arguments)}: {done.stderr}")
        return done

    def must(self, *arguments: str) -> str:
        done = self.run(*arguments)
        if done.returncode != 0:
            raise AssertionError(f"optoutctl {' '.join(arguments)} answered {done.returncode}: {done.stderr}{done.stdout}")
        return done.stdout


class Daemon:
    program = ""

    def __init__(self, directory: Path, settings: Settings) -> None:
        self.config = directory / "optout.yaml"
        self.settings = settings
        self.admin = Admin(self.config)
        self._directory = directory
        self._lock = threading.Lock()
        self._log: list[LogLine] = []
        self._claimed: set[int] = set()
        self.declared: list[re.Pattern[str]] = []  # warnings and errors that a test expects
        self._process: subprocess.Popen[bytes] | None = None
        (directory / "store").mkdir(exist_ok=True)
        self.write_config(settings)
        if not Path(settings["keys"]).exists():
            self.admin.must("keys", "new", settings["keys"])

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def write_config(self, settings: Settings) -> None:
        self.settings = settings
        self.config.write_text(to_text(settings))
        os.chmod(self.config, 0o600)

    def start(self) -> None:
        notify_path = self._directory / f"{self.program}.notify"
        notify_path.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(str(notify_path))
            notify_path.chmod(0o777)  # for a daemon that becomes the store's owner
            notify.settimeout(0.05)
            # SIGXFSZ as any service manager leaves it is deadly; a full disk is not. disk_full() stands for the latter.
            self._process = subprocess.Popen(
                [str(binary(self.program)), "-c", str(self.config)], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, "NOTIFY_SOCKET": str(notify_path)},
                preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
            threading.Thread(target=self._read_log, args=(self._process,), daemon=True).start()
            wait_until(lambda: self._is_ready(notify), f"{self.program} is not ready\n{self.log_text()}", 20, 0)

    def _is_ready(self, notify: socket.socket) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"{self.program} ended at start with {self._process.returncode}\n{self.log_text()}")
        try:
            return b"READY=1" in notify.recv(4096).split(b"\n")
        except TimeoutError:
            return False

    def _read_log(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        with process.stderr:
            for raw in process.stderr:
                text = raw.decode("utf-8", "backslashreplace").rstrip("\n")
                match = LINE.match(text)
                line = LogLine(match["level"], match["text"], match["time"]) if match else LogLine("", text)
                with self._lock:
                    self._log.append(line)

    def log(self) -> list[LogLine]:
        with self._lock:
            return list(self._log)

    def log_text(self) -> str:
        return "\n".join(str(line) for line in self.log())

    def claim(self, fits: Callable[[LogLine], bool], what: str, seconds: float = 20) -> None:
        """Waits for a log line that no other expectation has claimed."""

        def found() -> bool:
            for index, line in enumerate(self.log()):
                if index not in self._claimed and fits(line):
                    self._claimed.add(index)
                    return True
            return False

        try:
            wait_until(found, what, seconds)
        except TimeoutError:
            raise AssertionError(f"no such line in the log of {self.program}: {what}\n{self.log_text()}") from None

    def undeclared(self, declared: list[re.Pattern[str]]) -> list[str]:
        """Warnings, errors and anything that is no log line at all, but for what the case declared."""
        return [str(line) for line in self.log() if SANITIZER.search(line.text) or (
            line.level not in QUIET and not any(pattern.search(line.text) for pattern in declared))]

    def reload(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGUSR1)

    def disk_full(self) -> None:
        """Every write to a file fails from now on, as on a full disk."""
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    def disk_free(self) -> None:
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def status(self, key: str) -> int:
        """A number of /proc/PID/status: VmRSS (in KiB), Threads."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1])
        raise HarnessError(f"/proc/{self.pid}/status has no {key}")

    def stop(self) -> None:
        """By SIGTERM: must end with 0 within 10 s."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(10 * patience())
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{self.program} did not end within 10 s of SIGTERM") from None
        if code != 0:
            raise AssertionError(f"{self.program} ended with {code} on SIGTERM\n{self.log_text()}")

    def pause(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
