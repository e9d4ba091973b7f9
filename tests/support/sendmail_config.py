"""The private Sendmail's configuration: Debian's own files, with the fewest lines changed. Only text; starts nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .mta import VIRTUAL_DOMAIN
from .waiting import HarnessError

PACKAGED = Path(__file__).resolve().parents[2] / "packaging/sendmail/optout-milter.m4"
INCLUDE = f"include(`{PACKAGED}')dnl\n"


@dataclass
class Port:
    """One DAEMON_OPTIONS line. `filters`: empty for those that INPUT_MAIL_FILTER lists."""

    port: int
    name: str
    filters: str = ""

    def line(self) -> str:
        only = f", InputMailFilters={self.filters}" if self.filters else ""
        return f"DAEMON_OPTIONS(`Family=inet, Name={self.name}, Port={self.port}, Addr=127.0.0.1{only}')dnl\n"


@dataclass
class MailFilter:
    """One filter. `kind` INPUT_MAIL_FILTER: for every port that names none; MAIL_FILTER: for those that name it."""

    kind: str
    name: str
    equates: str

    def line(self) -> str:
        return f"{self.kind}(`{self.name}', `{self.equates}')dnl\n"


# No DNS, every mail to one server, whole and as it came, and the answer to the end of a mail only when it is there.
OURS = """\
define(`confDELIVERY_MODE', `i')dnl
define(`confTO_IDENT', `0s')dnl
define(`confQUEUE_LA', `1000')dnl
define(`confREFUSE_LA', `1000')dnl
define(`confMAX_HEADERS_LENGTH', `1000000')dnl
define(`confBAD_RCPT_THROTTLE', `0')dnl
define(`confDELAY_LA', `1000')dnl
define(`confMIN_QUEUE_AGE', `0')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confAUTH_MECHANISMS', `PLAIN')dnl
TRUST_AUTH_MECH(`PLAIN')dnl
FEATURE(`nocanonify')dnl
FEATURE(`virtusertable', `hash /etc/mail/virtusertable')dnl
VIRTUSER_DOMAIN(`{virtual}')dnl
FEATURE(`accept_unresolvable_domains')dnl
define(`SMART_HOST', `sink:[127.0.0.1]')dnl
"""
SINK = """\
MAILER_DEFINITIONS
Msink, P=[IPC], F=mDFMuXa8, S=EnvFromSMTP/HdrFromSMTP, R=EnvToSMTP/HdrFromSMTP, E=\\r\\n, L=0,
\tT=DNS/RFC822/SMTP, A=TCP $h {sink}
"""


def mta_config(stock: str, sink_port: int, ports: dict[str, Port], filters: Sequence[MailFilter]) -> str:
    """REQUIRES `stock`: Debian's sendmail.mc."""
    first = "DAEMON_OPTIONS(`Family=inet,  Name=MTA-v4, Port=smtp, Addr=127.0.0.1')dnl\n"
    text = _replaced(stock, first, "".join(port.line() for port in ports.values()))
    text = _replaced(text, "DAEMON_OPTIONS(`Family=inet,  Name=MSP-v4, Port=submission, M=Ea, Addr=127.0.0.1')dnl\n", "")
    lines = INCLUDE + "".join(one.line() for one in filters)
    return _replaced(text, "MAILER_DEFINITIONS\n", OURS.replace("{virtual}", VIRTUAL_DOMAIN) + lines + SINK.format(sink=sink_port))


def submission_config(stock: str, port: int) -> str:
    """REQUIRES `stock`: Debian's submit.mc."""
    return _replaced(stock, "FEATURE(`msp', `[127.0.0.1]', `25')dnl",
                     f"define(`RELAY_MAILER_ARGS', `TCP $h {port}')dnl\nFEATURE(`msp', `[127.0.0.1]')dnl")


def _replaced(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise HarnessError(f"Debian's file for Sendmail has not exactly one line: {old}")
    return text.replace(old, new)
