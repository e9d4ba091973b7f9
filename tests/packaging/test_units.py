"""The systemd units, with no systemd running: they are valid, they say what they must, and they stay hardened."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import run

UNITS = ["optout-milter", "optout-web"]

# What "systemd-analyze security" makes of each unit, from that version of systemd on: 0 is shut off from everything, 10
# nothing at all. What is left: the network, other users' files by their modes, and no allow list of addresses.
EXPOSURE = {252: 1.5, 257: 1.4}


def settings(unit: Path, section: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    inside = ""
    for line in unit.read_text().splitlines():
        if header := re.fullmatch(r"\[(\w+)\]", line):
            inside = header[1]
        elif inside == section and (entry := re.match(r"(\w+)=(.*)", line)):
            found.setdefault(entry[1], []).append(entry[2])
    return found


@pytest.fixture(params=UNITS)
def unit(request: pytest.FixtureRequest, packaging: Path) -> Path:
    return packaging / "systemd" / f"{request.param}.service"


def test_a_unit_is_valid(unit: Path, build: Path, tmp_path: Path) -> None:
    # Verified with a program that is there: the built one.
    copy = tmp_path / unit.name
    program = build / "src/app" / unit.stem
    copy.write_text(unit.read_text().replace(f"/usr/sbin/{unit.stem}", str(program)))
    done = run("systemd-analyze", "verify", "--man=no", copy)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_unit_is_not_exposed_more_than_stated(unit: Path) -> None:
    version = int(run("systemd-analyze", "--version").stdout.split()[1])
    exposure = EXPOSURE[max(known for known in EXPOSURE if known <= version)]
    done = run("systemd-analyze", "security", "--offline=true", f"--threshold={round(exposure * 10)}", unit)
    score = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert score is not None, done.stdout + done.stderr
    assert float(score[1]) == exposure, "state the new score above, and why when it is worse"
    assert done.returncode == 0


def test_a_unit_tells_when_it_is_ready_and_that_it_lives(unit: Path) -> None:
    service = settings(unit, "Service")
    assert service["Type"] == ["notify"]
    assert service["WatchdogSec"] == ["90s"]
    assert service["Restart"] == ["on-failure"]
    assert service["ExecReload"] == ["/bin/kill -USR1 $MAINPID"]


def test_a_unit_starts_the_installed_program_as_the_installed_user(unit: Path, packaging: Path) -> None:
    service = settings(unit, "Service")
    assert service["ExecStart"] == [f"/usr/sbin/{unit.stem} -c /etc/optout-milter/optout.yaml"]
    assert "u optout - " in (packaging / "systemd/optout-milter.sysusers").read_text()
    assert (service["User"], service["Group"]) == (["optout"], ["optout"])


def test_a_unit_may_write_where_the_installed_settings_say(unit: Path, build: Path) -> None:
    service = settings(unit, "Service")
    assert service["ProtectSystem"] == ["strict"]
    assert service["StateDirectory"] == ["optout-milter"], "store.path is /var/lib/optout-milter by default"
    if unit.stem == "optout-milter":
        config = (build / "packaged/optout.yaml").read_text()
        listen = re.search(r"^  listen: unix:(\S+)/milter\.sock$", config, re.MULTILINE)
        assert listen is not None
        assert service["ReadWritePaths"] == [f"-{listen[1]}"]


def test_the_end_of_one_unit_leaves_the_sockets_of_the_other(packaging: Path) -> None:
    for name in UNITS:
        service = settings(packaging / "systemd" / f"{name}.service", "Service")
        assert service["RuntimeDirectory"] == ["optout-milter"]
        assert service["RuntimeDirectoryPreserve"] == ["yes"]


def test_the_user_is_one_that_sysusers_makes(packaging: Path, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    done = run("systemd-sysusers", f"--root={tmp_path}", packaging / "systemd/optout-milter.sysusers")
    assert done.returncode == 0, done.stderr
    user = (tmp_path / "etc/passwd").read_text().split(":")
    assert (user[0], user[5:]) == ("optout", ["/var/lib/optout-milter", "/usr/sbin/nologin\n"])
    assert (tmp_path / "etc/group").read_text().startswith("optout:")
