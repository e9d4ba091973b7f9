"""TLS by itself: the certificate, one that is changed while it serves, and what cannot be used."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

from support.certificates import make_certificate
from support.daemon import binary
from support.web_daemon import ONE_CLICK, URLENCODED, WebDaemon


def trusting(certificate: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate)


def test_serves_over_tls_and_takes_a_new_certificate(start: Callable[..., WebDaemon], directory: Path) -> None:
    first, second = make_certificate(directory, "first"), make_certificate(directory, "second")
    live = {"certificate": str(directory / "live.pem"), "key": str(directory / "live.key")}
    for kind in live:
        shutil.copy(first[kind], live[kind])
    web = start(tls=live)
    link = web.link("ann@example.com")
    answer = web.ask("POST", link, ONE_CLICK, {"Content-Type": URLENCODED}, tls=trusting(first["certificate"]))
    assert answer.status == 200 and web.state("ann@example.com") == "opted_out"

    kept = socket.create_connection(("127.0.0.1", web.port))
    with trusting(first["certificate"]).wrap_socket(kept, server_hostname="localhost") as old:
        for kind in live:
            shutil.copy(second[kind], live[kind])
        web.reload()
        web.claim(lambda line: "event=reloaded" in line.text, "the reload")
        assert web.ask("GET", link, tls=trusting(second["certificate"])).status == 200
        # A connection that was there goes on.
        old.sendall(b"GET /style.css HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert old.recv(12) == b"HTTP/1.1 200"


def test_a_certificate_that_cannot_be_used_leaves_the_old_one(start: Callable[..., WebDaemon], directory: Path) -> None:
    live = make_certificate(directory, "live")
    web = start(tls=live)
    before = ssl.get_server_certificate(("127.0.0.1", web.port))
    Path(live["certificate"]).write_text("no certificate\n")
    web.reload()
    web.claim(lambda line: "event=reload_failed" in line.text and "live.pem" in line.text, "the refusal")
    web.declared = [__import__("re").compile("event=reload_failed")]
    assert ssl.get_server_certificate(("127.0.0.1", web.port)) == before


def test_old_protocols_are_refused(start: Callable[..., WebDaemon], directory: Path) -> None:
    web = start(tls=make_certificate(directory, "live"))
    context = ssl._create_unverified_context()
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        web.ask("GET", "/", tls=context)
    except ssl.SSLError:
        return
    raise AssertionError("TLS 1.1 was taken")


def test_a_key_of_another_certificate_is_a_problem_at_start(web: WebDaemon, directory: Path) -> None:
    mixed = {**make_certificate(directory, "a"), "key": make_certificate(directory, "b")["key"]}
    web.write_config({**web.settings, "web": {**web.settings["web"], "tls": mixed}})
    done = subprocess.run([str(binary("optout-web")), "-c", str(web.config), "--check-config"], capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 1
    assert "b.key: it is not the key of the first certificate in" in done.stderr
