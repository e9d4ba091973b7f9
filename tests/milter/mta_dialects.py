"""How Postfix, Postfix's sendmail(1) and Sendmail talk to a milter: which macros when, which form of addresses.
A Dialect opens a session and passes messages through it. Must not know what the milter ought to answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from milter_client import (
    CONTINUE,
    Ending,
    MtaSession,
    Offer,
    Packet,
    Stage,
    TODAYS_OFFER,
    connect_data,
)

POSTFIX_MACROS = {
    Stage.CONNECT: ["j", "{daemon_name}", "{daemon_addr}", "v", "_"],
    Stage.HELO: ["{tls_version}", "{cipher}", "{cipher_bits}", "{cert_subject}", "{cert_issuer}"],
    Stage.MAIL: ["i", "{auth_type}", "{auth_authen}", "{auth_author}", "{mail_addr}", "{mail_host}", "{mail_mailer}"],
    Stage.RCPT: ["i", "{rcpt_addr}", "{rcpt_host}", "{rcpt_mailer}"],
    Stage.DATA: ["i"],
    Stage.END_OF_HEADER: ["i"],
    Stage.END: ["i"],
}
SENDMAIL_MACROS = {
    Stage.CONNECT: ["j", "_", "{daemon_name}", "{if_name}", "{if_addr}"],
    Stage.HELO: ["{tls_version}", "{cipher}", "{cipher_bits}", "{cert_subject}", "{cert_issuer}"],
    Stage.MAIL: ["i", "{auth_type}", "{auth_authen}", "{auth_ssf}", "{auth_author}", "{mail_mailer}", "{mail_host}",
                 "{mail_addr}"],
    Stage.RCPT: ["{rcpt_mailer}", "{rcpt_host}", "{rcpt_addr}"],
    Stage.END: ["{msg_id}"],
}

DEFAULT_HEADER = [
    ("From", "News <news@news.example.com>"),
    ("To", "Reader <reader@example.com>"),
    ("Subject", "All the news\n\tof the week"),
    ("Date", "Mon, 6 May 2024 10:00:00 +0000"),
    ("Message-ID", "<1@news.example.com>"),
]


@dataclass(frozen=True)
class Mail:
    sender: str = "news@news.example.com"
    recipients: list[str] = field(default_factory=lambda: ["reader@example.com"])
    header: list[tuple[str, str]] = field(default_factory=lambda: DEFAULT_HEADER)
    body: bytes = b"Hello\r\n"
    user: str = ""  # of SMTP AUTH


@dataclass(frozen=True)
class Passed:
    """What the MTA heard about one message."""

    queue_id: str
    replies: list[Packet]  # to each recipient
    ending: Ending | None  # None: no recipient was accepted, the MTA gave the message up

    @property
    def accepted(self) -> list[bool]:
        return [reply == CONTINUE for reply in self.replies]


_numbers = count(0x4F1A2B00)


def next_queue_id() -> str:
    return f"{next(_numbers):X}"


class Postfix:
    """smtpd(8): addresses in brackets; the queue id is known from the second accepted recipient on."""

    macro_lists = POSTFIX_MACROS
    host, port = "client.example.net", 40125

    def __init__(self, listen: str, offer: Offer = TODAYS_OFFER) -> None:
        self.session = MtaSession(listen, self.macro_lists)
        self.session.negotiate(offer)
        self.session.macros.update({
            "j": "mx.example.test", "{daemon_name}": "mx.example.test", "{daemon_addr}": "192.0.2.1",
            "{daemon_port}": "25", "v": "Postfix 3.7.11", "_": f"{self.host} [192.0.2.7]",
            "{client_addr}": "192.0.2.7", "{client_name}": self.host, "{client_ptr}": self.host,
            "{client_port}": str(self.port), "{client_connections}": "0", "{if_name}": "mx.example.test",
            "{if_addr}": "192.0.2.1"})

    def begin(self) -> None:
        reply = self.session.connect(connect_data(self.host, "4", self.port, "192.0.2.7"))
        assert reply in (None, CONTINUE)
        assert self.session.helo("client.example.net") in (None, CONTINUE)

    def mail(self, mail: Mail) -> None:
        """REQUIRES a sender that the milter has nothing against."""
        macros = self.session.macros
        self.forget_message()
        macros.update({"{mail_addr}": mail.sender, "{mail_host}": "news.example.com", "{mail_mailer}": "smtp"})
        if mail.user:
            macros.update({"{auth_type}": "PLAIN", "{auth_authen}": mail.user})
        self.before_mail()
        assert self.session.mail(self.path(mail.sender), *self.mail_parameters()) in (None, CONTINUE)

    def forget_message(self) -> None:
        for name in ("i", "{auth_type}", "{auth_authen}", "{rcpt_addr}", "{rcpt_host}", "{rcpt_mailer}", "{msg_id}"):
            self.session.macros.pop(name, None)
        self.queue_id = next_queue_id()
        self.taken = 0

    def before_mail(self) -> None:
        pass

    def mail_parameters(self) -> list[str]:
        return ["SIZE=1234"]

    def path(self, address: str) -> str:
        return address if address.startswith("<") else f"<{address}>"

    def reading_of(self, address: str) -> str:
        """{rcpt_addr}: Postfix folds its case."""
        return address.removeprefix("<").removesuffix(">").lower()

    def rcpt(self, address: str) -> Packet:
        macros = self.session.macros
        if self.taken > 0:
            macros["i"] = self.queue_id
        macros.update({"{rcpt_addr}": self.reading_of(address), "{rcpt_host}": "example.com", "{rcpt_mailer}": "smtp"})
        reply = self.session.rcpt(self.path(address))
        assert reply is not None, "recipients must be answered"
        self.taken += reply == CONTINUE
        return reply

    def content(self, mail: Mail) -> None:
        """DATA, header and body."""
        self.session.macros["i"] = self.queue_id
        assert self.session.data() in (None, CONTINUE)
        for name, value in mail.header:
            assert self.session.header(name, value) in (None, CONTINUE)
        assert self.session.end_of_header() in (None, CONTINUE)
        assert self.session.body(mail.body) in (None, CONTINUE)

    def pass_on(self, mail: Mail = Mail()) -> Passed:
        self.mail(mail)
        replies = [self.rcpt(address) for address in mail.recipients]
        if CONTINUE not in replies:
            self.session.abort()
            return Passed(self.queue_id, replies, None)
        self.content(mail)
        return Passed(self.queue_id, replies, self.session.end())

    def quit(self) -> None:
        self.session.quit()


class PostfixSubmission(Postfix):
    """sendmail(1) through cleanup(8), non_smtpd_milters: no brackets, no port, the queue id from the start."""

    host, port = "localhost", 0

    def before_mail(self) -> None:
        self.session.macros["i"] = self.queue_id

    def path(self, address: str) -> str:
        return address

    def mail_parameters(self) -> list[str]:
        return []


class Sendmail(Postfix):
    """The queue id from the start, no case folding, {msg_id} at the end."""

    macro_lists = SENDMAIL_MACROS

    def before_mail(self) -> None:
        self.session.macros.update({"i": self.queue_id, "{msg_id}": "<1@news.example.com>"})

    def reading_of(self, address: str) -> str:
        return address.removeprefix("<").removesuffix(">")


def opened(listen: str, dialect: type[Postfix] = Postfix, offer: Offer = TODAYS_OFFER) -> Postfix:
    """A session that is ready for MAIL."""
    mta = dialect(listen, offer)
    mta.begin()
    return mta
