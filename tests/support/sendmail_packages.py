#!/usr/bin/python3
"""Sendmail beside Postfix: Debian's packages, unpacked into a cache and never installed (another MTA would take Postfix's
place). Run as a script it only fills the cache; removing that directory has the packages fetched anew."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.waiting import HarnessError  # noqa: E402

CACHE = Path("/var/cache/optout-tests/sendmail")
# m4 makes the .cf, and libsasl2-modules has PLAIN.
PACKAGES = ("sendmail-bin", "sendmail-base", "sendmail-cf", "m4", "libsasl2-modules")
NEEDED = ("usr/libexec/sendmail/sendmail", "usr/share/sendmail/cf/m4/cf.m4", "usr/share/sendmail/cf/debian/sendmail.mc",
          "usr/share/sendmail/cf/debian/submit.mc", "usr/bin/m4")


def sendmail_root() -> Path:
    """The directory that has the packages' usr and etc. Fills it the first time."""
    if not (CACHE / "complete").exists():
        _fill()
    missing = [name for name in NEEDED if not (CACHE / name).exists()]
    if missing:
        raise HarnessError(f"{CACHE} has no {', '.join(missing)}: remove the directory and run the tests again")
    return CACHE


def _fill() -> None:
    if os.geteuid() != 0:
        raise HarnessError("Sendmail's packages can only be unpacked by root: run these tests as root")
    CACHE.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="filling-", dir=CACHE.parent))
    try:
        directory.chmod(0o755)
        for file in _download(directory):
            _run(["dpkg", "-x", file.name, "."], directory)
            file.unlink()
        if (directory / "lib").exists():  # where /usr is merged that is usr/lib
            _run(["cp", "-a", "lib/.", "usr/lib/"], directory)
        # Without setgid the loader takes libraries from here as well.
        (directory / "usr/libexec/sendmail/sendmail").chmod(0o755)
        (directory / "complete").touch()
        shutil.rmtree(CACHE, ignore_errors=True)
        directory.rename(CACHE)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _download(directory: Path) -> list[Path]:
    try:
        _run(["apt-get", "-qq", "download", *_missing()], directory)
    except HarnessError:
        _run(["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", "update"], directory)
        _run(["apt-get", "-qq", "download", *_missing()], directory)
    return sorted(directory.glob("*.deb"))


def _missing() -> list[str]:
    """The packages, and of the libraries that they need those that are not installed."""
    shown = _run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n"], CACHE.parent)
    installed = {line.partition(" ")[2] for line in shown.splitlines() if line.startswith("installed ")}
    found: set[str] = set()
    ask = set(PACKAGES)
    while ask := ask - found:
        found |= ask
        shown = _run(["apt-cache", "depends", "--important", *sorted(ask)], CACHE.parent)
        needed = re.findall(r"^ [ |](?:Pre)?Depends: (lib\S+)", shown, re.MULTILINE)
        ask = {name.partition(":")[0] for name in needed} - installed
    return sorted(found)


def _run(command: list[str], directory: Path) -> str:
    try:
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=600)
    except OSError as problem:
        raise HarnessError(f"Sendmail's packages cannot be fetched: {problem}") from None
    if done.returncode != 0:
        raise HarnessError(f"Sendmail's packages cannot be fetched: {' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


if __name__ == "__main__":
    try:
        sendmail_root()
    except HarnessError as problem:
        sys.exit(f"{sys.argv[0]}: {problem}")
