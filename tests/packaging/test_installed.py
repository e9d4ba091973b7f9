"""What packages install: settings that the programs take and that change no mail before their owner says so, and pages
that lead only to what is installed as well."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conftest import ROOT, run


def test_the_installed_settings_have_no_problem(build: Path, optoutctl: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    assert run(optoutctl, "keys", "new", keys).returncode == 0
    config = tmp_path / "optout.yaml"
    text = (build / "packaged/optout.yaml").read_text()
    with_keys = text.replace("#keys: /etc/optout-milter/keys", f"keys: {keys}")
    with_keys = with_keys.replace("#path: /var/lib/optout-milter", f"path: {tmp_path}/store")
    assert with_keys.count(str(tmp_path)) == 2
    config.write_text(with_keys)
    for program in ("optout-milter", "optout-web"):
        done = run(build / "src/app" / program, "-c", config, "--check-config")
        assert (done.returncode, done.stderr) == (0, "")
        assert "no problem found" in done.stdout


def test_the_installed_settings_change_no_mail(build: Path) -> None:
    installed = (build / "packaged/optout.yaml").read_text()
    assert re.findall(r"^  mode: .*", installed, re.MULTILINE) == ["  mode: monitor"]


def test_the_installed_settings_are_the_sample_but_for_three_places(build: Path) -> None:
    sample = (ROOT / "config/optout.yaml").read_text().splitlines()
    installed = (build / "packaged/optout.yaml").read_text().splitlines()
    assert [line for line in sample if line not in installed] == [
        "  listen: unix:/run/optout-milter/milter.sock", "  mode: enforce"]
    added = [line for line in installed if line not in sample]
    assert added == ["# As installed, mode is monitor: no mail is changed. Before you attach it to an MTA, make "
                     "public_url, mailto and lists",
                     "# yours. Without Postfix here, set milter.listen to unix:/run/optout-milter/milter.sock.",
                     "  listen: unix:/var/spool/postfix/optout-milter/milter.sock", "  mode: monitor"]


def test_a_sample_for_a_proxy_keeps_links_out_of_its_logs(packaging: Path) -> None:
    nginx = (packaging / "nginx/optout-web.conf").read_text()
    assert re.findall(r"^ *(access_log|error_log) .*\b(\w+);$", nginx, re.MULTILINE) == [
        ("access_log", "off"), ("error_log", "emerg")]
    caddy = re.sub(r"#.*\n", "", (packaging / "caddy/Caddyfile").read_text())
    # Caddy's own log has these two without being asked for.
    assert caddy.split()[:7] == ["{", "log", "default", "{", "exclude", "http.log.error", "http.handlers.reverse_proxy"]
    assert caddy.split().count("log") == 1


def test_the_reader_of_the_manual_finds_the_units_by_their_names(packaging: Path) -> None:
    for name in ("optout-milter", "optout-web"):
        documentation = re.search(r"^Documentation=(.*)$", (packaging / f"systemd/{name}.service").read_text(), re.M)
        assert documentation is not None
        for page, section in re.findall(r"man:([\w.-]+)\((\d)\)", documentation[1]):
            assert (packaging / f"man/{page}.{section}").is_file()


@pytest.fixture(scope="module")
def installed_pages(build: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where README.md lies, installed."""
    target = tmp_path_factory.mktemp("installed")
    done = run("cmake", "--install", build, "--component", "documentation", "--prefix", target)
    assert (done.returncode, done.stderr) == (0, "")
    (page,) = target.glob("share/doc/*/README.md")
    return page.parent


def test_every_link_of_an_installed_page_leads_to_what_is_installed(installed_pages: Path) -> None:
    dead, count = [], 0
    for page in [installed_pages / "README.md", *sorted(installed_pages.glob("docs/*.md"))]:
        for link in re.findall(r"\]\(([^)#\s]+)[^)\s]*\)", page.read_text()):
            if not re.match(r"[a-z]+:", link):
                count += 1
                target = (page.parent / link).resolve()
                if not (target.exists() and target.is_relative_to(installed_pages)):
                    dead.append(f"{page.name}: {link}")
    assert dead == []
    assert count > 50  # else the pages were not read


def test_every_documentation_file_that_is_named_is_installed(installed_pages: Path, packaging: Path) -> None:
    pages = [*installed_pages.glob("docs/*.md"), *packaging.glob("man/*"), *packaging.glob("debian/*.README.Debian")]
    named = {path.rstrip(".,:;") for page in pages
             for path in re.findall(r"/usr/share/doc/optout-milter/([\w./-]+)", page.read_text().replace("\\-", "-"))}
    assert named
    assert [path for path in sorted(named) if not (installed_pages / path).exists()] == []


def test_debian_takes_no_page_away_and_packs_none(packaging: Path) -> None:
    rules = (packaging / "debian/rules").read_text()
    assert re.findall(r"^\trm .*share/doc.*", rules, re.MULTILINE) == []
    assert re.findall(r"dh_compress (.*)", rules) == ["-X.md -Xdoc/optout-milter/config -Xdoc/optout-milter/packaging"]


def test_the_page_says_what_the_rpm_does(packaging: Path) -> None:
    page = (ROOT / "docs/packages.md").read_text()
    spec = (packaging / "rpm/optout-milter.spec").read_text()
    mode = re.search(r"%attr\((\d+),(\w+),(\w+)\) /etc/optout-milter/optout\.yaml", spec)
    assert mode is not None
    row = next(line for line in page.splitlines() if line.startswith("| `/etc/optout-milter/optout.yaml`"))
    assert f"RPM {mode[2]}:{mode[3]} {mode[1]}" in row
    assert re.findall(r"systemctl.* (?:start|enable) ", spec) == []
    assert "**The RPM starts nothing.**" in page
    assert "systemctl enable --now optout-milter\n" in page
