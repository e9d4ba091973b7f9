"""A short run of load.py: 200 parallel sessions, every verdict and every delivery exact, nothing left behind."""

from __future__ import annotations

from load import run_load, start_milter
from support.daemon import is_sanitized
from support.world import World

MOST_GROWTH = 8 * 1024  # KiB, from all sessions open until the end


def test_two_hundred_sessions(world: World) -> None:
    milter = start_milter(world)
    try:
        report = run_load(world, milter, 15, 200)
        print(report)
        assert not report.problems, "\n".join([str(report), *report.problems[:30]])
        assert report.messages > 400, f"too few to say anything: {report}"
        assert {"250", "354", "550"} == set(report.verdicts), str(report)
        if not is_sanitized():
            assert report.rss_end - report.rss_warm <= MOST_GROWTH, str(report)
        assert report.threads_after <= report.threads_before, str(report)
        assert report.files_after <= report.files_before, str(report)
        milter.stop()
        assert milter.undeclared([]) == []
    finally:
        milter.kill()
