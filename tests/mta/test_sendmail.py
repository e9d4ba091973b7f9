"""What only Sendmail does, as docs/sendmail.md says it: filters that are down, ways of submission, what its log shows.
The .cf is Debian's with packaging/sendmail/optout-milter.m4 in it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cases import STANDARD_MAIL
from support.milter_daemon import MilterDaemon
from support.mta import LOCAL_DOMAIN, VIRTUAL_DOMAIN
from support.opendkim import OpenDkim
from support.sendmail import Sendmail
from support.settings import base_settings
from support.smtp_client import Reply, SmtpClient
from support.tokens import make_token
from support.world import World

MTAS = ("sendmail",)
NEWS = "\r\n".join(STANDARD_MAIL).encode() + b"\r\n"
SENDER, OUT, IN = "news@news.example.com", "out@example.com", "in@example.com"
MILTER_USER = 64991  # any but root


@pytest.fixture()
def milter(world: World) -> Iterator[MilterDaemon]:
    """Made, not started; OUT has opted out."""
    world.sink.clear()
    directory = world.case_directory()
    daemon = MilterDaemon(directory, base_settings(directory, world.milter_socket))
    daemon.admin.must("add", OUT, "--list", "newsletter")
    try:
        yield daemon
    finally:
        daemon.kill()
        world.mta.delete_queued()


def sendmail_of(world: World) -> Sendmail:
    assert isinstance(world.mta, Sendmail)
    return world.mta


def mail_and_rcpt(client: SmtpClient, recipient: str) -> Reply:
    client.say("RSET")
    reply = client.say(f"MAIL FROM:<{SENDER}>")
    return client.say(f"RCPT TO:<{recipient}>") if reply.code == "250" else reply


def finish(client: SmtpClient) -> Reply:
    assert client.say("DATA").code == "354"
    return client.message(NEWS)


def recipients(world: World) -> list[list[str]]:
    world.mta.wait_until_empty()
    return [message.rcpts for message in world.sink.messages()]


def test_the_pair_stands_above_what_sendmail_adds(world: World, milter: MilterDaemon) -> None:
    milter.start()
    client = world.client("main")
    assert mail_and_rcpt(client, IN).code == "250" and client.say("DATA").code == "354"
    assert client.message(b"From: a@example.org\r\nSubject: x\r\n\r\nx\r\n").code == "250"
    client.quit()
    (message,) = world.sink.messages()
    names = re.findall(r"^([A-Za-z-]+):", "\n".join(message.lines()[:message.lines().index("")]), re.MULTILINE)
    assert names == ["Received", "List-Unsubscribe", "List-Unsubscribe-Post", "Date", "Message-Id", "From", "Subject"]


def test_while_the_milter_is_down_f_decides(world: World, milter: MilterDaemon) -> None:
    """T: comes again. R: refused for good. Without F= everybody gets it, unchecked."""
    assert str(mail_and_rcpt(world.client("main"), OUT)).startswith("451 4.3.2")
    assert SmtpClient(world.mta.port("reject")).banner.code == "554"
    client = world.client("open")
    assert mail_and_rcpt(client, OUT).code == "250" and finish(client).code == "250"
    assert recipients(world) == [[f"<{OUT}>"]]
    assert world.sink.messages()[0].fields("List-Unsubscribe") == []


@pytest.mark.parametrize(("listener", "code"), [("main", "451"), ("reject", "550"), ("open", "250")])
def test_a_failure_holds_for_the_rest_of_the_session(world: World, milter: MilterDaemon, listener: str, code: str) -> None:
    milter.start()
    client = world.client(listener)
    assert mail_and_rcpt(client, OUT).code == "550"
    milter.kill()
    assert client.say(f"RCPT TO:<{OUT}>").code == code
    milter.start()
    assert mail_and_rcpt(client, OUT).code == code
    assert mail_and_rcpt(world.client(listener), OUT).code == "550"


@pytest.mark.parametrize(("mode", "code"), [
    (0o755, "550"), (0o750, "550"), (0o2750, "550"), (0o775, "451"), (0o777, "451"),
], ids=["755", "750", "2750", "775", "777"])
def test_which_socket_directories_sendmail_trusts(world: World, milter: MilterDaemon, mode: int, code: str) -> None:
    """Owned by the milter's user, not root. A group that may write is too much."""
    directory = world.milter_socket.parent
    milter.start()
    begin = len(world.mta.log())
    os.chown(directory, MILTER_USER, MILTER_USER)
    directory.chmod(mode)
    try:
        assert mail_and_rcpt(world.client("main"), OUT).code == code
    finally:
        os.chown(directory, 0, 0)
        directory.chmod(0o755)
    assert ("local socket name /run/optout-milter/milter.sock unsafe" in world.mta.log()[begin:]) == (code == "451")


def test_the_log_shows_the_refusal_and_no_token(world: World, milter: MilterDaemon) -> None:
    milter.start()
    client = world.client("main")
    assert mail_and_rcpt(client, OUT).code == "550"
    assert mail_and_rcpt(client, IN).code == "250" and finish(client).code == "250"
    token = make_token(Path(milter.settings["keys"]), IN, "newsletter")
    assert token in "".join(world.sink.messages()[0].fields("List-Unsubscribe"))
    log = world.mta.log()
    assert f"Milter: to=<{OUT}>, reject=550 5.7.1 The recipient has opted out of \"Newsletter\"" in log
    assert token not in log


def submit(world: World, *arguments: str, text: bytes) -> subprocess.CompletedProcess[bytes]:
    return sendmail_of(world).run("/usr/sbin/sendmail", *arguments, text=text)


def test_a_program_that_submits_learns_of_the_refusal(world: World, milter: MilterDaemon) -> None:
    milter.start()
    text = f"From: {SENDER}\nTo: {OUT}\nSubject: x\n\n".encode()
    assert submit(world, "-t", "-i", "-f", SENDER, text=text).returncode == 67
    assert recipients(world) == [[f"<{SENDER}>"]]
    assert world.sink.messages()[0].mail == "<>"
    assert submit(world, "-t", "-i", "-f", SENDER, text=text.replace(OUT.encode(), IN.encode())).returncode == 0


def test_with_am_no_filter_is_asked(world: World, milter: MilterDaemon) -> None:
    """Not even while it is down: -Am hands the mail to the queue itself."""
    text = f"From: {SENDER}\nTo: {OUT}\nSubject: x\n\n".encode()
    assert submit(world, "-Am", "-t", "-i", "-f", SENDER, text=text).returncode == 0
    assert recipients(world) == [[f"<{OUT}>"]]


def test_bs_takes_out_instead_of_refusing(world: World, milter: MilterDaemon, opendkim: OpenDkim) -> None:
    """SMTP on standard input (-bs -Am): the milter takes it for local submission."""
    milter.start()
    command = ["/usr/sbin/sendmail", "-bs", "-Am"]
    with sendmail_of(world).popen(*command) as process:
        assert process.stdin is not None and process.stdout is not None

        def say(line: bytes) -> str:
            process.stdin.write(line + b"\r\n")
            process.stdin.flush()
            return answer()

        def answer() -> str:
            while line := process.stdout.readline().decode():
                if re.match(r"\d{3} ", line):
                    return line
            return ""

        assert answer().startswith("220")
        assert say(b"EHLO client.example.test").startswith("250")
        assert say(f"MAIL FROM:<{SENDER}>".encode()).startswith("250")
        assert say(f"RCPT TO:<{OUT}>".encode()).startswith("250")
        assert say(f"RCPT TO:<{IN}>".encode()).startswith("250")
        assert say(b"DATA").startswith("354")
        assert say(NEWS + b".").startswith("250")
        assert say(b"QUIT").startswith("221")
    assert recipients(world) == [[f"<{IN}>"]]
    assert "strip_cause=local_submission" in milter.log_text()


@pytest.mark.parametrize(("feature", "found"), [("", True), ("FEATURE(`preserve_local_plus_detail')dnl\n", False)],
                         ids=["Debian's", "preserve_local_plus_detail"])
def test_whether_an_alias_is_found_with_a_tag(world: World, feature: str, found: bool) -> None:
    """virtusertable finds it either way."""
    sendmail = sendmail_of(world)
    mail = (sendmail.directory / "mail/sendmail.mc").read_text()
    text = mail.replace("FEATURE(`nocanonify')dnl\n", "FEATURE(`nocanonify')dnl\n" + feature)
    assert (text != mail) == (feature != "")
    sendmail.run("sh", "-c", "cd /etc/mail && cat > other.mc && m4 other.mc > other.cf", text=text.encode())
    for address, expected in [(f"unsubscribe+x@{LOCAL_DOMAIN}", found), (f"leave+x@{VIRTUAL_DOMAIN}", True)]:
        shown = sendmail.run("/usr/sbin/sendmail", "-C", "/etc/mail/other.cf", "-bv", address).stdout.decode()
        assert ("deliverable: mailer sink" in shown) == expected, shown
        assert ("User unknown" in shown) == (not expected), shown
