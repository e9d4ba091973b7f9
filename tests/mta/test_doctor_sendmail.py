"""optoutctl doctor beside a real Sendmail (support/doctor_sendmail_bed.py): all is well; each thing broken that Sendmail has
its own words for, and exactly that finding; and what the finding advises, done, makes all well again."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator

import pytest
from support.doctor_bed import Report, mode
from support.doctor_sendmail_bed import BOX, SIGNER, SOCKET, SendmailDoctorBed
from support.mta import LOCAL_DOMAIN
from support.sendmail_config import INCLUDE, MailFilter

pytestmark = pytest.mark.sendmail

OPENDKIM = MailFilter("INPUT_MAIL_FILTER", "opendkim", SIGNER).line()
EQUATES = f"S=unix:{SOCKET}, F=T, T=C:10s;S:10s;R:30s;E:1m"
ALIAS = "unsubscribe: human@example.org\n"
DETAIL = "FEATURE(`preserve_local_plus_detail')"


@pytest.fixture(scope="module")
def bed() -> Iterator[SendmailDoctorBed]:
    bed = SendmailDoctorBed()
    try:
        yield bed
    finally:
        bed.close()


def replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"{old}\n{text}"
    return text.replace(old, new)


def ours(equates: str, name: str = "optout-milter", kind: str = "INPUT_MAIL_FILTER") -> str:
    return MailFilter(kind, name, equates).line()


def only(report: Report, name: str) -> dict[str, str]:
    assert report.names == [name], str(report)
    (finding,) = report.found
    assert finding["why"] and (finding["line"] or finding["run"]), str(report)
    return finding


# ---- all is well ----


def test_a_healthy_installation_has_no_finding(bed: SendmailDoctorBed) -> None:
    before = bed.canaries()
    report = bed.doctor()
    assert report.names == [] and report.missed == [] and report.exit_code == 0, str(report)
    assert bed.canaries() == before + 1
    assert bed.delivered().count("\nList-Unsubscribe: ") == before + 1


def test_it_says_so(bed: SendmailDoctorBed) -> None:
    done = bed.run(*bed.mta_options(), *bed.canary_options(), "--ca", str(bed.certificate))
    groups = ["settings", "keys", "store", "clock", "milter", "MTA", "public URL", "canary"]
    assert done.stdout == "".join(f"{name}: fine\n" for name in groups) + "All that was looked at is well.\n"
    assert (done.returncode, done.stderr) == (0, "")


def test_without_a_mailbox_no_canary_is_sent(bed: SendmailDoctorBed) -> None:
    """Sendmail delivers to files of users with a shell only: the programs' user has none."""
    before = bed.canaries()
    report = bed.doctor(canary=False)
    assert "--canary-mailbox" in only(report, "canary_not_sent")["run"] and report.exit_code == 0
    assert bed.canaries() == before


# ---- each thing broken, and mended as the doctor says ----


def written(finding: dict[str, str]) -> str:
    """The line that it advises, up to the dnl behind which m4 reads nothing."""
    assert finding["file"] == "/etc/mail/sendmail.mc" and "make -C /etc/mail" in finding["run"], finding
    return finding["line"].partition("dnl")[0] + "dnl\n"


Mend = Callable[[str, dict[str, str]], str]


def above_the_signer(mc: str, finding: dict[str, str]) -> str:
    assert finding["line"].endswith("dnl above the line of opendkim")
    return replaced(mc, OPENDKIM, written(finding) + OPENDKIM)


def below_all(mc: str, finding: dict[str, str]) -> str:
    assert finding["line"].endswith("dnl below every line INPUT_MAIL_FILTER")
    return mc + written(finding)


def in_its_place(mc: str, finding: dict[str, str]) -> str:
    """The equates, in whichever macro they stand."""
    line = re.fullmatch(r"in the line of (optout-milter|leave): (`[^']*')", finding["line"])
    assert line is not None and finding["file"] == "/etc/mail/sendmail.mc", finding
    mc, count = re.subn(rf"(?m)^((?:INPUT_)?MAIL_FILTER\(`{line.group(1)}', )`[^']*'", rf"\1{line.group(2)}", mc)
    assert count == 1
    return mc


def in_the_daemons_line(mc: str, finding: dict[str, str]) -> str:
    """The line leaves out what the doctor does not know; the filter's own stands above where there is none."""
    line = re.match(r"DAEMON_OPTIONS\(`Name=MTA, \.\.\., (InputMailFilters=[^']*)'\)dnl(?: below (MAIL_FILTER.*))?$",
                    finding["line"])
    assert line is not None and finding["file"] == "/etc/mail/sendmail.mc", finding
    mc, count = re.subn(r"(?m)^(DAEMON_OPTIONS\(`.*Name=MTA,.*), InputMailFilters=.*$", rf"\1, {line.group(1)}')dnl", mc)
    assert count == 1
    return replaced(mc, OPENDKIM, OPENDKIM + line.group(2) + "\n") if line.group(2) else mc


def daemon_asks(filters: str) -> Callable[[str], str]:
    return lambda mc: re.sub(r"(?m)^(DAEMON_OPTIONS\(`.*Name=MTA,.*)'\)dnl$", rf"\1, InputMailFilters={filters}')dnl", mc)


def instead(old: str, new: str) -> Callable[[str], str]:
    return lambda mc: replaced(mc, old, new)


Break = Callable[[str], str]
CHAINS: dict[str, tuple[str, Break, Mend]] = {
    "not_there": ("milter_not_listed_smtpd", instead(INCLUDE, ""), above_the_signer),
    "not_in_the_order_of_the_admins": (
        "milter_not_listed_smtpd", lambda mc: mc + "define(`confINPUT_MAIL_FILTERS', `opendkim')dnl\n", below_all),
    "not_in_the_daemons_own": ("milter_not_listed_smtpd", daemon_asks("opendkim"), in_the_daemons_line),
    "not_there_and_the_daemon_has_its_own": (
        "milter_not_listed_smtpd", lambda mc: daemon_asks("opendkim")(replaced(mc, INCLUDE, "")), in_the_daemons_line),
    "signer_first": ("milter_after_signer", instead(INCLUDE + OPENDKIM, OPENDKIM + INCLUDE), below_all),
    "signer_first_by_order": (
        "milter_after_signer", lambda mc: mc + "define(`confINPUT_MAIL_FILTERS', `opendkim, optout-milter')dnl\n", below_all),
    "signer_first_by_order_with_semicolon": (
        "milter_after_signer", lambda mc: mc + "define(`confINPUT_MAIL_FILTERS', `opendkim;optout-milter')dnl\n", below_all),
    "signer_first_in_the_daemons_own": ("milter_after_signer", daemon_asks("opendkim;optout-milter"), in_the_daemons_line),
    "no_flag": ("milter_default_action_accept", instead(INCLUDE, ours(EQUATES.replace("F=T, ", ""))), in_its_place),
    "empty_flag": ("milter_default_action_accept", instead(INCLUDE, ours(EQUATES.replace("F=T", "F="))), in_its_place),
    "no_flag_and_another_name": (
        "milter_default_action_accept", instead(INCLUDE, ours(f"S=local:{SOCKET}, T=R:30s", "leave")), in_its_place),
    "no_flag_and_listed_by_a_define": (
        "milter_default_action_accept",
        lambda mc: replaced(mc, INCLUDE, ours(f"S=unix:{SOCKET}", "leave", "MAIL_FILTER"))
        + "define(`confINPUT_MAIL_FILTERS', `leave;opendkim')dnl\n",
        in_its_place),
    "no_flag_and_the_daemon_has_its_own": (
        "milter_default_action_accept",
        lambda mc: daemon_asks("leave;opendkim")(replaced(mc, INCLUDE, ours(f"S=unix:{SOCKET}", "leave", "MAIL_FILTER"))),
        in_its_place),
}


@pytest.mark.parametrize("which", CHAINS)
def test_a_chain_is_mended_by_the_line_that_is_advised(bed: SendmailDoctorBed, which: str) -> None:
    name, break_it, mend = CHAINS[which]
    mc = bed.sendmail.text("sendmail.mc")
    broken = break_it(mc)
    assert broken != mc
    with bed.sendmail.but("sendmail.mc", broken):
        finding = only(bed.doctor(), name)
    with bed.sendmail.but("sendmail.mc", mend(broken, finding)):
        assert bed.doctor().names == [], finding


TWICE: dict[str, tuple[Break, Mend]] = {
    "by_a_define": (instead(INCLUDE, "define(`confINPUT_MAIL_FILTERS', `optout-milter')dnl\n" + INCLUDE), below_all),
    "in_the_daemons_own": (daemon_asks("optout-milter;opendkim;optout-milter"), in_the_daemons_line),
}


@pytest.mark.parametrize("which", TWICE)
def test_a_chain_that_has_the_milter_twice_is_mended(bed: SendmailDoctorBed, which: str) -> None:
    """All mail is deferred then, the canary too."""
    break_it, mend = TWICE[which]
    mc = bed.sendmail.text("sendmail.mc")
    broken = break_it(mc)
    with bed.sendmail.but("sendmail.mc", broken):
        report = bed.doctor()
    assert report.names == ["milter_after_signer", "canary_refused"], str(report)
    finding = report.found[0]
    assert "the milter stands more than once (optout-milter, " in finding["what"], finding
    with bed.sendmail.but("sendmail.mc", mend(broken, finding)):
        assert bed.doctor().names == [], finding


def test_an_order_with_semicolons_is_understood(bed: SendmailDoctorBed) -> None:
    mc = bed.sendmail.text("sendmail.mc")
    with bed.sendmail.but("sendmail.mc", mc + "define(`confINPUT_MAIL_FILTERS', `optout-milter;opendkim')dnl\n"):
        assert bed.doctor().names == []


def test_set_up_mends_a_chain_too(bed: SendmailDoctorBed) -> None:
    mc = bed.sendmail.text("sendmail.mc")
    with bed.sendmail.but("sendmail.mc", replaced(mc, INCLUDE, "")):
        only(bed.doctor(), "milter_not_listed_smtpd")
        bed.optoutctl("setup", "sendmail", "--apply")
        bed.sendmail.set("sendmail.mc", bed.sendmail.text("sendmail.mc"))
        assert bed.doctor().names == []


def test_f_r_is_no_finding(bed: SendmailDoctorBed) -> None:
    """Mail is lost while the milter is down, but none goes to people who opted out."""
    mc = bed.sendmail.text("sendmail.mc")
    with bed.sendmail.but("sendmail.mc", replaced(mc, INCLUDE, ours(EQUATES.replace("F=T", "F=R")))):
        assert bed.doctor().names == []


def test_with_a_directory_that_it_does_not_trust_sendmail_does_not_start(bed: SendmailDoctorBed) -> None:
    """A running one takes the milter for down."""
    with mode(bed.socket.parent, 0o775):
        done = bed.sendmail.run("timeout", "20", "/usr/sbin/sendmail", "-bD")
    assert done.returncode == 71 and b"milter.sock unsafe: Group writable directory" in done.stdout + done.stderr, done


@pytest.mark.parametrize("bits", [0o775, 0o777, 0o2775], ids=oct)
def test_a_directory_that_sendmail_does_not_trust(bed: SendmailDoctorBed, bits: int) -> None:
    with mode(bed.socket.parent, bits):
        report = bed.doctor()
        finding = only(report, "socket_not_writable_for_mta")
        assert "others than its owner may write to /run/optout-milter (drwxrwx" in finding["what"], finding
        assert "unsafe" in bed.sendmail.log()
        assert any(one["group"] == "canary" for one in report.missed), str(report)
        bed.beside("sh", "-ec", finding["run"])
        assert bed.doctor().names == []


@pytest.mark.parametrize(("bits", "words"), [(0o1777, None), (0o775, "GroupWritableDirPathSafe")],
                         ids=["sticky, as on Debian", "GroupWritableDirPathSafe"])
def test_a_directory_that_sendmail_is_told_to_trust(bed: SendmailDoctorBed, bits: int, words: str | None) -> None:
    mc = bed.sendmail.text("sendmail.mc")
    told = mc + f"define(`confDONT_BLAME_SENDMAIL', `{words}')dnl\n" if words else mc
    with bed.sendmail.but("sendmail.mc", told), mode(bed.socket.parent, bits):
        assert bed.doctor().names == []


def test_a_sticky_directory_that_sendmail_is_not_told_to_trust(bed: SendmailDoctorBed) -> None:
    mc = bed.sendmail.text("sendmail.mc")
    told = mc + "define(`confDONT_BLAME_SENDMAIL', `safe')dnl\n"
    with bed.sendmail.but("sendmail.mc", told), mode(bed.socket.parent, 0o1777):
        finding = only(bed.doctor(), "socket_not_writable_for_mta")
        assert finding["run"] == "chmod go-w /run/optout-milter"
        bed.beside("sh", "-ec", finding["run"])
        assert bed.doctor().names == []


def test_a_socket_that_the_user_of_sendmail_may_not_use(bed: SendmailDoctorBed) -> None:
    """Root may use any, so that only confRUN_AS_USER brings it about."""
    mc = bed.sendmail.text("sendmail.mc")
    with bed.sendmail.but("sendmail.mc", mc + "define(`confRUN_AS_USER', `smmta')dnl\n"), mode(bed.socket, 0o600):
        finding = only(bed.doctor(), "socket_not_writable_for_mta")
    assert "smmta (Daemon MTA) may not connect" in finding["what"]
    assert finding["line"] == "milter:\n  socket_mode: 0660\n  socket_group: smmta"


def test_an_unsubscribe_address_that_is_nobodys(bed: SendmailDoctorBed) -> None:
    aliases = bed.sendmail.text("aliases")
    broken = replaced(aliases, ALIAS, "")
    with bed.sendmail.but("aliases", broken):
        finding = only(bed.doctor(), "unsubscribe_address_refused")
    assert "User unknown" in finding["what"]
    assert (finding["file"], finding["run"]) == ("/etc/mail/aliases", "newaliases")
    with bed.sendmail.but("aliases", broken + finding["line"] + "\n"):
        assert bed.doctor().names == []


def test_an_address_that_is_not_found_with_a_tag(bed: SendmailDoctorBed) -> None:
    mc = bed.sendmail.text("sendmail.mc")
    broken = replaced(mc, "FEATURE(`nocanonify')dnl\n", f"FEATURE(`nocanonify')dnl\n{DETAIL}dnl\n")
    with bed.sendmail.but("sendmail.mc", broken):
        finding = only(bed.doctor(), "recipient_delimiter_missing")
    assert finding["line"] == f"dnl {DETAIL}"
    with bed.sendmail.but("sendmail.mc", replaced(broken, f"{DETAIL}dnl\n", f"{finding['line']}\n")):
        assert bed.doctor().names == []


def test_a_separator_that_sendmail_does_not_know(bed: SendmailDoctorBed) -> None:
    finding = only(bed.doctor(config=bed.config_with(mailto_separator="-")), "recipient_delimiter_missing")
    assert finding["line"] == 'mailto_separator: "+"' and finding["file"].endswith("/changed.yaml")


def test_what_virtusertable_finds_with_a_tag_is_no_finding(bed: SendmailDoctorBed) -> None:
    mc, table = bed.sendmail.text("sendmail.mc"), bed.sendmail.text("virtusertable")
    with contextlib.ExitStack() as stack:
        stack.enter_context(bed.sendmail.but("sendmail.mc", replaced(
            mc, "FEATURE(`nocanonify')dnl\n", f"FEATURE(`nocanonify')dnl\n{DETAIL}dnl\n")))
        stack.enter_context(bed.sendmail.but(
            "virtusertable", f"{table}unsubscribe@{LOCAL_DOMAIN} human@example.org\n"))
        assert bed.doctor(canary=False).names == ["canary_not_sent"]


def test_nothing_on_the_port(bed: SendmailDoctorBed) -> None:
    cf = bed.sendmail.text("sendmail.cf")
    port = bed.sendmail.port("smtp")
    bed.beside("sh", "-c", "cat > /etc/mail/other.cf", text=replaced(cf, f"Port={port},", "Port=9,"))
    finding = only(bed.doctor("--sendmail-cf", "/etc/mail/other.cf"), "mta_not_answering")
    assert "127.0.0.1:9" in finding["what"] and "sendmail" in finding["run"]


def test_no_cf(bed: SendmailDoctorBed) -> None:
    only(bed.doctor("--sendmail-cf", "/etc/mail/nowhere.cf"), "mta_config_unreadable")


def test_where_the_mc_is_not_beside_the_cf_it_is_said(bed: SendmailDoctorBed) -> None:
    cf = bed.sendmail.text("sendmail.cf")
    broken = re.sub(r"(?m)^Xoptout-milter, .*", f"Xoptout-milter, S=unix:{SOCKET}", cf)
    with bed.sendmail.but("sendmail.cf", broken):
        bed.beside("cp", "/etc/mail/sendmail.cf", "/etc/mail/freebsd.cf")
        finding = only(bed.doctor("--sendmail-cf", "/etc/mail/freebsd.cf"), "milter_default_action_accept")
    assert finding["file"] == "the .mc file of /etc/mail/freebsd.cf"
    assert finding["line"] == f"in the line of optout-milter: `S=unix:{SOCKET}, F=T'"


def test_no_signer(bed: SendmailDoctorBed) -> None:
    mc = bed.sendmail.text("sendmail.mc")
    with bed.sendmail.but("sendmail.mc", replaced(mc, OPENDKIM, "")):
        only(bed.doctor(), "canary_not_signed")


def test_a_canary_that_goes_elsewhere(bed: SendmailDoctorBed) -> None:
    report = bed.doctor("--canary-to", f"canary@{LOCAL_DOMAIN}", "--canary-mailbox", f"{BOX}.other", "--canary-wait", "1",
                        canary=False)
    only(report, "canary_not_delivered")


def test_all_is_well_again(bed: SendmailDoctorBed) -> None:
    report = bed.doctor()
    assert report.names == [], str(report)


def test_the_programs_had_nothing_to_complain_of(bed: SendmailDoctorBed) -> None:
    assert bed.milter.undeclared([re.compile("NOQUEUE|refuse|opted_out")]) == []
