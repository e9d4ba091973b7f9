"""The container file, without an engine: what a linter would look for, and that what it names is there."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import ROOT

KNOWN = {"FROM", "ENV", "COPY", "RUN", "USER", "EXPOSE", "VOLUME", "STOPSIGNAL", "ENTRYPOINT", "CMD"}


@dataclass
class Instruction:
    word: str
    rest: str
    stage: int


def parse(text: str) -> list[Instruction]:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    found, stage = [], -1
    for line in filter(None, (line.strip() for line in joined.splitlines())):
        word, _, rest = line.partition(" ")
        stage += word == "FROM"
        found.append(Instruction(word, rest.strip(), stage))
    return found


@pytest.fixture(scope="module")
def instructions(packaging: Path) -> list[Instruction]:
    return parse((packaging / "container/Containerfile").read_text())


def of(instructions: list[Instruction], word: str) -> list[Instruction]:
    return [one for one in instructions if one.word == word]


def test_it_has_no_instruction_that_is_not_understood_here(instructions: list[Instruction]) -> None:
    assert {one.word for one in instructions} - KNOWN == set()
    assert instructions[0].word == "FROM"


def test_every_image_that_it_builds_on_has_a_tag(instructions: list[Instruction]) -> None:
    images = [one.rest.split()[0] for one in of(instructions, "FROM")]
    assert len(images) == 2
    for image in images:
        assert re.fullmatch(r"debian:12(-slim)?", image)


def test_it_runs_as_the_packages_user(instructions: list[Instruction]) -> None:
    last = instructions[-1].stage
    users = [one.rest for one in of(instructions, "USER") if one.stage == last]
    assert users == ["optout"]
    # Nothing is done as root after that.
    after = instructions[[one.word for one in instructions].index("USER") + 1:]
    assert [one.word for one in after if one.word in ("RUN", "COPY")] == []


def test_nothing_is_fetched_but_packages(instructions: list[Instruction]) -> None:
    assert [one.rest for one in instructions if re.search(r"\b(https?|ftp|git)://", one.rest)] == []
    assert [one.rest for one in of(instructions, "RUN") if re.search(r"\b(curl|wget|pip|npm)\b", one.rest)] == []


def test_what_it_copies_is_there(instructions: list[Instruction]) -> None:
    stages = [one.rest.split()[2] for one in of(instructions, "FROM") if len(one.rest.split()) == 3]
    for copy in of(instructions, "COPY"):
        words = shlex.split(copy.rest)
        source = next((word.split("=")[1] for word in words if word.startswith("--from=")), "")
        paths = [word for word in words if not word.startswith("--")]
        assert len(paths) >= 2
        if source:
            assert source in stages
            earlier = " ".join(one.rest for one in of(instructions, "RUN") if one.stage < copy.stage)
            assert [path for path in paths[:-1] if path.rstrip("/") not in earlier] == []
        else:
            assert [path for path in paths[:-1] if not (ROOT / path).exists()] == []


def test_the_program_that_it_builds_with_is_there_and_has_those_options(instructions: list[Instruction]) -> None:
    runs = " && ".join(one.rest for one in of(instructions, "RUN") if one.stage == 0)
    program = re.search(r"/source/(\S+) (--\S+)", runs)
    assert program is not None
    assert (ROOT / program[1]).stat().st_mode & 0o100
    assert f"        {program[2]})" in (ROOT / program[1]).read_text()


def test_apt_leaves_no_lists_behind(instructions: list[Instruction]) -> None:
    using_apt = [one.rest for one in of(instructions, "RUN") if re.search(r"apt-get|build-deb", one.rest)]
    assert len(using_apt) == 2
    for line in using_apt:
        assert "rm -rf" in line
        assert line.endswith("/var/lib/apt/lists/*")
        installs = re.findall(r"apt-get install[^&]*", line)
        assert [one for one in installs if "-y --no-install-recommends" not in one] == []
        assert not installs or "apt-get update" in line


def test_no_image_holds_keys(instructions: list[Instruction]) -> None:
    # In the same instruction: what one layer has, a later one does not take out of the image.
    install = next(one.rest for one in of(instructions, "RUN") if "optout-milter_*.deb" in one.rest)
    assert "&& rm -f /etc/optout-milter/keys" in install.split("optout-milter_*.deb")[1]


def test_it_starts_the_program_itself(instructions: list[Instruction]) -> None:
    # The exec form: signals reach the program, not a shell.
    assert json.loads(of(instructions, "ENTRYPOINT")[0].rest) == ["/usr/sbin/optout-milter"]
    assert json.loads(of(instructions, "CMD")[0].rest) == ["-c", "/etc/optout-milter/optout.yaml"]
    assert (len(of(instructions, "ENTRYPOINT")), len(of(instructions, "CMD"))) == (1, 1)


def test_what_the_page_shows_shares_the_process_ids() -> None:
    # Why: tests/web/test_pid_namespaces.py.
    page = (ROOT / "docs/packages.md").read_text().split("\n## Container\n")[1].split("\n## ")[0].replace("\\\n", "")
    (pod,) = re.findall(r"podman pod create --name (\S+) --share \S*\bpid\b", page)
    daemons = re.findall(r"^ {4}podman run -d (.*)", page, re.MULTILINE)
    assert len(daemons) == 2
    assert [command for command in daemons if f"--pod {pod} " not in command] == []
