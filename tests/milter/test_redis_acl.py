"""The ACL user of docs/redis.md: it may do all that the programs do, and each command of it is needed."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from expectations import expect_accepted
from milter_client import reply_text
from mta_dialects import Mail, opened
from support.daemon import Admin
from support.milter_daemon import MilterDaemon
from support.private_redis import PrivateRedis
from support.settings import Settings, base_settings, change, to_text
from support.waiting import wait_until

MANUAL = Path(__file__).resolve().parents[2] / "docs/redis.md"
SETS = [{"key": "crm:optout"}, {"key": "shop:unsubscribed", "list": "newsletter", "write": True}]
# What stops without CONFIG GET is a check, not a service: test_forbidden_eviction.
OPTIONAL = "+config|get"


def rules_of_the_manual() -> tuple[str, list[str]]:
    """The user's name and all words after it: of the line itself, and of those for the sets of others."""
    text = MANUAL.read_text()
    user = re.search(r"^    user (\S+) (.+)$", text, re.MULTILINE)
    for_sets = re.findall(r"^    ((?:%R)?~(?:crm|shop):.+)$", text, re.MULTILINE)
    assert user and len(for_sets) == 2, "docs/redis.md has not the lines that are tested here"
    return user[1], user[2].split() + " ".join(for_sets).split()


USER, RULES = rules_of_the_manual()
COMMANDS = list(dict.fromkeys(word for word in RULES if word.startswith("+")))
PASSWORD = next(word[1:] for word in RULES if word.startswith(">"))


class AclBed:
    """Owns: a redis-server with the user, a config that logs in as that user, an LMDB store for sync."""

    def __init__(self, rules: list[str]) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="optout-acl-"))
        self.redis = PrivateRedis(self.directory / "redis")
        self.redis.command(b"ACL", b"SETUSER", USER.encode(), b"reset", *(word.encode() for word in rules))
        password = self.directory / "password"
        password.write_text(PASSWORD + "\n")
        password.chmod(0o600)
        settings = base_settings(self.directory, self.directory / "milter.sock")
        settings["milter"].pop("socket_group")
        settings = change(settings, "store.type", "redis")
        # Database 3: SELECT is part of it.
        settings["redis"] = {"address": f"unix:{self.redis.path}", "username": USER, "password_file": str(password),
                             "database": 3, "sets": SETS}
        self.daemon = MilterDaemon(self.directory, settings)
        self.other = self.directory / "other.yaml"
        self.write_other(settings)

    def write_other(self, settings: Settings) -> None:
        changed = change(change(settings, "store.type", "lmdb"), "store.path", f"{self.directory}/other")
        (self.directory / "other").mkdir()
        changed.pop("redis")
        self.other.write_text(to_text(changed))

    def close(self) -> None:
        self.daemon.kill()
        self.redis.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def troubles(self) -> list[str]:
        return [str(line) for line in self.daemon.log() if line.level not in ("info", "debug")]

    def optoutctl(self, *arguments: str, code: int = 0) -> str:
        done = self.daemon.admin.run(*arguments)
        assert done.returncode == code, f"optoutctl {' '.join(arguments)}: {done.returncode}: {done.stderr}"
        assert "event=" not in done.stderr, done.stderr
        return done.stdout

    def wait_for(self, event: str) -> None:
        wait_until(lambda: self.troubles() or any(f"event={event}" in line.text for line in self.daemon.log()), event)
        assert self.troubles() == []


@contextmanager
def acl_bed(rules: list[str]) -> Iterator[AclBed]:
    bed = AclBed(rules)
    try:
        yield bed
    finally:
        bed.close()


def use_mail(bed: AclBed) -> None:
    mta = opened(str(bed.daemon.settings["milter"]["listen"]))
    expect_accepted(mta.pass_on(Mail(recipients=["reader@example.org"])))
    for gone in ("gone@example.com", "shopper@example.org"):
        assert reply_text(mta.pass_on(Mail(recipients=[gone])).replies[0]).startswith("550"), gone
    mta.quit()


def use_records(bed: AclBed) -> None:
    bed.optoutctl("add", "--text", "too many", "gone@example.com")
    bed.optoutctl("add", "--list", "newsletter", "jo@example.org", "kim@example.org")
    bed.optoutctl("check", "jo@example.org", code=1)
    bed.optoutctl("pause", "--until", "30d", "amy@example.org")
    # In the order that takes the person out of the SET of others, which we put in.
    bed.optoutctl("remove", "jo@example.org")
    assert "gone@example.com" in bed.optoutctl("list")


def use_files(bed: AclBed) -> None:
    export, backup = str(bed.directory / "export.csv"), str(bed.directory / "backup.gz")
    bed.optoutctl("export", export)
    bed.optoutctl("import", export)
    bed.optoutctl("backup", backup)
    bed.optoutctl("erase", "kim@example.org")
    bed.optoutctl("erase", "--forget", "amy@example.org")
    bed.optoutctl("restore", backup)


def use_other_store(bed: AclBed) -> None:
    assert Admin(bed.other).run("add", "pat@example.org").returncode == 0
    bed.optoutctl("sync", "--both", str(bed.other), str(bed.daemon.config))
    bed.optoutctl("check", "pat@example.org", code=1)


def use_everything(bed: AclBed) -> None:
    """Raises where anything fails, or is said to."""
    use_records(bed)
    bed.daemon.start()
    bed.wait_for("mirror_copied")
    bed.optoutctl("add", "--list", "newsletter", "shopper@example.org")
    use_mail(bed)
    use_files(bed)
    use_other_store(bed)
    # Compares the mirror with what the events have brought.
    wait_until(lambda: bed.troubles() or bed.daemon.admin.run("verify").returncode == 0, "the mirror follows")
    bed.optoutctl("pending")
    assert bed.troubles() == []


def test_the_user_of_the_manual_may_do_everything() -> None:
    with acl_bed(RULES) as bed:
        use_everything(bed)
        bed.daemon.stop()


@pytest.mark.parametrize("command", [word for word in COMMANDS if word != OPTIONAL])
def test_each_command_is_needed(command: str) -> None:
    with acl_bed([word for word in RULES if word != command]) as bed:
        with pytest.raises((AssertionError, TimeoutError)) as failure:
            use_everything(bed)
        said = str(failure.value) + bed.daemon.log_text()
        assert re.search(r"NOPERM|ACL failure|no permissions|can't run this command", said), said


@pytest.mark.parametrize("key", [word for word in RULES if "~" in word])
def test_each_key_is_needed(key: str) -> None:
    with acl_bed([word for word in RULES if word != key]) as bed, pytest.raises((AssertionError, TimeoutError)):
        use_everything(bed)


@pytest.mark.parametrize("rules, code", [(RULES, 2), ([word for word in RULES if word != OPTIONAL], 0)])
def test_a_policy_that_evicts_is_seen_only_with_config_get(rules: list[str], code: int) -> None:
    with acl_bed(rules) as bed:
        bed.redis.command(b"CONFIG", b"SET", b"maxmemory-policy", b"allkeys-lru")
        done = bed.daemon.admin.run("check", "jo@example.org")
        assert done.returncode == code, done.stderr
        assert ("may evict opt-outs" in done.stderr) == (code == 2)
