"""SIGUSR1 while sessions are open, and how the daemon stops."""

from __future__ import annotations

import re
import threading
import time

import pytest
from bed import Bed, running
from expectations import expect_accepted, expect_good_service, expect_pair, expect_refused, removed
from milter_client import MilterClosed
from mta_dialects import Mail, Postfix
from support.waiting import patience, wait_until

GONE = Mail(recipients=["gone@example.com"])


def reload(bed: Bed) -> None:
    bed.daemon.reload()
    bed.daemon.claim(lambda line: line.level == "info" and "event=reloaded" in line.text, "event=reloaded", 10)


def test_open_session_keeps_its_settings_and_the_next_has_the_new() -> None:
    with running() as bed:
        old = bed.session()
        expect_refused(old.pass_on(GONE).replies[0])
        old.mail(Mail())  # in the middle of a message
        bed.reconfigure("lists[newsletter].on_opted_out", "strip")
        reload(bed)
        expect_refused(old.rcpt("gone@example.com"))
        old.session.abort()
        expect_refused(old.pass_on(GONE).replies[0])
        new = bed.session()
        assert removed(expect_accepted(new.pass_on(GONE))) == [b"<gone@example.com>"]
        expect_refused(old.pass_on(GONE).replies[0])
        old.quit()
        new.quit()


def test_session_keeps_the_settings_that_it_negotiated_with() -> None:
    with running() as bed:
        mta = Postfix(bed.listen)  # negotiated, not yet connected
        bed.reconfigure("lists[newsletter].on_opted_out", "strip")
        reload(bed)
        mta.begin()
        expect_refused(mta.pass_on(GONE).replies[0])
        mta.quit()


def test_new_list_counts_after_a_reload() -> None:
    with running() as bed:
        shop = Mail(sender="a@shop.example.com")
        mta = bed.session()
        assert expect_accepted(mta.pass_on(shop)) == []
        mta.quit()
        bed.reconfigure("lists[first]", {"name": "shop", "title": "Shop", "match": [{"sender": ["*@shop.example.com"]}]})
        reload(bed)
        mta = bed.session()
        expect_pair(expect_accepted(mta.pass_on(shop)), "reader@example.com", "shop")
        mta.quit()


def test_many_reloads_under_traffic_do_no_harm() -> None:
    with running() as bed:
        sessions = [bed.session() for _ in range(5)]
        for number in range(20):
            bed.daemon.reload()
            expect_good_service(sessions[number % 5])
            fresh = bed.session()
            expect_good_service(fresh)
            fresh.quit()
        for mta in sessions:
            mta.quit()


@pytest.mark.parametrize(("text", "problem"), [
    pytest.param('"deadline": "fast"', r"store\.deadline", id="bad_value"),
    pytest.param('"dead_line": "5s"', "dead_line", id="unknown_key"),
])
def test_broken_config_is_reported_with_its_line_and_the_old_one_stays(text: str, problem: str) -> None:
    with running(declared=(r"optout\.yaml:\d+", "event=reload_failed")) as bed:
        good = bed.daemon.config.read_text()
        broken = good.replace('"deadline": "5s"', text)
        assert broken != good
        number = 1 + next(i for i, line in enumerate(broken.splitlines()) if text in line)
        bed.daemon.config.write_text(broken)
        bed.daemon.reload()
        place = re.compile(rf"optout\.yaml:{number}\b.*{problem}")
        bed.daemon.claim(lambda line: line.level in ("warning", "error") and place.search(line.text) is not None,
                         f"optout.yaml:{number} and the key", 10)
        mta = bed.session()
        expect_good_service(mta)
        mta.quit()
        bed.daemon.config.write_text(good)
        reload(bed)
        mta = bed.session()
        expect_good_service(mta)
        mta.quit()


def test_config_that_is_no_yaml_or_missing_leaves_the_old_one() -> None:
    with running(declared=(r"optout\.yaml", "event=reload_failed")) as bed:
        good = bed.daemon.config.read_text()
        for text in ("milter: [", "\0", ""):
            bed.daemon.config.write_text(text)
            bed.daemon.reload()
            bed.daemon.claim(lambda line: line.level in ("warning", "error") and "optout.yaml" in line.text,
                             f"the problem with {text!r}", 10)
        bed.daemon.config.unlink()
        bed.daemon.reload()
        bed.daemon.claim(lambda line: line.level in ("warning", "error") and "optout.yaml" in line.text,
                         "the missing file", 10)
        mta = bed.session()
        expect_good_service(mta)
        mta.quit()
        bed.daemon.config.write_text(good)


def test_stops_within_ten_seconds_with_sessions_open() -> None:
    """Idle ones, one in the middle of a message, one that dribbles. Bed.stop() measures."""
    with running() as bed:
        idle = [bed.session() for _ in range(20)]
        busy = bed.session()
        busy.mail(Mail())
        busy.rcpt("reader@example.com")
        dribbling = bed.wire()
        dribbling.raw(b"\0\0")
        begin = time.monotonic()
        bed.stop()
        assert time.monotonic() - begin < 10 * patience()
        for mta in [*idle, busy]:
            with pytest.raises((MilterClosed, OSError)):
                mta.session.wire.read()


@pytest.mark.parametrize("round_", range(3))
def test_stops_cleanly_under_traffic(round_: int) -> None:
    """libmilter's workers go on for a moment after its main function has returned."""
    with running() as bed:
        stopping = threading.Event()
        wrong: list[BaseException] = []

        def traffic() -> None:
            try:
                mta = bed.session()
                while True:
                    expect_good_service(mta)
            except (MilterClosed, OSError) as error:
                if not stopping.is_set():
                    wrong.append(error)
            except AssertionError as error:
                # A stopping daemon may answer with temporary failures, and with nothing else.
                if not (stopping.is_set() and "code='t'" in str(error)):
                    wrong.append(error)
            except BaseException as error:  # noqa: BLE001
                wrong.append(error)

        threads = [threading.Thread(target=traffic, daemon=True) for _ in range(8)]
        for thread in threads:
            thread.start()
        wait_until(lambda: sum("pair_added" in line.text for line in bed.daemon.log()) >= 20 + 10 * round_, "traffic")
        stopping.set()
        bed.stop()
        for thread in threads:
            thread.join(20 * patience())
        assert wrong == []


def test_stops_at_once_when_nobody_is_connected() -> None:
    """A connection to its own socket ends libmilter's wait of up to 5 s."""
    with running() as bed:
        mta = bed.session()
        expect_good_service(mta)
        mta.quit()
        begin = time.monotonic()
        bed.stop()
        assert time.monotonic() - begin < 3 * patience()


def test_starts_again_on_the_socket_that_a_killed_daemon_left() -> None:
    with running() as bed:
        bed.daemon.kill()
        bed.daemon.start()
        expect_good_service(bed.session())
