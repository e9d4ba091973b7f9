"""The AppArmor profiles: the parser takes them, and they know the paths that the settings and units know."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import run

PROGRAMS = ["optout-milter", "optout-web"]


@pytest.fixture(params=PROGRAMS)
def program(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_profile_is_one_that_the_parser_takes(program: str, packaging: Path) -> None:
    done = run("apparmor_parser", "--skip-kernel-load", "--skip-cache", packaging / f"apparmor/usr.sbin.{program}")
    assert done.returncode == 0, done.stderr


def test_a_profile_has_the_paths_that_the_program_uses(program: str, packaging: Path, build: Path) -> None:
    text = (packaging / f"apparmor/usr.sbin.{program}").read_text()
    wanted = [f"profile {program} /usr/sbin/{program} ", "/etc/optout-milter/** r,",
              "/var/lib/optout-milter/** rwk,", "@{run}/optout-milter/*.sock rw,", "@{run}/systemd/notify w,"]
    if program == "optout-milter":
        config = (build / "packaged/optout.yaml").read_text()
        listen = re.search(r"^  listen: unix:(\S+)/milter\.sock$", config, re.MULTILINE)
        assert listen is not None
        wanted.append(f"{listen[1]}/*.sock rw,")
    else:
        wanted += ["capability net_bind_service,", "include <abstractions/ssl_keys>"]
    assert [one for one in wanted if one not in text] == []


def test_a_profile_complains_only(program: str, packaging: Path) -> None:
    # Not tried with a kernel that enforces it: docs/packages.md says how to.
    assert "flags=(complain)" in (packaging / f"apparmor/usr.sbin.{program}").read_text()
