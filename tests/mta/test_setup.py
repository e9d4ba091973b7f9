"""optoutctl setup on a real Postfix and a real sendmail.mc: what it changes works, and is gone again after --undo."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cases import STANDARD_MAIL
from support.daemon import Admin
from support.milter_daemon import MilterDaemon
from support.postfix import Postfix
from support.sendmail_packages import sendmail_root
from support.settings import base_settings, change
from support.sink import Sink
from support.smtp_client import SmtpClient
from support.waiting import free_ports, program

NEWS = "\r\n".join(STANDARD_MAIL).encode() + b"\r\n"
ADDED = "milter_default_action = accept\nvirtual_alias_domains = lists.example.com\n" \
    "virtual_alias_maps = inline:{ unsubscribe@lists.example.com=people@example.test }\n"


class BarePostfix(Postfix):
    """As an admin has it before: no filter anywhere, what is not answered is accepted. Three services: one that takes the
    settings of main.cf, one with a filter of its own, one that is without filters on purpose."""

    def __init__(self, directory: Path, sink_port: int, chroot: str) -> None:
        self.plain, self.own, self.none, other = free_ports(4)
        self.chroot = chroot
        self.other = f"inet:127.0.0.1:{other}"
        super().__init__(directory, sink_port, {}, "")

    def _write_config(self, sink_port: int, non_smtpd_milters: str) -> None:
        super()._write_config(sink_port, non_smtpd_milters)
        replaced = ("milter_default_action", "non_smtpd_milters", "inet_protocols", "recipient_delimiter",
                    "virtual_alias_domains", "virtual_alias_maps")
        text = re.sub(rf"^({'|'.join(replaced)}) .*\n", "", self.main_cf, flags=re.MULTILINE)
        (self.etc / "main.cf").write_text(text + ADDED)
        smtpd = f"inet n - {self.chroot} - - smtpd\n"
        services = (f"127.0.0.1:{self.plain} {smtpd}"
                    f"127.0.0.1:{self.own} {smtpd}   # a filter that nobody misses\n"
                    f"  -o {{ smtpd_milters = {{ {self.other}, default_action=accept }} }}\n"
                    f"127.0.0.1:{self.none} {smtpd}  -o smtpd_milters=\n")
        (self.etc / "master.cf").write_text(services + self.master_cf)
        self.age()

    @property
    def etc(self) -> Path:
        return self.directory / "etc"

    @property
    def main_cf(self) -> str:
        return (self.etc / "main.cf").read_text()

    @property
    def master_cf(self) -> str:
        return (self.etc / "master.cf").read_text()

    def age(self) -> None:
        """Postfix sleeps until what it reads is older than 2 s."""
        for name in ("main.cf", "master.cf"):
            subprocess.run(["touch", "-d", "10 seconds ago", str(self.etc / name)], check=True)

    def restart(self) -> None:
        """Not a reload: after that an old process may answer once more."""
        self.stop()
        self.age()
        self._start()

    def value(self, name: str) -> str:
        done = subprocess.run([program("postconf", "postfix"), "-c", str(self.etc), "-h", name], check=True, text=True,
                              capture_output=True, timeout=60)
        return done.stdout.strip()

    def edit(self, setting: str) -> None:
        subprocess.run([program("postconf", "postfix"), "-c", str(self.etc), "-e", setting], check=True, timeout=60)


class Bed:
    def __init__(self, directory: Path, chroot: str) -> None:
        self.directory = directory
        (port,) = free_ports(1)
        self.sink = Sink(port)
        self.postfix = BarePostfix(directory / "postfix", port, chroot)
        self.milter: MilterDaemon | None = None

    def start_milter(self, listen: str) -> None:
        home = self.directory / "milter"
        home.mkdir()
        self.milter = MilterDaemon(home, change(base_settings(home, Path("unused")), "milter.listen", listen))
        self.milter.start()
        self.milter.admin.must("add", "ann@example.com")

    def admin(self) -> Admin:
        assert self.milter is not None
        return self.milter.admin

    def setup(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.admin().run("setup", "postfix", "--postfix-config", str(self.postfix.etc), *arguments)

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.postfix.etc.iterdir()}

    def code(self, port: int, recipient: str) -> str:
        """What ends a mail of the list to one recipient."""
        client = SmtpClient(port)
        client.say("EHLO client.example.test")
        assert client.say("MAIL FROM:<news@news.example.com>").code == "250"
        reply = client.say(f"RCPT TO:<{recipient}>")
        if reply.code == "250":
            assert client.say("DATA").code == "354"
            reply = client.message(NEWS)
        client.quit()
        return reply.code

    def close(self) -> None:
        if self.milter is not None:
            self.milter.kill()
        self.postfix.stop()
        self.sink.close()


@pytest.fixture()
def directory() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="optout-setup-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture()
def bed(directory: Path, request: pytest.FixtureRequest) -> Iterator[Bed]:
    bed = Bed(directory, getattr(request, "param", "n"))
    try:
        yield bed
    finally:
        bed.close()


def listens(bed: Bed) -> dict[str, tuple[str, str]]:
    """As optout.yaml has it, and as main.cf is to."""
    (port,) = free_ports(1)
    return {
        "unix": (f"unix:{bed.directory}/m.sock", f"unix:{bed.directory}/m.sock"),
        "signer's name": (f"unix:{bed.directory}/dkim.sock", f"unix:{bed.directory}/dkim.sock"),
        "inet": (f"inet:{port}@127.0.0.1", f"inet:127.0.0.1:{port}"),
        "inet6": (f"inet6:{port}@::1", f"inet:[::1]:{port}"),
    }


@pytest.mark.parametrize("kind", ["unix", "signer's name", "inet", "inet6"])
def test_apply_makes_postfix_ask_and_undo_ends_it(bed: Bed, kind: str) -> None:
    listen, item = listens(bed)[kind]
    bed.start_milter(listen)
    before = bed.files()
    assert bed.code(bed.postfix.plain, "ann@example.com") == "250"

    shown = bed.setup()
    ours = f"{{ {item}, default_action=tempfail }}"  # main.cf has accept, for the others
    assert shown.returncode == 0 and f"+ smtpd_milters = {ours}\n" in shown.stdout
    assert bed.files() == before

    done = bed.setup("--apply")
    assert done.returncode == 0 and f"Now run: postfix -c {bed.postfix.etc} reload\n" in done.stdout
    assert done.stderr == ""
    postfix = bed.postfix
    assert (postfix.value("smtpd_milters"), postfix.value("non_smtpd_milters")) == (ours, ours)
    assert (postfix.value("milter_default_action"), postfix.value("recipient_delimiter")) == ("accept", "+")
    copies = {name.partition(".optout-")[0]: data for name, data in bed.files().items() if ".optout-" in name}
    assert copies == {name: before[name] for name in ("main.cf", "master.cf")}
    for copy in postfix.etc.glob("*.optout-*"):
        assert copy.stat().st_mode == (postfix.etc / "main.cf").stat().st_mode

    postfix.restart()
    for port in (postfix.plain, postfix.own):
        assert [bed.code(port, to) for to in ("ann@example.com", "bob@example.com")] == ["550", "250"]
    assert bed.code(postfix.none, "ann@example.com") == "250"  # left without filters
    assert f"note: 127.0.0.1:{postfix.none} inet: has \"-o smtpd_milters=\" (no filters) in master.cf; left alone" \
        in done.stdout
    # What people send back reaches the milter: the address with a token is known.
    token = bed.admin().must("token", "make", "bob@example.com", "--list", "newsletter", "--json")
    (address,) = re.findall(r"unsubscribe\+[a-z0-9]+@lists\.example\.com", token)[:1]
    assert bed.code(postfix.plain, address) == "250"
    assert bed.code(postfix.plain, "bob@example.com") == "550"

    applied = bed.files()
    again = bed.setup("--apply")
    assert again.returncode == 0
    first, *notes = again.stdout.splitlines()
    assert first == "Nothing is to be done by this command: Postfix asks the milter, but not for all mail; see the notes."
    assert [note for note in notes if "(no filters)" in note] and all(note.startswith("note: ") for note in notes)
    assert bed.files() == applied

    undone = bed.setup("--undo")
    assert undone.returncode == 0
    assert {name: data for name, data in bed.files().items() if ".optout-" not in name} == before
    postfix.restart()
    assert bed.code(postfix.plain, "ann@example.com") == "250"
    nothing = bed.setup("--undo")
    assert (nothing.returncode, nothing.stdout) == (0, "Nothing is to be undone.\n")


def test_tables_that_take_the_milter_out_are_told_of(bed: Bed) -> None:
    bed.start_milter(f"unix:{bed.directory}/m.sock")
    assert bed.setup("--apply").returncode == 0
    master = bed.postfix.etc / "master.cf"
    master.write_text(bed.postfix.master_cf.replace("  -o smtpd_milters=\n", ""))
    bed.postfix.restart()
    assert bed.code(bed.postfix.plain, "ann@example.com") == "550"
    assert bed.setup().stdout.startswith("Nothing is to be done: Postfix asks the milter already.\n")
    bed.postfix.edit("smtpd_milter_maps=inline:{127.0.0.1=DISABLE}")
    bed.postfix.restart()
    assert bed.code(bed.postfix.plain, "ann@example.com") == "250"
    said = bed.setup()
    assert said.returncode == 0
    assert said.stdout.startswith("Nothing is to be done by this command: Postfix asks the milter, but not for all mail")
    assert f"note: smtpd_milter_maps in {bed.postfix.etc}/main.cf (inline:{{127.0.0.1=DISABLE}}) takes the place of " \
        "smtpd_milters for the clients that it names; left alone." in said.stdout


def test_of_the_admins_options_only_accept_is_changed(bed: Bed) -> None:
    bed.start_milter(f"unix:{bed.directory}/m.sock")
    ours = f"unix:{bed.directory}/m.sock, command_timeout=60s, default_action"
    bed.postfix.edit(f"smtpd_milters={{ {ours}=accept, connect_timeout=9s }}, {{ {bed.postfix.other}, x=y }}")
    bed.postfix.edit(f"non_smtpd_milters={{ {ours}=accept }}")
    before = bed.files()
    done = bed.setup("--apply")
    assert done.returncode == 0 and "default_action=tempfail in place of accept, " in done.stdout
    assert bed.postfix.value("smtpd_milters") == \
        f"{{ {ours}=tempfail, connect_timeout=9s }}, {{ {bed.postfix.other}, x=y }}"
    assert bed.postfix.value("non_smtpd_milters") == f"{{ {ours}=tempfail }}"
    assert bed.setup("--undo").returncode == 0
    assert {name: data for name, data in bed.files().items() if ".optout-" not in name} == before


def test_what_the_admin_changed_meanwhile_stays(bed: Bed) -> None:
    bed.start_milter(f"unix:{bed.directory}/m.sock")
    ours = f"unix:{bed.directory}/m.sock"
    assert bed.setup("--apply").returncode == 0
    bed.postfix.edit(f"smtpd_milters={ours}, {bed.postfix.other}")
    bed.postfix.edit("recipient_delimiter=-")
    bed.postfix.edit("message_size_limit=1000000")
    master = bed.postfix.etc / "master.cf"
    master.write_text(bed.postfix.master_cf.replace(
        f"{ours}, default_action=tempfail }} }}", f"{ours}, default_action=tempfail }}, inet:127.0.0.1:9 }}"))
    assert "inet:127.0.0.1:9" in bed.postfix.master_cf

    undone = bed.setup("--undo")
    assert undone.returncode == 0
    assert f"left alone, since it was changed meanwhile: recipient_delimiter in {bed.postfix.etc}/main.cf\n" \
        in undone.stdout
    assert bed.postfix.value("smtpd_milters") == bed.postfix.other
    assert bed.postfix.value("non_smtpd_milters") == ""
    assert bed.postfix.value("milter_default_action") == "accept"
    assert bed.postfix.value("recipient_delimiter") == "-"
    assert bed.postfix.value("message_size_limit") == "1000000"
    assert f"smtpd_milters = {{ {bed.postfix.other}, default_action=accept }}, inet:127.0.0.1:9 }}" \
        in bed.postfix.master_cf
    assert ours not in bed.postfix.main_cf + bed.postfix.master_cf


def test_a_moved_socket_takes_the_place_of_the_old_one(bed: Bed) -> None:
    bed.start_milter(f"unix:{bed.directory}/m.sock")
    assert bed.milter is not None
    before = bed.files()
    assert bed.setup("--apply").returncode == 0
    moved = f"unix:{bed.directory}/moved.sock"
    bed.milter.write_config(change(bed.milter.settings, "milter.listen", moved))
    assert bed.setup("--apply").returncode == 0
    assert {bed.postfix.value(name) for name in ("smtpd_milters", "non_smtpd_milters")} == \
        {f"{{ {moved}, default_action=tempfail }}"}
    assert bed.setup("--undo").returncode == 0
    assert {name: data for name, data in bed.files().items() if ".optout-" not in name} == before


@pytest.mark.parametrize("own", [
    "-o smtpd_milters={ OTHER, default_action=accept }",
    "-o smtpd_milters={ OTHER,\n# } not the end\n    default_action=accept }",
    "-o smtpd_milters={ OTHER, { default_action = accept } } -o milter_default_action=accept",
    "-o { smtpd_milters={ OTHER, default_action=accept } }",
])
def test_a_list_with_blanks_in_braces_is_still_one_that_smtpd_takes(bed: Bed, own: str) -> None:
    bed.start_milter(f"unix:{bed.directory}/m.sock")
    (port,) = free_ports(1)
    service = f"127.0.0.1:{port} inet n - n - - smtpd {own.replace('OTHER', bed.postfix.other)} -v\n"
    (bed.postfix.etc / "master.cf").write_text(service + bed.postfix.master_cf)
    before = bed.files()
    bed.postfix.restart()
    assert bed.code(port, "ann@example.com") == "250"
    done = bed.setup("--apply")
    by_hand = "#" in own  # a place in a comment would be none
    assert done.returncode == 0
    assert ("By hand, set it to" in done.stdout) == by_hand
    bed.postfix.restart()
    assert bed.code(port, "ann@example.com") == ("250" if by_hand else "550")
    assert bed.code(port, "bob@example.com") == "250"
    log = "\n".join(line for path in (bed.postfix.directory / "log").iterdir() for line in path.read_text().splitlines())
    assert f"connect to Milter service {bed.postfix.other}: Connection refused" in log and "fatal:" not in log
    assert bed.setup("--undo").returncode == 0
    assert {name: data for name, data in bed.files().items() if ".optout-" not in name} == before


def test_a_list_that_smtpd_does_not_take_is_told_of_and_left(bed: Bed) -> None:
    bed.start_milter(f"unix:{bed.directory}/m.sock")
    service = "127.0.0.1:9 inet n - n - - smtpd -o smtpd_milters={ unix:/a, unix:/b }\n"
    (bed.postfix.etc / "master.cf").write_text(service + bed.postfix.master_cf)
    done = bed.setup("--apply")
    assert done.returncode == 0 and bed.postfix.master_cf.startswith(service)
    assert "note: 127.0.0.1:9/inet -o smtpd_milters: Postfix takes { unix:/a, unix:/b } as one filter" in done.stdout


def test_on_every_address_another_hosts_signer_is_not_the_milter(bed: Bed) -> None:
    (port,) = free_ports(1)
    bed.start_milter(f"inet:{port}@0.0.0.0")
    bed.postfix.edit(f"smtpd_milters=inet:dkim.example.net:{port}")
    bed.postfix.edit(f"non_smtpd_milters={{ inet:{socket.gethostname()}:{port}, default_action=tempfail }}")
    shown = bed.setup()
    assert shown.returncode == 0
    assert f"+ smtpd_milters = {{ inet:127.0.0.1:{port}, default_action=tempfail }}, inet:dkim.example.net:{port}\n" \
        in shown.stdout
    assert "+ non_smtpd_milters" not in shown.stdout


@pytest.mark.parametrize("bed", ["y"], indirect=True)
def test_a_chroot_is_told_of_and_can_be_reached_into(bed: Bed) -> None:
    spool = bed.postfix.directory / "spool"
    inside = spool / "optout-milter"
    inside.mkdir()
    bed.start_milter(f"unix:{inside}/milter.sock")
    assert bed.milter is not None
    right = bed.milter.settings
    before = bed.files()

    bed.milter.write_config(change(right, "milter.listen", f"unix:{bed.directory}/m.sock"))
    for arguments in ([], ["--apply"]):
        refused = bed.setup(*arguments)
        assert refused.returncode == 2 and refused.stdout == ""
        assert f'In optout.yaml set "milter.listen: unix:{inside}/milter.sock"' in refused.stderr
        assert bed.files() == before

    bed.milter.write_config(right)
    assert bed.setup("--apply").returncode == 0
    assert bed.postfix.value("smtpd_milters") == "{ unix:optout-milter/milter.sock, default_action=tempfail }"
    bed.postfix.restart()
    assert bed.code(bed.postfix.plain, "ann@example.com") == "550"
    assert bed.setup("--undo").returncode == 0
    assert {name: data for name, data in bed.files().items() if ".optout-" not in name} == before


def test_where_the_second_file_cannot_be_written_the_first_is_put_back(bed: Bed) -> None:
    bed.start_milter(f"unix:{bed.directory}/m.sock")
    before = bed.files()
    subprocess.run(["chattr", "+i", str(bed.postfix.etc / "master.cf")], check=True)
    try:
        failed = bed.setup("--apply")
    finally:
        subprocess.run(["chattr", "-i", str(bed.postfix.etc / "master.cf")], check=True)
    assert failed.returncode == 2 and "master.cf: Operation not permitted" in failed.stderr
    assert failed.stderr.endswith("; everything is as it was\n") and "cannot put back" not in failed.stderr
    assert {name: data for name, data in bed.files().items() if ".optout-" not in name} == before


def test_where_postfix_check_fails_it_is_said_what_is_changed_and_how_to_undo_it(bed: Bed) -> None:
    bed.start_milter(f"unix:{bed.directory}/m.sock")
    right = bed.postfix.value("daemon_directory")
    bed.postfix.edit("daemon_directory=/nonexistent")
    before = bed.files()
    try:
        done = bed.setup("--apply")
        undone = bed.setup("--undo")
    finally:
        bed.postfix.edit(f"daemon_directory={right}")
    assert done.returncode == 2 and f"changed {bed.postfix.etc}/main.cf; as it was: " in done.stdout
    assert '"postfix check" failed, see the mail log' in done.stderr
    assert f"optoutctl setup postfix --postfix-config {bed.postfix.etc} --undo" in done.stderr
    assert undone.returncode == 2
    assert bed.files()["master.cf"] == before["master.cf"] and "optout-milter.setup" not in bed.files()


def test_links_stay_links_and_bytes_stay_bytes(bed: Bed) -> None:
    bed.start_milter(f"unix:{bed.directory}/m.sock")
    etc = bed.postfix.etc
    (etc / "master.cf").rename(bed.directory / "real-master.cf")
    (etc / "master.cf").symlink_to(bed.directory / "real-master.cf")
    (etc / "master.cf.new").write_text("somebody's")
    main = (etc / "main.cf").read_bytes()
    (etc / "main.cf").write_bytes(main + b"smtpd_milters =\n# caf\xe9\n  " + bed.postfix.other.encode() + b"\n")
    before = bed.files()
    assert bed.setup("--apply").returncode == 0
    assert (etc / "master.cf").is_symlink() and (etc / "master.cf.new").read_text() == "somebody's"
    assert bed.files()["master.cf"] != before["master.cf"]
    assert bed.setup("--undo").returncode == 0
    assert (etc / "master.cf").is_symlink()
    assert {name: data for name, data in bed.files().items() if ".optout-" not in name} == before


FILTERS = "INPUT_MAIL_FILTER(`clamav', `S=local:/run/clamav/clamav-milter.ctl')dnl\n" \
    "INPUT_MAIL_FILTER(`opendkim', `S=inet:8891@127.0.0.1')dnl\n"


def sendmail_cf(mc: Path) -> str:
    """What m4 makes of it: with the packages' files, of which some name each other by the path they have when installed."""
    installed = "/usr/share/sendmail/cf/"
    here = mc.parent / "cf"
    if not here.exists():
        shutil.copytree(sendmail_root() / installed.strip("/"), here)
        for file in here.rglob("debian*.m4"):
            file.write_text(file.read_text().replace(installed, f"{here}/"))
    text = mc.read_text().replace(installed, f"{here}/")
    text = re.sub(r"include\(`/etc/mail/m4/.*\n", "", text)
    done = subprocess.run(["m4", f"-D_CF_DIR_={here}/"], input=text, text=True, capture_output=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_sendmail_asks_the_milter_before_the_signer(directory: Path) -> None:
    mc = directory / "sendmail.mc"
    stock = (sendmail_root() / "usr/share/sendmail/cf/debian/sendmail.mc").read_text()
    mc.write_text(stock.replace("MAILER_DEFINITIONS\n", FILTERS + "MAILER_DEFINITIONS\n"))
    before = mc.read_bytes()
    cf_before = sendmail_cf(mc)
    milter = MilterDaemon(directory, base_settings(directory, Path("/run/optout-milter/milter.sock")))

    def setup(*arguments: str) -> subprocess.CompletedProcess[str]:
        return milter.admin.run("setup", "sendmail", "--sendmail-mc", str(mc), *arguments)

    shown = setup()
    assert shown.returncode == 0 and "+ INPUT_MAIL_FILTER(`optout-milter', " in shown.stdout
    assert mc.read_bytes() == before
    done = setup("--apply")
    assert done.returncode == 0 and f"Now run: make -C {directory}, and restart Sendmail\n" in done.stdout
    (copy,) = directory.glob("sendmail.mc.optout-*")
    assert copy.read_bytes() == before
    cf = sendmail_cf(mc)
    assert re.findall(r"^O InputMailFilters=(.*)", cf, re.MULTILINE) == ["clamav, optout-milter, opendkim"]
    assert re.findall(r"^Xoptout-milter, (.*)", cf, re.MULTILINE) == \
        ["S=unix:/run/optout-milter/milter.sock, F=T, T=C:10s;S:10s;R:30s;E:1m"]
    assert re.findall(r"^O Milter.LogLevel=(.*)", cf, re.MULTILINE) == ["8"]
    # The lines for who includes them by hand say the same.
    packaged = (Path(__file__).parents[2] / "packaging/sendmail/optout-milter.m4").read_text()
    lines = [line for line in packaged.splitlines() if not line.startswith("dnl")]
    assert len(lines) == 2
    assert lines == \
        [line for line in mc.read_text().splitlines() if line in lines or "`optout-milter'" in line
         or line.startswith("define(`confMILTER_LOG_LEVEL'")]

    applied = mc.read_bytes()
    again = setup("--apply")
    assert again.returncode == 0
    assert again.stdout.startswith(f"Nothing is to be done: {mc} names the milter already.\nnote: ")
    assert mc.read_bytes() == applied

    # It is sendmail.cf that counts.
    (directory / "sendmail.cf").write_text(cf_before)
    behind = f"But {directory}/sendmail.cf does not yet: run make -C {directory}, and restart Sendmail\n"
    assert behind in setup("--apply").stdout
    (directory / "sendmail.cf").write_text(cf)
    assert "does not yet" not in setup("--apply").stdout

    # What the admin changes meanwhile stays.
    changed = before.replace(b"dnl DAEMON_OPTIONS(`Family=inet6, Name=MTA-v6", b"DAEMON_OPTIONS(`Family=inet6, Name=MTA-v6")
    mc.write_bytes(applied.replace(b"dnl DAEMON_OPTIONS(`Family=inet6, Name=MTA-v6", b"DAEMON_OPTIONS(`Family=inet6, Name=MTA-v6"))
    assert setup("--undo").returncode == 0
    assert mc.read_bytes() == changed != before
    assert setup("--undo").stdout == "Nothing is to be undone.\n"


@pytest.mark.parametrize(("lines", "fault"), [
    ("INPUT_MAIL_FILTER(`optout-milter', `S=unix:/run/optout-milter/milter.sock')dnl\n", "without F=T"),
    ("INPUT_MAIL_FILTER(`optout-milter', `S=unix:/run/x, F=T')dnl\n", "names the socket unix:/run/x"),
    (FILTERS + "INPUT_MAIL_FILTER(`optout-milter', `S=unix:/run/optout-milter/milter.sock, F=T')dnl\n",
     "comes after the signer opendkim"),
    ("INPUT_MAIL_FILTER(`optout-milter', `S=unix:/run/optout-milter/milter.sock, F=T')dnl\n" + FILTERS, ""),
    ("include(`DIRECTORY/filters.m4')dnl\nINPUT_MAIL_FILTER(`optout-milter', `S=unix:/run/optout-milter/milter.sock, F=T')dnl\n",
     "comes after the signer opendkim"),
    (FILTERS + "MAIL_FILTER(`optout-milter', `S=unix:/run/optout-milter/milter.sock, F=T')dnl\n", "does not ask optout-milter"),
    (FILTERS + "MAIL_FILTER(`optout-milter', `S=unix:/run/optout-milter/milter.sock, F=T')dnl\n"
     "DAEMON_OPTIONS(`Name=own, Port=2525, InputMailFilters=optout-milter;opendkim')dnl\n", ""),
    ("define(`confINPUT_MAIL_FILTERS', `optout-milter')dnl\n"
     "INPUT_MAIL_FILTER(`optout-milter', `S=unix:/run/optout-milter/milter.sock, F=T')dnl\n", "more than once"),
])
def test_a_line_of_the_admins_that_does_not_do_is_told_of_and_left(directory: Path, lines: str, fault: str) -> None:
    mc = directory / "sendmail.mc"
    stock = (sendmail_root() / "usr/share/sendmail/cf/debian/sendmail.mc").read_text()
    (directory / "filters.m4").write_text(FILTERS)
    lines = lines.replace("DIRECTORY", str(directory))
    mc.write_text(stock.replace("MAILER_DEFINITIONS\n", lines + "MAILER_DEFINITIONS\n"))
    before = mc.read_bytes()
    (directory / "sendmail.cf").write_text(sendmail_cf(mc))
    milter = MilterDaemon(directory, base_settings(directory, Path("/run/optout-milter/milter.sock")))
    done = milter.admin.run("setup", "sendmail", "--sendmail-mc", str(mc), "--apply")
    assert mc.read_bytes() == before
    if fault:
        assert (done.returncode, done.stdout) == (2, "") and fault in done.stderr
    else:
        assert done.returncode == 0 and done.stdout.startswith("Nothing is to be done: ")
        assert "does not yet" not in done.stdout


def test_of_a_daemon_with_filters_of_its_own_it_is_not_said_that_make_mends_it(directory: Path) -> None:
    mc = directory / "sendmail.mc"
    stock = (sendmail_root() / "usr/share/sendmail/cf/debian/sendmail.mc").read_text()
    stock = re.sub(r"(?m)^DAEMON_OPTIONS\(`(.*)'\)dnl$", r"DAEMON_OPTIONS(`\1, InputMailFilters=opendkim')dnl", stock)
    mc.write_text(stock.replace("MAILER_DEFINITIONS\n", FILTERS + "MAILER_DEFINITIONS\n"))
    milter = MilterDaemon(directory, base_settings(directory, Path("/run/optout-milter/milter.sock")))
    assert milter.admin.run("setup", "sendmail", "--sendmail-mc", str(mc), "--apply").returncode == 0
    (directory / "sendmail.cf").write_text(sendmail_cf(mc))
    again = milter.admin.run("setup", "sendmail", "--sendmail-mc", str(mc), "--apply").stdout
    assert "does not ask optout-milter" in again and "does not yet" not in again


def test_sendmail_asks_the_milter_first_where_the_admin_sets_the_order(directory: Path) -> None:
    mc = directory / "sendmail.mc"
    stock = (sendmail_root() / "usr/share/sendmail/cf/debian/sendmail.mc").read_text()
    order = FILTERS + "define(`confINPUT_MAIL_FILTERS', `opendkim, clamav')dnl\n"
    mc.write_text(stock.replace("MAILER_DEFINITIONS\n", order + "MAILER_DEFINITIONS\n"))
    milter = MilterDaemon(directory, base_settings(directory, Path("/run/optout-milter/milter.sock")))
    assert milter.admin.run("setup", "sendmail", "--sendmail-mc", str(mc), "--apply").returncode == 0
    assert re.findall(r"^O InputMailFilters=(.*)", sendmail_cf(mc), re.MULTILINE) == ["optout-milter, opendkim, clamav"]


def test_sendmail_asks_the_milter_first_where_the_admin_sets_the_order_after_the_mailers(directory: Path) -> None:
    mc = directory / "sendmail.mc"
    stock = (sendmail_root() / "usr/share/sendmail/cf/debian/sendmail.mc").read_text()
    mc.write_text(stock.replace("MAILER_DEFINITIONS\n", FILTERS + "MAILER_DEFINITIONS\n")
                  + "define(`confINPUT_MAIL_FILTERS', `clamav')dnl\n")
    before = mc.read_bytes()
    milter = MilterDaemon(directory, base_settings(directory, Path("/run/optout-milter/milter.sock")))
    assert milter.admin.run("setup", "sendmail", "--sendmail-mc", str(mc), "--apply").returncode == 0
    assert re.findall(r"^O InputMailFilters=(.*)", sendmail_cf(mc), re.MULTILINE) == ["optout-milter, clamav"]
    assert milter.admin.run("setup", "sendmail", "--sendmail-mc", str(mc), "--undo").returncode == 0
    assert mc.read_bytes() == before


def test_sendmail_asks_the_milter_first_where_the_signer_is_included(directory: Path) -> None:
    """sendmail.cf, as m4 makes it of the stock file, is what tells of the signer."""
    mc = directory / "sendmail.mc"
    stock = (sendmail_root() / "usr/share/sendmail/cf/debian/sendmail.mc").read_text()
    (directory / "filters.m4").write_text(FILTERS)
    mc.write_text(stock.replace("MAILER_DEFINITIONS\n", f"include(`{directory}/filters.m4')dnl\nMAILER_DEFINITIONS\n"))
    (directory / "sendmail.cf").write_text(sendmail_cf(mc))
    milter = MilterDaemon(directory, base_settings(directory, Path("/run/optout-milter/milter.sock")))
    done = milter.admin.run("setup", "sendmail", "--sendmail-mc", str(mc), "--apply")
    assert done.returncode == 0 and "a DKIM signer comes from a file that is included" in done.stdout
    assert "connects as user" not in done.stdout  # it runs as root
    cf = sendmail_cf(mc)
    assert re.findall(r"^O InputMailFilters=(.*)", cf, re.MULTILINE) == ["optout-milter, clamav, opendkim"]
    (directory / "sendmail.cf").write_text(cf)
    again = milter.admin.run("setup", "sendmail", "--sendmail-mc", str(mc), "--apply").stdout
    assert again.startswith(f"Nothing is to be done: {mc} names the milter already.\n") and "does not yet" not in again
