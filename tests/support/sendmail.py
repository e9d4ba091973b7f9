"""A private Sendmail, as Debian's packages install it: /etc/mail, /var/spool and the rest are where they always are, but in
a mount namespace of its own, laid over the machine's directories. The machine's MTA is not touched.

Its sendmail.mc is Debian's with packaging/sendmail/optout-milter.m4 in it; every mail goes to one SMTP server (the sink).
Must run as root, as Sendmail must."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .mta import ALIASES, LOCAL_DOMAIN, VIRTUAL_DOMAIN, VIRTUAL_USERS
from .sendmail_config import MailFilter, Port, mta_config, submission_config
from .sendmail_packages import sendmail_root
from .syslog import SystemLog
from .waiting import HarnessError, program, wait_until

HOST = "sm.example.test"
# Own users and queues as the packages' set-up makes them. An unqualified host name would make Sendmail wait a minute.
BEGIN = """\
set -e
hostname {host}
mount -t tmpfs -o mode=755 none {dir}/layers
over() {{
    mkdir {dir}/layers/$1 {dir}/layers/$1.work
    mount -t overlay overlay -o lowerdir=$2/$1,upperdir={dir}/layers/$1,workdir={dir}/layers/$1.work /$1
}}
over usr {root}/usr:
over etc {root}/etc:
over var ""
echo "127.0.0.1 {host} sm localhost" > /etc/hosts
echo "smmta:x:64990:64990::/var/lib/sendmail:/bin/false
smmsp:x:64991:64991::/var/lib/sendmail:/bin/false" >> /etc/passwd
echo "smmta:x:64990:
smmsp:x:64991:" >> /etc/group
ln -sf /usr/libexec/sendmail/sendmail /usr/sbin/sendmail
cp {dir}/mail/* /etc/mail/
touch /etc/mail/m4/dialup.m4 /etc/mail/m4/provider.m4
echo {local} > /etc/mail/local-host-names
mkdir -p /etc/sasl2 /var/spool/mqueue /var/spool/mqueue-client /var/lib/sendmail
echo "pwcheck_method: saslauthd
mech_list: PLAIN" > /etc/sasl2/Sendmail.conf
chown smmta {dir}/queue /var/lib/sendmail
chown smmsp:smmsp {dir}/clients
chmod 700 {dir}/queue
chmod 2770 {dir}/clients
mount --bind {dir}/queue /var/spool/mqueue
mount --bind {dir}/clients /var/spool/mqueue-client
mkdir -p {dir}/run/sendmail/mta {dir}/run/sendmail/msp
chown smmsp {dir}/run/sendmail/msp
for name in null zero random urandom; do touch {dir}/dev/$name; mount --bind /dev/$name {dir}/dev/$name; done
mount --rbind {dir}/dev /dev
mount --bind {dir}/run /run
cd /etc/mail
m4 sendmail.mc > sendmail.cf
m4 submit.mc > submit.cf
makemap hash access < access
makemap hash virtusertable < virtusertable
/usr/sbin/sendmail -bi
"""


class Sendmail:
    name = "sendmail"

    def __init__(self, directory: Path, sink_port: int, ports: dict[str, Port], filters: Sequence[MailFilter]) -> None:
        """REQUIRES that `directory` and what is above it can be searched by all."""
        self.directory = directory
        self._ports = ports
        if os.geteuid() != 0:
            raise HarnessError("Sendmail can only be started by root: run these tests as root")
        root = sendmail_root()
        for name in ("mail", "layers", "queue", "clients", "dev", "run"):
            (directory / name).mkdir(mode=0o755, parents=True, exist_ok=True)
        self._log = SystemLog(directory / "dev/log")
        try:
            self._write_config(root, sink_port, filters)
            self._start(root)
        except BaseException:
            self._log.close()
            raise

    @property
    def run_directory(self) -> Path:
        """What Sendmail sees as /run."""
        return self.directory / "run"

    def _write_config(self, root: Path, sink_port: int, filters: Sequence[MailFilter]) -> None:
        stock = root / "usr/share/sendmail/cf/debian"
        mail = self.directory / "mail"
        (mail / "sendmail.mc").write_text(mta_config((stock / "sendmail.mc").read_text(), sink_port, self._ports, filters))
        first = next(iter(self._ports.values()))
        (mail / "submit.mc").write_text(submission_config((stock / "submit.mc").read_text(), first.port))
        (mail / "service.switch").write_text("hosts files\naliases files\n")
        (mail / "aliases").write_text("".join(f"{name}: {to}\n" for name, to in ALIASES.items()))
        (mail / "virtusertable").write_text("".join(f"{name}@{VIRTUAL_DOMAIN} {to}\n" for name, to in VIRTUAL_USERS.items()))
        (mail / "access").write_text("Connect:127 RELAY\nGreetPause:127 0\nClientRate:127 0\nClientConn:127 0\n")

    def _start(self, root: Path) -> None:
        script = BEGIN.format(host=HOST, local=LOCAL_DOMAIN, dir=self.directory, root=root)
        command = script + "exec /usr/sbin/sendmail -bD\n"
        self._output = open(self.directory / "output", "w+")
        self._process = subprocess.Popen(
            [program("unshare", "util-linux"), "--mount", "--uts", "--propagation", "private", "sh", "-c", command],
            stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.STDOUT, start_new_session=True)
        wait_until(self._is_ready, "Sendmail does not start", 30)

    def _is_ready(self) -> bool:
        if self._process.poll() is not None:
            self._output.seek(0)
            raise HarnessError(f"Sendmail ended at start: {self._output.read()}{self.log()[-2000:]}")
        # The line that it writes when all ports are open.
        return "starting daemon" in self.log()

    def port(self, listener: str) -> int:
        return self._ports[listener].port

    def log(self) -> str:
        return self._log.text()

    def queued(self) -> list[str]:
        return [f"queue/{p.name}" for p in (self.directory / "queue").glob("qf*")] + self.unsubmitted()

    def unsubmitted(self) -> list[str]:
        return [f"clients/{p.name}" for p in (self.directory / "clients").glob("qf*")]

    def wait_until_empty(self) -> None:
        wait_until(lambda: not self.queued(), "Sendmail still has mail in its queue", 20)

    def run(self, *command: str, text: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """A program beside the daemon, where it sees the same files."""
        return subprocess.run(self.beside(*command), input=text, capture_output=True, timeout=120)

    def popen(self, *command: str) -> subprocess.Popen[bytes]:
        """The same, to talk with."""
        return subprocess.Popen(self.beside(*command), stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def beside(self, *command: str) -> list[str]:
        """The command line of a program that sees what the daemon sees, in its chroot where the tests run in one."""
        return [program("nsenter", "util-linux"), "--target", str(self._process.pid), "--mount", "--uts", "--root",
                "--wdns=/", *command]

    def submit(self, arguments: list[str], text: bytes) -> None:
        """What it answers is not looked at: it says by its exit code too what the MTA refused."""
        self.run("/usr/sbin/sendmail", "-t", "-i", *arguments, text=text)

    def wake_submission(self) -> None:
        done = self.run("/usr/sbin/sendmail", "-Ac", "-q")
        if done.returncode != 0:
            raise HarnessError(f"sendmail -Ac -q: {done.stdout!r}{done.stderr!r}")

    def delete_queued(self) -> None:
        for name in ("queue", "clients"):
            for path in (self.directory / name).iterdir():
                path.unlink(missing_ok=True)

    def stop(self) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, number)
                self._process.wait(10)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        self._output.close()
        self._log.close()
