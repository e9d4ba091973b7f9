"""The settings as packages install them: the programs take them, and they change no mail before their owner says so."""

from __future__ import annotations

import re
from pathlib import Path

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
