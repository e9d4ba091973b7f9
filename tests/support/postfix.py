"""A private Postfix: own directories, own ports on loopback, own main.cf and master.cf; the machine's is not touched.

Every mail goes to one SMTP server (the sink). Must run as root, as Postfix must."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from .mta import ALIASES, LOCAL_DOMAIN, VIRTUAL_DOMAIN, VIRTUAL_USERS
from .waiting import HarnessError, program, wait_until

MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {dir}/spool
data_directory = {dir}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = /etc/postfix
shlib_directory = /usr/lib/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = {dir}/log/mail.log
maillog_file_prefixes = {dir}
myhostname = mx.example.test
mydomain = example.test
myorigin = example.test
mydestination =
local_recipient_maps =
local_transport = error:no local mail
alias_maps =
alias_database =
recipient_delimiter = +
propagate_unmatched_extensions =
virtual_alias_domains = {domains}
virtual_alias_maps = inline:{{ {aliases} }}
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
default_transport = smtp:[127.0.0.1]:{sink}
relay_transport = $default_transport
virtual_transport = $default_transport
smtp_dns_support_level = disabled
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtp_tls_security_level = none
smtpd_tls_security_level = none
smtpd_peername_lookup = no
# Compare messages whole: long lines as they are, one delivery for all recipients.
smtp_line_length_limit = 0
default_destination_recipient_limit = 1000
append_dot_mydomain = no
biff = no
notify_classes =
# Limits must not be what a test measures.
default_process_limit = 400
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_timeout = 300s
in_flow_delay = 0
milter_default_action = tempfail
milter_connect_timeout = 60s
milter_command_timeout = 60s
milter_content_timeout = 120s
non_smtpd_milters = {non_smtpd_milters}
"""

MASTER_CF = """\
pickup    unix  n - n 60    1 pickup
cleanup   unix  n - n -     0 cleanup
qmgr      unix  n - n 300   1 qmgr
rewrite   unix  - - n -     - trivial-rewrite
bounce    unix  - - n -     0 bounce
defer     unix  - - n -     0 bounce
trace     unix  - - n -     0 bounce
verify    unix  - - n -     1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n -     - proxymap
proxywrite unix - - n -     1 proxymap
smtp      unix  - - n -     20 smtp
relay     unix  - - n -     - smtp
showq     unix  n - n -     - showq
error     unix  - - n -     - error
retry     unix  - - n -     - error
discard   unix  - - n -     - discard
local     unix  - n n -     - local
virtual   unix  - n n -     - virtual
lmtp      unix  - - n -     - lmtp
anvil     unix  - - n -     1 anvil
scache    unix  - - n -     1 scache
tlsmgr    unix  - - n 1000? 1 tlsmgr
postlog   unix-dgram n - n - 1 postlogd
"""

# In the order that a file goes through them, so that one pass cannot miss it.
QUEUES = ("maildrop", "incoming", "active", "deferred", "hold", "corrupt")


@dataclass
class Listener:
    """One smtpd with its own filters and options."""

    port: int
    milters: str
    daemon_name: str
    options: list[str] = field(default_factory=list)

    def master_line(self) -> str:
        options = [f"smtpd_milters={self.milters}", f"milter_macro_daemon_name={self.daemon_name}", *self.options]
        return f"127.0.0.1:{self.port} inet n - n - 400 smtpd\n" + "".join(f"  -o {o}\n" for o in options)


class Postfix:
    name = "postfix"
    prefix: list[str] = []  # before the command that starts it

    def __init__(self, directory: Path, sink_port: int, listeners: dict[str, Listener], non_smtpd_milters: str) -> None:
        self.directory = directory
        self.listeners = listeners
        self._write_config(sink_port, non_smtpd_milters)
        self._start()

    def _write_config(self, sink_port: int, non_smtpd_milters: str) -> None:
        try:
            owner = pwd.getpwnam("postfix")
        except KeyError as missing:
            raise HarnessError("there is no user postfix: these tests need the Debian package postfix") from missing
        for name in ("etc", "spool", "data", "log"):
            (self.directory / name).mkdir(mode=0o755, parents=True)
        os.chown(self.directory / "data", owner.pw_uid, owner.pw_gid)
        os.chmod(self.directory / "data", 0o700)
        etc = self.directory / "etc"
        pairs = [(f"{name}@{LOCAL_DOMAIN}", to) for name, to in ALIASES.items()]
        pairs += [(f"{name}@{VIRTUAL_DOMAIN}", to) for name, to in VIRTUAL_USERS.items()]
        aliases = " ".join(f"{{{address}={to}}}" for address, to in pairs)
        (etc / "main.cf").write_text(MAIN_CF.format(
            dir=self.directory, sink=sink_port, non_smtpd_milters=non_smtpd_milters, aliases=aliases,
            domains=f"{LOCAL_DOMAIN} {VIRTUAL_DOMAIN}"))
        (etc / "master.cf").write_text("".join(l.master_line() for l in self.listeners.values()) + MASTER_CF)
        # Postfix does not trust a file younger than 2 s and sleeps until it is older.
        past = time.time() - 10
        for name in ("main.cf", "master.cf"):
            os.utime(etc / name, (past, past))

    def _start(self) -> None:
        if os.geteuid() != 0:
            raise HarnessError("Postfix can only be started by root: run these tests as root")
        done = subprocess.run([*self.prefix, program("postfix", "postfix"), "-c", str(self.directory / "etc"), "start"],
                              capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise HarnessError(f"postfix start: {done.stdout}{done.stderr}{self.log()[-2000:]}")
        self._master = int((self.directory / "spool/pid/master.pid").read_text())

    def log(self) -> str:
        path = self.directory / "log/mail.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def port(self, listener: str) -> int:
        return self.listeners[listener].port

    def queued(self) -> list[str]:
        """Messages that are not delivered yet, as queue/file."""
        found: list[str] = []
        for queue in QUEUES:
            for _, _, files in os.walk(self.directory / "spool" / queue):
                found += [f"{queue}/{name}" for name in files]
        return found

    def unsubmitted(self) -> list[str]:
        return [name for name in self.queued() if name.startswith("maildrop/")]

    def wait_until_empty(self) -> None:
        wait_until(lambda: not self.queued(), "Postfix still has mail in its queue", 20)

    def submit(self, arguments: list[str], text: bytes) -> None:
        """Local submission: sendmail(1)."""
        subprocess.run([program("sendmail", "postfix"), "-C", str(self.directory / "etc"), "-t", "-i", *arguments],
                       input=text, check=True, timeout=60)

    def wake_submission(self) -> None:
        """Pickup looks at maildrop now, not in a minute."""
        subprocess.run([program("postkick", "postfix"), "-c", str(self.directory / "etc"), "public", "pickup", "W"],
                       check=True, timeout=60)

    def delete_queued(self) -> None:
        subprocess.run([program("postsuper", "postfix"), "-c", str(self.directory / "etc"), "-d", "ALL"],
                       capture_output=True, timeout=60)
        for path in (self.directory / "spool/maildrop").iterdir():
            path.unlink(missing_ok=True)

    def stop(self) -> None:
        try:
            os.kill(self._master, signal.SIGTERM)
        except ProcessLookupError:
            return
        wait_until(lambda: not self._children(), "Postfix does not stop", 20, 0.02)

    def _children(self) -> list[int]:
        """Live processes of the master's session: they hold its sockets."""
        found: list[int] = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                name, fields = (entry / "stat").read_text().rsplit(")", 1)
            except OSError:
                continue
            state, _, _, session = fields.split()[:4]
            if int(session) == self._master and state != "Z" and not name.endswith("(postlogd"):
                found.append(int(entry.name))
        return found
