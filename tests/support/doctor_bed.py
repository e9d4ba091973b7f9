"""A whole installation for optoutctl doctor: a Postfix of its own whose smtpd is chrooted, the milter with its socket below
the chroot, OpenDKIM after it, a Maildir, and optout-web with TLS. The programs run as nobody, as they run as optout elsewhere.

Everything is well in it. A test breaks one thing and mends it again."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .daemon import Admin, binary
from .milter_daemon import MilterDaemon
from .opendkim import CONFIG, OpenDkim
from .postfix import Listener, Postfix
from .settings import Settings, base_settings, change, to_text
from .waiting import free_ports, patience, program, wait_until
from .web_daemon import WebDaemon

CANARY = "canary@box.example.test"
USER = "nobody"
SIGNERS = {
    "good": CONFIG,
    "nopost": re.sub(r"(?m)^(Sign|Oversign)Headers.*\n", "", CONFIG),
    "nopair": re.sub(r"(?m)^(Sign|Oversign)Headers.*\n", "", CONFIG) + "SignHeaders from,to,subject,date\n",
}


class ChrootedListener(Listener):
    """Its filters stand in main.cf."""

    def master_line(self) -> str:
        return f"127.0.0.1:{self.port} inet n - y - 400 smtpd\n"


class ChangeablePostfix(Postfix):
    """Its main.cf can be changed while it runs."""

    def _write_config(self, sink_port: int, non_smtpd_milters: str) -> None:
        super()._write_config(sink_port, non_smtpd_milters)
        self._main = (self.directory / "etc/main.cf").read_text()

    def set(self, **values: str) -> None:
        """Writes main.cf with these; Postfix is not told."""
        for name, value in values.items():
            self._main = re.sub(rf"(?m)^{name} =.*\n", "", self._main) + f"{name} = {value}\n"
        path = self.directory / "etc/main.cf"
        path.write_text(self._main)
        past = time.time() - 10
        os.utime(path, (past, past))

    @contextlib.contextmanager
    def but(self, **values: str) -> Iterator[None]:
        """With these for a while."""
        before = self._main
        self.set(**values)
        self.refresh()
        try:
            yield
        finally:
            self._main = before
            self.set()
            self.refresh()

    def refresh(self) -> None:
        """As postfix reload, without its checks."""
        os.kill(self._master, signal.SIGHUP)
        old = set(self._children())
        wait_until(lambda: not old & set(self._children()) or self._only_lasting(old), "Postfix does not reload", 5, 0.02)

    def _only_lasting(self, old: set[int]) -> bool:
        """The master, and those that take up changes themselves, stay."""
        names: set[str] = set()
        for pid in old & set(self._children()):
            try:
                names.add(Path(f"/proc/{pid}/comm").read_text().strip())
            except OSError:  # it ended meanwhile
                continue
        return not names & {"smtpd", "cleanup", "virtual", "trivial-rewrite"}


class BoxPostfix(ChangeablePostfix):
    """Delivers to mailboxes of this host, by virtual(8)."""

    def _write_config(self, sink_port: int, non_smtpd_milters: str) -> None:
        super()._write_config(sink_port, non_smtpd_milters)
        for name in ("", "canary", "canary/new", "canary/cur", "canary/tmp"):
            (self.directory / "box" / name).mkdir(exist_ok=True)
            own(self.directory / "box" / name)
        self.set(
            virtual_transport="virtual", virtual_mailbox_domains="lists.example.com, box.example.test",
            virtual_mailbox_base=f"{self.directory}/box", virtual_minimum_uid="1",
            virtual_uid_maps=f"static:{ids(USER)[0]}", virtual_gid_maps=f"static:{ids(USER)[1]}",
            virtual_mailbox_maps="inline:{ unsubscribe@lists.example.com=unsubscribe/, canary@box.example.test=canary/, "
                                 "old@box.example.test=old }",
            recipient_delimiter="+", inet_protocols="all", smtpd_milters=non_smtpd_milters)


class HomePostfix(ChangeablePostfix):
    """Delivers to users, by local(8)."""

    def _write_config(self, sink_port: int, non_smtpd_milters: str) -> None:
        super()._write_config(sink_port, non_smtpd_milters)
        self.set(mydestination="home.example.test", local_transport="local:$myhostname",
                 local_recipient_maps="proxy:unix:passwd.byname", recipient_delimiter="+",
                 virtual_alias_maps="inline:{ unsubscribe@lists.example.com=postmaster@lists.example.com }",
                 virtual_alias_domains="lists.example.com", smtpd_milters=non_smtpd_milters)


def ids(user: str) -> tuple[int, int]:
    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid


def own(*paths: Path) -> None:
    for path in paths:
        os.chown(path, *ids(USER))


@contextlib.contextmanager
def mode(path: Path, bits: int) -> Iterator[None]:
    before = path.stat().st_mode & 0o7777
    path.chmod(bits)
    try:
        yield
    finally:
        path.chmod(before)


def make_certificate(directory: Path) -> tuple[Path, Path]:
    certificate, key = directory / "web.pem", directory / "web.key"
    subprocess.run([program("openssl", "openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                    "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    return certificate, key


class OddSite:
    """An https server that answers what it is told, in the place of optout-web."""

    def __init__(self, certificate: Path, key: Path) -> None:
        site = self
        self.get, self.post = 404, 404
        self.headers: dict[str, str] = {}

        class Handler(BaseHTTPRequestHandler):
            def answer(self, status: int) -> None:
                self.send_response(status)
                for name, value in site.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_GET(self) -> None:
                self.answer(site.get)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.answer(site.post)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"https://localhost:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class AddingFilter:
    """A milter that adds one List-Unsubscribe to every message. It asks for nothing but the end of message."""

    OPTIONS = struct.pack(">III", 6, 0x01, 0x37F)

    def __init__(self, directory: Path) -> None:
        directory.mkdir(exist_ok=True)
        self.path = directory / "s"
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(self.path))
        self.path.chmod(0o666)
        self._listening.listen()

    def __enter__(self) -> AddingFilter:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.path.unlink()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._talk, args=(self._listening.accept()[0],), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        def say(packet: bytes) -> None:
            client.sendall(struct.pack(">I", len(packet)) + packet)

        with client, client.makefile("rb") as stream:
            while len(head := stream.read(5)) == 5:
                stream.read(struct.unpack(">I", head[:4])[0] - 1)
                kind = head[4:]
                if kind == b"O":
                    say(b"O" + self.OPTIONS)
                elif kind == b"E":
                    say(b"hList-Unsubscribe\0<https://other.example>\0")
                    say(b"c")
                elif kind not in b"DAQK":
                    say(b"c")


@dataclass
class Report:
    exit_code: int
    found: list[dict[str, Any]]
    missed: list[dict[str, Any]]

    @property
    def names(self) -> list[str]:
        return [finding["name"] for finding in self.found]

    def __str__(self) -> str:
        return json.dumps([self.exit_code, self.found, self.missed], indent=1)


class DoctorBed:
    mailto = "unsubscribe@lists.example.com"

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="optout-doctor-"))
        self.directory.chmod(0o755)
        self.redis: Any = None  # a test's
        self._closing = contextlib.ExitStack()
        self._closing.callback(shutil.rmtree, self.directory, ignore_errors=True)
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self) -> None:
        self._start_mta()
        (site,) = free_ports(1)
        self.certificate, key = make_certificate(self.directory)
        self.settings = base_settings(self.directory, self.socket)
        self.settings["milter"] = {"listen": f"unix:{self.socket}", "socket_mode": "0666"}
        self.settings["mailto"] = self.mailto
        self.settings["public_url"] = f"https://localhost:{site}"
        self.settings["web"] = {"listen": f"127.0.0.1:{site}", "admin": "off",
                                "tls": {"certificate": str(self.certificate), "key": str(key)}}
        self.milter = MilterDaemon(self.directory, self.settings)
        own(self.directory / "store", self.directory / "optout.yaml", self.directory / "keys", self.socket.parent, key)
        self.milter.start()
        self._closing.callback(self.milter.kill)
        web = WebDaemon(self.directory, self.settings)
        own(self.directory / "optout.yaml")
        web.start()
        self._closing.callback(web.kill)
        self.odd_site = OddSite(self.certificate, key)
        self._closing.callback(self.odd_site.close)

    def _start_mta(self) -> None:
        """And the signers behind the milter; sets `socket`, whose directory is there."""
        (smtp,) = free_ports(1)
        self.postfix = BoxPostfix(self.directory / "postfix", 9, {"smtp": ChrootedListener(smtp, "", "")},
                                  "unix:optout-milter/milter.sock, unix:dkim-good/s")
        self._closing.callback(self.postfix.stop)
        self.spool = self.directory / "postfix/spool"
        self.socket = self.spool / "optout-milter/milter.sock"
        self.socket.parent.mkdir()
        for name in SIGNERS:
            (self.spool / f"dkim-{name}").mkdir()
            self._start_signer(name, self.spool / f"dkim-{name}/s")

    def _start_signer(self, name: str, path: Path) -> None:
        signer = OpenDkim(self.directory / f"opendkim-{name}", path, SIGNERS[name])
        self._closing.callback(signer.stop)

    def close(self) -> None:
        self._closing.close()

    def with_home(self, home: Path) -> list[str]:
        """What a command is put behind so that the programs' user lives there: a view of its own of /etc/passwd."""
        passwd = self.directory / "passwd"
        lines = [line.split(":") for line in Path("/etc/passwd").read_text().splitlines()]
        passwd.write_text("".join(":".join([*line[:5], str(home) if line[0] == USER else line[5], line[6]]) + "\n"
                                  for line in lines))
        return ["unshare", "--mount", "sh", "-c", f'mount --bind {passwd} /etc/passwd && exec "$@"', "-"]

    def mta_options(self) -> list[str]:
        return ["--postfix-config", f"{self.directory}/postfix/etc"]

    def canary_options(self) -> list[str]:
        return ["--canary-to", CANARY, "--canary-mailbox", str(self.box("canary"))]

    def box(self, name: str) -> Path:
        return self.directory / "postfix/box" / name

    def written(self, name: str, settings: Settings) -> Path:
        path = self.directory / name
        path.write_text(to_text(settings))
        path.chmod(0o600)
        own(path)
        return path

    def config_with(self, **changes: Any) -> Path:
        """Another config file; the daemons keep theirs. store__path stands for store.path."""
        settings = self.settings
        for path, value in changes.items():
            settings = change(settings, path.replace("__", "."), value)
        return self.written("changed.yaml", settings)

    def copied_keys(self, mode: int = 0o640, text: str = "") -> Path:
        path = self.directory / "other.keys"
        path.unlink(missing_ok=True)
        path.write_text(text or (self.directory / "keys").read_text())
        path.chmod(mode)
        own(path)
        return path

    def run(self, *arguments: str, config: Path | None = None, before: list[str] | None = None,
            user: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run([*(before or []), str(binary("optoutctl")), "-c", str(config or self.milter.config), "doctor",
                               *arguments], text=True, capture_output=True, timeout=60 * patience(),
                              stdin=subprocess.DEVNULL, user=user or None, group=ids(user)[1] if user else None,
                              extra_groups=[] if user else None)

    def doctor(self, *arguments: str, config: Path | None = None, before: list[str] | None = None, mta: bool = True,
               canary: bool = True, trust: bool = True, user: str = "") -> Report:
        options = ["--json"]
        if mta:
            options += self.mta_options()
        if canary:
            options += self.canary_options()
        if trust:
            options += ["--ca", str(self.certificate)]
        done = self.run(*options, *arguments, config=config, before=before, user=user)
        assert done.stderr == "", done.stderr
        said = json.loads(done.stdout)
        worst = max((["note", "warning", "error"].index(f["severity"]) for f in said["findings"]), default=0)
        assert done.returncode == worst, done.stdout
        return Report(done.returncode, said["findings"], said["not_looked_at"])

    def admin(self) -> Admin:
        return self.milter.admin
