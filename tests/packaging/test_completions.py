"""The completions of optoutctl offer what optoutctl --help says, and nothing else: asked of the shells themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import run

# Each takes lines and prints a line "== LINE" and what it would offer at its end.
BASH = r"""
source "$1"
shift
for line; do
    echo "== $line"
    read -r -a COMP_WORDS <<< "$line"
    [ "${line% }" = "$line" ] || COMP_WORDS+=('')
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _optoutctl
    printf '%s\n' "${COMPREPLY[@]}"
done
"""
FISH = """
source $argv[1]
for line in $argv[2..]
    echo "== $line"
    complete -C "$line"
end
"""


def help_of(optoutctl: Path, path: list[str]) -> str:
    done = run(optoutctl, *path, "--help")
    assert done.returncode == 0, done.stderr
    return done.stdout


def below(optoutctl: Path, path: list[str]) -> dict[str, tuple[set[str], set[str]]]:
    """ "token make" -> the commands below it and its options, by --help."""
    text = help_of(optoutctl, path)
    section = re.search(r"^Commands:\n((?: +.*\n)+)", text, re.MULTILINE)
    commands = re.findall(r"^ {2}([a-z]\S*)", section[1], re.MULTILINE) if section else []
    options = set(re.findall(r"^ {2}(?:-\w,)?(--[a-z-]+)", text, re.MULTILINE))
    found = {" ".join(path): (set(commands), options)}
    for name in commands:
        found |= below(optoutctl, [*path, name])
    return found


@pytest.fixture(scope="module")
def told(optoutctl: Path) -> dict[str, tuple[set[str], set[str]]]:
    found = below(optoutctl, [])
    # A help text that is read as empty would agree with anything.
    assert len(found) > 15
    # Every command takes them as well.
    return {path: (commands, options | {"--config"}) for path, (commands, options) in found.items()}


@pytest.fixture(scope="module")
def completions(packaging: Path) -> Path:
    return packaging / "completions"


def read_offers(printed: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    line = ""
    for text in filter(None, printed.splitlines()):
        if text.startswith("== "):
            line = text[3:]
            found[line] = []
        else:
            found[line].append(text.split("\t")[0])
    return found


def ask_bash(completions: Path, *lines: str) -> dict[str, list[str]]:
    done = run("bash", "-c", BASH, "bash", completions / "optoutctl.bash", *lines)
    assert (done.returncode, done.stderr) == (0, "")
    return read_offers(done.stdout)


def ask_fish(completions: Path, home: Path, *lines: str) -> dict[str, list[str]]:
    done = run("fish", "--no-config", "-c", FISH, completions / "optoutctl.fish", *lines,
               env={"HOME": str(home), "PATH": "/usr/bin:/bin", "TERM": "dumb"}, cwd=home)
    assert (done.returncode, done.stderr) == (0, "")
    return read_offers(done.stdout)


def lines_for(told: dict[str, tuple[set[str], set[str]]], what: str) -> dict[str, list[str]]:
    """What a shell must offer: at "optoutctl keys " the commands below it, at "optoutctl keys --" its options."""
    wanted = {}
    for path, (commands, options) in told.items():
        before = f"optoutctl {path} " if path else "optoutctl "
        if what == "options":
            wanted[before + "--"] = sorted(options)
        elif commands:
            wanted[before] = sorted(commands)
    return wanted


def zsh_functions(completions: Path) -> dict[str, tuple[set[str], set[str]]]:
    """What each function of the file offers: zsh's own completion needs a terminal."""
    found = {}
    text = (completions / "_optoutctl").read_text()
    for name, body in re.findall(r"^_optoutctl(\w*)\(\) \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL):
        commands = set(re.findall(r"^ {8}'([a-z-]+):", body, re.MULTILINE))
        called = {one.replace("_", "-") for one in re.findall(r"\) _optoutctl" + name + r"_(\w+) ;;", body)}
        assert {one.replace("_", "-") for one in commands} == called, f"_optoutctl{name} offers and calls"
        options = set(re.findall(r"'\*?(--[a-z-]+)\[", body)) | set(re.findall(r"\{-\w,(--[a-z-]+)\}", body))
        found[name.lstrip("_")] = (commands, options)
    return found


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_can_read_its_file(shell: str, completions: Path) -> None:
    name = {"bash": "optoutctl.bash", "zsh": "_optoutctl", "fish": "optoutctl.fish"}[shell]
    done = run(shell, "-n", completions / name)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("what", ["commands", "options"])
def test_bash_offers_what_help_says_and_no_other(what: str, told: dict, completions: Path) -> None:
    wanted = lines_for(told, what)
    offered = ask_bash(completions, *wanted)
    for line, words in offered.items():
        offered[line] = sorted(word for word in words if what == "options" or not word.startswith("-"))
    assert offered == wanted


@pytest.mark.parametrize("what", ["commands", "options"])
def test_fish_offers_what_help_says_and_no_other(what: str, told: dict, completions: Path, tmp_path: Path) -> None:
    wanted = lines_for(told, what)
    offered = ask_fish(completions, tmp_path, *wanted)
    assert {line: sorted(words) for line, words in offered.items()} == wanted


def test_zsh_has_every_command_and_option_and_no_other(told: dict, completions: Path) -> None:
    wanted = {path.replace(" ", "_").replace("-", "_"): both for path, both in told.items()}
    assert zsh_functions(completions) == wanted


def test_bash_completes_words_that_a_value_may_be(completions: Path) -> None:
    wanted = {"optoutctl list --state op": ["opted_out", "opted_in"],
              "optoutctl admin-token new --scope ": ["read", "write", "events"]}
    assert ask_bash(completions, *wanted) == wanted


def test_bash_completes_files_where_files_are_wanted(completions: Path, tmp_path: Path) -> None:
    (tmp_path / "one.csv").touch()
    wanted = {f"optoutctl {before} {tmp_path}/o": [f"{tmp_path}/one.csv"]
              for before in ("import", "check --file", "-c", "sync")}
    wanted[f"optoutctl check {tmp_path}/o"] = []
    assert ask_bash(completions, *wanted) == wanted


def test_the_files_are_those_that_the_generator_makes_now(optoutctl: Path, completions: Path, tmp_path: Path) -> None:
    done = run(completions / "generate", optoutctl, tmp_path)
    assert done.returncode == 0, done.stderr
    for name in ("optoutctl.bash", "_optoutctl", "optoutctl.fish"):
        assert (tmp_path / name).read_text() == (completions / name).read_text(), \
            f"run packaging/completions/generate {optoutctl}"
