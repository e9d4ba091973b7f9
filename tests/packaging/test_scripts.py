"""The scripts of packaging: every shell can read them, and shellcheck finds nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import ROOT, run

MAINTAINER = ["postinst", "prerm", "postrm"]
BASH = ["packaging/build-deb", "packaging/build-rpm", "packaging/copy-tree", "packaging/install-dependencies",
        "tests/packaging/fresh_install",
        "tests/packaging/fresh_install_steps"]


@pytest.mark.parametrize("name", MAINTAINER)
def test_a_maintainer_script_is_plain_shell(name: str, packaging: Path, tmp_path: Path) -> None:
    script = packaging / "debian" / f"optout-milter.{name}"
    assert script.read_text().startswith("#!/bin/sh\n")
    assert "\nset -e\n" in script.read_text()
    assert "\n#DEBHELPER#\n" in script.read_text()
    done = run("sh", "-n", script)
    assert (done.returncode, done.stderr) == (0, "")
    done = run("shellcheck", "--shell=sh", script)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", BASH)
def test_a_script_passes_shellcheck(name: str) -> None:
    done = run("shellcheck", ROOT / name)
    assert done.returncode == 0, done.stdout


def test_purge_takes_what_the_installation_made(packaging: Path) -> None:
    postrm = (packaging / "debian/optout-milter.postrm").read_text()
    purge = postrm.split("purge)")[1]
    for made in ["/etc/optout-milter", "/var/lib/optout-milter", "/run/optout-milter",
                 "/var/spool/postfix/optout-milter"]:
        assert f" {made}" in purge
    remove = postrm.split("remove)")[1].split(";;")[0]
    assert "/etc/" not in remove
    assert "/var/lib/" not in remove


def test_the_rpm_has_the_version_that_cmake_has(packaging: Path) -> None:
    version = re.search(r"^project\(optout-milter VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)
    spec = (packaging / "rpm/optout-milter.spec").read_text()
    assert version is not None
    assert re.findall(r"^Version: +(\S+)$", spec, re.MULTILINE) == [version[1]]
    assert f"- {version[1]}-1\n" in spec.split("%changelog")[1]
