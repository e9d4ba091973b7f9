"""optoutctl doctor on a real installation (support/doctor_bed.py): all is well, and then each thing that can be broken for
real, one at a time: exactly that finding. What is not here is broken in tests/unit/doctor: UNIT says which, and why."""

from __future__ import annotations

import contextlib
import datetime
import os
import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.doctor_bed import CANARY, USER, AddingFilter, DoctorBed, HomePostfix, Report, mode, own
from support.milter_daemon import MilterDaemon
from support.postfix import Listener
from support.private_redis import PrivateRedis
from support.settings import change
from support.waiting import free_ports

OURS = "unix:optout-milter/milter.sock"
# The clock of this machine cannot be set, so of clock_wrong only the keys' half is here.
UNIT: set[str] = set()


@pytest.fixture(scope="module")
def bed() -> Iterator[DoctorBed]:
    bed = DoctorBed()
    try:
        yield bed
    finally:
        bed.close()


@pytest.fixture(scope="module")
def redis(bed: DoctorBed) -> Iterator[PrivateRedis]:
    redis = PrivateRedis(bed.directory / "redis")
    try:
        yield redis
    finally:
        redis.stop()


def with_redis(bed: DoctorBed, redis: PrivateRedis) -> Path:
    return bed.config_with(store__type="redis", redis__address=f"unix:{redis.path}")


@contextlib.contextmanager
def moved(path: Path) -> Iterator[None]:
    away = path.with_name(path.name + ".away")
    path.rename(away)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        away.rename(path)


# ---- all is well ----


def test_a_healthy_installation_has_no_finding(bed: DoctorBed) -> None:
    report = bed.doctor()
    assert report.names == [] and report.missed == [], str(report)
    assert list(bed.box("canary").glob("new/*")) == [], "the canary is still there"


def test_it_says_so(bed: DoctorBed) -> None:
    done = bed.run("--postfix-config", f"{bed.directory}/postfix/etc", "--canary-to", CANARY, "--canary-mailbox",
                   str(bed.box("canary")), "--ca", str(bed.certificate))
    groups = ["settings", "keys", "store", "clock", "milter", "MTA", "public URL", "canary"]
    assert done.stdout == "".join(f"{name}: fine\n" for name in groups) + "All that was looked at is well.\n"
    assert (done.returncode, done.stderr) == (0, "")


def test_an_mbox_will_do_and_is_left(bed: DoctorBed) -> None:
    box = bed.box("old")
    for _ in range(2):
        report = bed.doctor("--canary-to", "old@box.example.test", "--canary-mailbox", str(box), canary=False)
        assert report.names == [], str(report)
    assert box.read_text().count("\nList-Unsubscribe: ") == 2


def test_redis_will_do(bed: DoctorBed, redis: PrivateRedis) -> None:
    assert bed.doctor(config=with_redis(bed, redis)).names == []


@pytest.mark.parametrize("kind", ["inet", "inet6"])
def test_inet_sockets_are_looked_at(bed: DoctorBed, kind: str) -> None:
    (port,) = free_ports(1)
    host = {"inet": "127.0.0.1", "inet6": "::1"}[kind]
    named = {"inet": f"inet:127.0.0.1:{port}", "inet6": f"inet:[::1]:{port}"}[kind]
    directory = bed.directory / kind
    directory.mkdir()
    settings = change(bed.settings, "milter", {"listen": f"{kind}:{port}@{host}"})
    milter = MilterDaemon(directory, settings)
    own(milter.config)
    milter.start()
    try:
        with bed.postfix.but(smtpd_milters=f"{named}, unix:dkim-good/s", non_smtpd_milters=named):
            report = bed.doctor(config=milter.config)
            assert report.names == [] and report.missed == [], str(report)
            milter.kill()
            report = bed.doctor(config=milter.config)
            assert report.names == ["milter_not_answering"], str(report)
    finally:
        milter.kill()


def test_another_user_is_told_what_was_not_looked_at(bed: DoctorBed) -> None:
    """The programs' own user sees config, keys, store and milter; only root can be the MTA's user."""
    report = bed.doctor(user=USER)
    assert report.names == [], str(report)
    missed = [f"{one['group']}: {one['what']}" for one in report.missed]
    assert any("whether postfix may connect" in text for text in missed), missed


def test_without_a_mailbox_the_programs_user_gets_it(bed: DoctorBed) -> None:
    home = bed.directory / "home"
    home.mkdir()
    own(home)
    prefix = bed.with_home(home)
    (port,) = free_ports(1)
    ours = f"unix:{bed.socket}"

    class There(HomePostfix):
        pass

    There.prefix = prefix
    postfix = There(bed.directory / "home-postfix", 9,
                    {"smtp": Listener(port, f"{ours},unix:{bed.spool}/dkim-good/s", "HOME")}, ours)
    try:
        arguments = ("--postfix-config", f"{bed.directory}/home-postfix/etc")
        report = bed.doctor(*arguments, before=prefix, mta=False, canary=False)
        assert report.names == [] and report.missed == [], str(report) + postfix.log()
        assert list(home.iterdir()) == [], "something was left in the home directory"
        (home / ".forward").write_text("somebody@elsewhere.example\n")
        report = bed.doctor(*arguments, before=prefix, mta=False, canary=False)
        assert report.names == ["canary_not_sent"] and "there is one already" in str(report), str(report)
        assert (home / ".forward").read_text() == "somebody@elsewhere.example\n"
    finally:
        postfix.stop()


# ---- each thing broken ----

Case = Callable[[DoctorBed], Report]
CASES: dict[str, Case] = {}


def breaks(name: str) -> Callable[[Case], Case]:
    def keep(case: Case) -> Case:
        CASES[f"{name}: {case.__name__}"] = case
        return case

    return keep


@breaks("config_broken")
def no_duration(bed: DoctorBed) -> Report:
    return bed.doctor(config=bed.config_with(store__deadline="fast"))


@breaks("config_not_readable")
def config_of_root(bed: DoctorBed) -> Report:
    config = bed.config_with()
    os.chown(config, 0, 0)
    return bed.doctor(config=config)


@breaks("monitor_mode")
def only_watching(bed: DoctorBed) -> Report:
    return bed.doctor(config=bed.config_with(milter__mode="monitor"))


@breaks("keys_missing")
def no_keys(bed: DoctorBed) -> Report:
    return bed.doctor(config=bed.config_with(keys=f"{bed.directory}/nowhere.keys"))


@breaks("keys_readable_by_others")
def open_keys(bed: DoctorBed) -> Report:
    return bed.doctor(config=bed.config_with(keys=str(bed.copied_keys(0o644))))


@breaks("keys_not_readable")
def keys_of_root(bed: DoctorBed) -> Report:
    keys = bed.copied_keys(0o600)
    os.chown(keys, 0, 0)
    return bed.doctor(config=bed.config_with(keys=str(keys)))


@breaks("keys_broken")
def words_in_keys(bed: DoctorBed) -> Report:
    return bed.doctor(config=bed.config_with(keys=str(bed.copied_keys(text="no key\n"))))


@breaks("key_not_signing_yet")
def fresh_key(bed: DoctorBed) -> Report:
    keys = bed.copied_keys(text=f"1: {'ab' * 32} 2026-01-01\n")
    bed.admin().must("keys", "new", str(keys))
    return bed.doctor(config=bed.config_with(keys=str(keys)))


@breaks("clock_wrong")
def key_from_tomorrow(bed: DoctorBed) -> Report:
    tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    keys = bed.copied_keys(text=f"1: {'ab' * 32} {tomorrow:%Y-%m-%dT%H:%M:%SZ}\n")
    return bed.doctor(config=bed.config_with(keys=str(keys)))


@breaks("store_path_missing")
def no_store(bed: DoctorBed) -> Report:
    return bed.doctor(config=bed.config_with(store__path=f"{bed.directory}/nowhere"))


@breaks("store_path_not_owned")
def file_of_root_in_store(bed: DoctorBed) -> Report:
    stray = bed.directory / "store/data.mdb.old"
    stray.write_text("")
    try:
        return bed.doctor()
    finally:
        stray.unlink()


@breaks("store_does_not_answer")
def redis_down(bed: DoctorBed) -> Report:
    return bed.doctor(config=bed.config_with(store__type="redis", redis__address=f"unix:{bed.directory}/no.sock"))


@breaks("store_does_not_answer")
def store_damaged(bed: DoctorBed) -> Report:
    store = bed.directory / "damaged"
    store.mkdir()
    (store / "data.mdb").write_text("short")
    own(store, store / "data.mdb")
    return bed.doctor(config=bed.config_with(store__path=str(store)))


@breaks("socket_missing")
def no_socket(bed: DoctorBed) -> Report:
    with moved(bed.socket):
        return bed.doctor()


@breaks("milter_not_answering")
def nobody_listens(bed: DoctorBed) -> Report:
    with moved(bed.socket):
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(bed.socket))
        return bed.doctor()


@breaks("milter_not_answering")
def another_program_listens(bed: DoctorBed) -> Report:
    with moved(bed.socket), socket.socket(socket.AF_UNIX) as other:
        other.bind(str(bed.socket))
        bed.socket.chmod(0o666)
        other.listen()
        other.settimeout(20)

        def answer() -> None:
            with contextlib.suppress(OSError):
                client, _ = other.accept()
                client.sendall(b"220 hello\r\n")
                client.close()

        threading.Thread(target=answer, daemon=True).start()
        return bed.doctor()


@breaks("mta_not_found")
def no_mta(bed: DoctorBed) -> Report:
    hide = "for d in /etc/postfix /etc/mail; do [ -d $d ] && mount -t tmpfs none $d; done; exec \"$@\""
    return bed.doctor(before=["unshare", "--mount", "sh", "-c", hide, "-"], mta=False)


@breaks("mta_config_unreadable")
def empty_directory(bed: DoctorBed) -> Report:
    empty = bed.directory / "empty"
    empty.mkdir(exist_ok=True)
    return bed.doctor("--postfix-config", str(empty), mta=False)


@breaks("mta_not_answering")
def nothing_on_the_port(bed: DoctorBed) -> Report:
    copy = bed.directory / "copied"
    shutil.copytree(bed.directory / "postfix/etc", copy)
    (port,) = free_ports(1)
    master = re.sub(r"(?m)^127.0.0.1:\d+ inet", f"127.0.0.1:{port} inet", (copy / "master.cf").read_text())
    (copy / "master.cf").write_text(master)
    return bed.doctor("--postfix-config", str(copy), mta=False)


def postfix_case(name: str, title: str, **values: str) -> None:
    def case(bed: DoctorBed) -> Report:
        with bed.postfix.but(**values):
            return bed.doctor()

    case.__name__ = title
    breaks(name)(case)


postfix_case("milter_not_listed_smtpd", "only_the_signer", smtpd_milters="unix:dkim-good/s")
postfix_case("milter_not_listed_non_smtpd", "none_at_local_submission", non_smtpd_milters="")
postfix_case("smtpd_milter_maps_set", "no_milters_for_one_client", smtpd_milter_maps="inline:{ 192.0.2.1=DISABLE }")
postfix_case("milter_after_signer", "signer_first", smtpd_milters="unix:dkim-good/s, " + OURS)
postfix_case("milter_default_action_accept", "accept_for_all", milter_default_action="accept")
postfix_case("milter_default_action_accept", "accept_for_ours",
             smtpd_milters="{ unix:optout-milter/milter.sock, default_action=accept }, unix:dkim-good/s")
postfix_case("recipient_delimiter_missing", "no_delimiter", recipient_delimiter="")
postfix_case("unsubscribe_address_refused", "no_such_mailbox",
             virtual_mailbox_maps="inline:{ canary@box.example.test=canary/ }")
postfix_case("canary_not_signed", "no_signer", smtpd_milters=OURS)
postfix_case("canary_post_not_signed", "signers_default", smtpd_milters=f"{OURS}, unix:dkim-nopost/s")
postfix_case("canary_pair_not_signed", "signer_of_four_fields", smtpd_milters=f"{OURS}, unix:dkim-nopair/s")

@breaks("canary_two_pairs")
def another_filter_adds_one(bed: DoctorBed) -> Report:
    with AddingFilter(bed.spool / "adder") as adder:
        with bed.postfix.but(smtpd_milters=f"{OURS}, unix:adder/{adder.path.name}, unix:dkim-good/s"):
            return bed.doctor()


@breaks("socket_not_reachable_from_chroot")
def socket_outside(bed: DoctorBed) -> Report:
    directory = bed.directory / "outside"
    directory.mkdir()
    own(directory)
    listen = directory / "milter.sock"
    milter = MilterDaemon(directory, change(bed.settings, "milter", {"listen": f"unix:{listen}", "socket_mode": "0666"}))
    own(milter.config)
    milter.start()
    try:
        with bed.postfix.but(smtpd_milters=f"unix:{listen}, unix:dkim-good/s", non_smtpd_milters=f"unix:{listen}"):
            return bed.doctor(config=milter.config)
    finally:
        milter.kill()


@breaks("socket_not_writable_for_mta")
def socket_for_its_owner(bed: DoctorBed) -> Report:
    with mode(bed.socket, 0o600):
        return bed.doctor()


@breaks("socket_not_writable_for_mta")
def directory_for_its_owner(bed: DoctorBed) -> Report:
    with mode(bed.socket.parent, 0o700):
        return bed.doctor()


@breaks("public_url_unreachable")
def closed_port(bed: DoctorBed) -> Report:
    (port,) = free_ports(1)
    return bed.doctor(config=bed.config_with(public_url=f"https://localhost:{port}"))


@breaks("public_url_tls_bad")
def certificate_of_nobody(bed: DoctorBed) -> Report:
    return bed.doctor(trust=False)


@breaks("public_url_tls_bad")
def certificate_of_another_name(bed: DoctorBed) -> Report:
    url = bed.settings["public_url"].replace("localhost", "127.0.0.1")
    return bed.doctor(config=bed.config_with(public_url=url))


def site_case(name: str, title: str, get: int, post: int, headers: dict[str, str]) -> None:
    def case(bed: DoctorBed) -> Report:
        bed.odd_site.get, bed.odd_site.post, bed.odd_site.headers = get, post, headers
        return bed.doctor(config=bed.config_with(public_url=bed.odd_site.url))

    case.__name__ = title
    breaks(name)(case)


OUR_HEADERS = {"X-Robots-Tag": "noindex, nofollow", "Cross-Origin-Opener-Policy": "same-origin"}
site_case("public_url_redirects", "moved", 301, 301, {"Location": "https://www.example.com/"})
site_case("public_url_redirects", "post_moved", 404, 307, {**OUR_HEADERS, "Location": "/other"})
site_case("public_url_not_ours", "proxy_without_optout_web", 502, 502, {})
site_case("public_url_not_ours", "another_programs_404", 404, 404, {})
site_case("public_url_post_refused", "get_only", 404, 405, OUR_HEADERS)
site_case("public_url_post_refused", "post_forbidden", 404, 403, OUR_HEADERS)


@breaks("canary_not_sent")
def no_mailbox(bed: DoctorBed) -> Report:
    return bed.doctor(canary=False)


@breaks("canary_not_sent")
def no_list_matches(bed: DoctorBed) -> Report:
    return bed.doctor(config=bed.config_with(lists=[{"name": "newsletter", "match": [{"sasl_user": "marketing"}]}]))


@breaks("canary_refused")
def opted_out(bed: DoctorBed) -> Report:
    bed.admin().must("add", CANARY)
    try:
        return bed.doctor()
    finally:
        bed.admin().must("remove", CANARY)


@breaks("canary_not_delivered")
def another_mailbox(bed: DoctorBed) -> Report:
    return bed.doctor("--canary-to", CANARY, "--canary-mailbox", str(bed.box("unsubscribe.mbox")), "--canary-wait", "1",
                      canary=False)


@breaks("canary_no_pair")
def list_that_the_milter_does_not_know(bed: DoctorBed) -> Report:
    lists = [{"name": "first", "match": [{"sender": "*@first.news.example.com"}]}]
    return bed.doctor(config=bed.config_with(lists=lists))


@breaks("redis_evicts")
def redis_may_evict(bed: DoctorBed) -> Report:
    redis = bed.redis
    redis.command(b"CONFIG", b"SET", b"maxmemory-policy", b"allkeys-lru")
    try:
        return bed.doctor(config=with_redis(bed, redis))
    finally:
        redis.command(b"CONFIG", b"SET", b"maxmemory-policy", b"noeviction")


@breaks("store_layout_newer")
def redis_of_tomorrow(bed: DoctorBed) -> Report:
    redis = bed.redis
    redis.command(b"HSET", b"optout:meta", b"epoch", b"e", b"layout", b"2", b"bucket_bits", b"16")
    try:
        return bed.doctor(config=with_redis(bed, redis))
    finally:
        redis.command(b"DEL", b"optout:meta")


def test_lines_for_optout_yaml_name_their_keys(bed: DoctorBed) -> None:
    with mode(bed.socket, 0o600):
        said = bed.run("--postfix-config", f"{bed.directory}/postfix/etc", "--ca", str(bed.certificate)).stdout
    assert "\n      milter:\n        socket_mode: 0660\n        socket_group: postfix\n    Then run:\n" in said


def test_the_milter_is_advised_before_the_signer_and_after_the_others(bed: DoctorBed) -> None:
    """Where setup puts it: what adds Authentication-Results must come before it."""
    with AddingFilter(bed.spool / "adder") as adder:
        other = f"{{ unix:adder/{adder.path.name}, default_action=accept }}"
        for name, chain in [("milter_not_listed_smtpd", f"{other}, unix:dkim-good/s"),
                            ("milter_after_signer", f"{other}, unix:dkim-good/s, {OURS}")]:
            with bed.postfix.but(smtpd_milters=chain):
                report = bed.doctor(canary=False)
            (finding,) = [finding for finding in report.found if finding["name"] == name]
            assert finding["line"] == f"smtpd_milters = {other}, {OURS}, unix:dkim-good/s", str(report)


@pytest.mark.parametrize("which", sorted(CASES))
def test_one_broken_thing_is_one_finding(bed: DoctorBed, redis: PrivateRedis, which: str) -> None:
    bed.redis = redis
    report = CASES[which](bed)
    assert report.names == [which.split(":")[0]], str(report)
    (finding,) = report.found
    assert finding["why"] and (finding["line"] or finding["run"]), str(report)


def test_every_finding_is_broken_for_real(bed: DoctorBed) -> None:
    """The names of the manual; tests/manuals compares them with the program's."""
    manual = (Path(__file__).resolve().parents[2] / "packaging/man/optoutctl.1").read_text()
    names = set(re.findall(r"(?m)^\.It Sy ([a-z_]+) ", manual))
    assert names == {which.split(":")[0] for which in CASES} | UNIT


def test_all_is_well_again(bed: DoctorBed) -> None:
    report = bed.doctor()
    assert report.names == [], str(report)


def test_the_programs_had_nothing_to_complain_of(bed: DoctorBed) -> None:
    assert bed.milter.undeclared([re.compile("NOQUEUE|refuse|opted_out")]) == []
