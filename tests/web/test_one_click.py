"""POST /u/TOKEN as mail clients and others send it (RFC 8058), and everything that must not unsubscribe anybody."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.private_redis import PrivateRedis
from support.tokens import forged
from support.waiting import wait_until
from support.web_daemon import ONE_CLICK, URLENCODED, Answer, WebDaemon

ANN = "ann@example.com"
BOUNDARY = "----=_Part_4711"


def multipart(*parts: str, boundary: str = BOUNDARY) -> bytes:
    return ("".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n").encode()


def form_part(name: str, value: str, more: str = "") -> str:
    return f'Content-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}'


RECORDED = [
    ("urlencoded", URLENCODED, ONE_CLICK),
    ("urlencoded with a charset", URLENCODED + "; charset=utf-8", ONE_CLICK),
    ("a line end behind it", URLENCODED, ONE_CLICK + b"\r\n"),
    ("other case of the value", URLENCODED, b"List-Unsubscribe=one-click"),
    ("percent-encoded", URLENCODED, b"List%2DUnsubscribe=One%2DClick"),
    ("beside other fields", URLENCODED, b"a=b&List-Unsubscribe=One-Click&c"),
    ("multipart", f"multipart/form-data; boundary={BOUNDARY}", multipart(form_part("List-Unsubscribe", "One-Click"))),
    ("multipart, quoted boundary", f'Multipart/Form-Data; boundary="{BOUNDARY}"',
     multipart(form_part("List-Unsubscribe", "One-Click"))),
    ("multipart, several parts", f"multipart/form-data; boundary={BOUNDARY}",
     multipart(form_part("x", "y"), form_part("List-Unsubscribe", "One-Click"))),
]
NOT_RECORDED = [
    ("empty body", URLENCODED, b"", 200),
    ("blanks", URLENCODED, b"\r\n", 200),
    ("another value", URLENCODED, b"List-Unsubscribe=Two-Clicks", 200),
    ("another field", URLENCODED, b"Unsubscribe=One-Click", 200),
    ("JSON", "application/json", b'{"List-Unsubscribe": "One-Click"}', 415),
    ("text", "text/plain", ONE_CLICK, 415),
    ("a field as a file", f"multipart/form-data; boundary={BOUNDARY}",
     multipart(form_part("List-Unsubscribe", "One-Click", '; filename="x"')), 200),
    ("multipart without an end", f"multipart/form-data; boundary={BOUNDARY}",
     f"--{BOUNDARY}\r\n{form_part('List-Unsubscribe', 'One-Click')}".encode(), 400),
    ("multipart without a boundary", "multipart/form-data", multipart(form_part("List-Unsubscribe", "One-Click")), 400),
    ("a NUL", URLENCODED, b"List-Unsubscribe=One-Click%00", 400),
    ("a raw NUL", URLENCODED, b"List-Unsubscribe=One-Click\0", 400),
    ("no UTF-8", URLENCODED, b"List-Unsubscribe=One-Click&x=%ff", 400),
    ("broken percent-encoding", URLENCODED, b"List-Unsubscribe=One-Click&x=%zz", 400),
    ("too long", URLENCODED, b"List-Unsubscribe=One-Click&x=" + b"a" * 16384, 413),
]


def nobody_is_out(web: WebDaemon) -> None:
    assert web.admin.must("list") == ""


@pytest.mark.parametrize(("content_type", "body"), [row[1:] for row in RECORDED], ids=[row[0] for row in RECORDED])
def test_records_and_answers_a_short_line(web: WebDaemon, content_type: str, body: bytes) -> None:
    answer = web.post(web.link(ANN), body, content_type)
    assert (answer.status, answer.header("Content-Type"), answer.text) == (
        200, "text/plain; charset=utf-8", "You have been unsubscribed.\n")
    assert answer.header("Set-Cookie") is None
    assert web.state(ANN) == "opted_out"
    assert web.state(ANN, "product-news") == "not_listed"


def test_what_does_not_ask_for_it_changes_nothing(web: WebDaemon) -> None:
    link = web.link(ANN)
    for name, content_type, body, status in NOT_RECORDED:
        assert (name, web.post(link, body, content_type).status) == (name, status)
    nobody_is_out(web)


def test_an_empty_body_gets_the_page_and_counts_where_the_config_says_so(start: Callable[..., WebDaemon]) -> None:
    web = start(accept_empty_post=True)
    assert web.post(web.link(ANN), b"").text == "You have been unsubscribed.\n"
    assert web.state(ANN) == "opted_out"


def test_without_a_content_type(web: WebDaemon) -> None:
    answer = web.raw(f"POST {web.link(ANN)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(ONE_CLICK)}"
                     "\r\n\r\n".encode() + ONE_CLICK)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert web.state(ANN) == "opted_out"


def test_it_is_idempotent_and_keeps_the_first_record(web: WebDaemon) -> None:
    link = web.link(ANN)
    assert web.one_click(link).status == 200
    first = web.admin.must("list", "--json")
    for _ in range(5):
        assert web.one_click(link).status == 200
    assert web.admin.must("list", "--json") == first


def test_the_admins_record_is_kept(web: WebDaemon) -> None:
    web.admin.must("add", ANN, "--list", "newsletter", "--reason", "phone")
    first = web.admin.must("list", "--json")
    assert web.one_click(web.link(ANN)).status == 200
    assert web.admin.must("list", "--json") == first


def test_no_redirect_for_slashes_and_encodings(web: WebDaemon) -> None:
    for number, change in enumerate([lambda p: p + "/", lambda p: "/" + p, lambda p: p.replace("/u/", "/u//"),
                                     lambda p: p.replace(".", "%2e"), lambda p: p.upper().replace("/U/", "/u/"),
                                     lambda p: p.split(".")[0], lambda p: p + "?utm_source=mail&x=%00",
                                     lambda p: p.split(".")[0] + ".garbage"]):
        address = f"ann{number}@example.com"
        answer = web.one_click(change(web.link(address)))
        assert (number, answer.status, answer.header("Location")) == (number, 200, None)
        assert web.state(address) == "opted_out"


def test_behind_a_path_that_the_proxy_leaves_or_takes(start: Callable[..., WebDaemon]) -> None:
    web = start(lambda settings: settings.update(public_url="https://example.com/mail/lists"))
    link = web.link(ANN)
    assert web.one_click("/mail/lists" + link).status == 200
    assert web.state(ANN) == "opted_out"
    assert web.one_click(web.link("bob@example.com")).status == 200
    for path in ("/mail/lists" + link, link):
        page = web.get(path)
        way = re.search(r'<link rel="stylesheet" href="([^"]+)"', page.text)
        assert way is not None and way[1] == "../style.css"
        assert web.get(path.rpartition("/u/")[0] + "/style.css").status == 200


def test_get_and_head_change_nothing(web: WebDaemon) -> None:
    link = web.link(ANN)
    for query in ("", "?List-Unsubscribe=One-Click", "?do=stop", "?do=all", "?lang=de&do=stop"):
        for method in ("GET", "HEAD"):
            assert web.ask(method, link + query).status == 200
    # A GET with a body, as some scanners send it.
    assert web.ask("GET", link, ONE_CLICK, {"Content-Type": URLENCODED}).status == 200
    nobody_is_out(web)


def test_in_the_query_a_post_does_not_count(web: WebDaemon) -> None:
    assert web.post(web.link(ANN) + "?List-Unsubscribe=One-Click", b"").status == 200
    nobody_is_out(web)


def test_other_methods(web: WebDaemon) -> None:
    link = web.link(ANN)
    for method in ("PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"):
        answer = web.ask(method, link, ONE_CLICK, {"Content-Type": URLENCODED})
        assert (method, answer.status, answer.header("Allow")) == (method, 405, "GET, HEAD, POST")
    nobody_is_out(web)


def bad_links(web: WebDaemon) -> list[tuple[str, str]]:
    link = web.link(ANN)
    token, sealed = link.removeprefix("/u/").split(".")
    return [("forged", "/u/" + forged(token)), ("cut", f"/u/{token[:-1]}"), ("long", f"/u/{token}a"), ("empty", "/u/"),
            ("unknown key", "/u/" + "7q" + token[2:]), ("four parts", f"/u/{token}.{sealed}.a.b"),
            ("dots", "/u/../u/" + token), ("encoded slash", f"/u%2f{token}"), ("NUL", f"/u/{token}%00"),
            ("bad percent", f"/u/{token}%zz"), ("nothing of ours", "/wp-login.php"), ("below", f"/u/{token}/x"),
            ("not UTF-8", "/u/%ff%fe"), ("garbage", "/u/" + "a" * 52)]


def same(answer: Answer) -> tuple[int, bytes, list[tuple[str, str]]]:
    return answer.status, answer.body, sorted(h for h in answer.headers if h[0] != "Date")


def test_whatever_is_wrong_with_a_link_the_answer_is_the_same(web: WebDaemon) -> None:
    expected = web.one_click("/u/nothing")
    assert expected.status == 404
    for name, path in bad_links(web):
        for answer in (web.one_click(path), web.get(path)):
            # The page's way to its style is longer where the path is deeper, as it must be.
            if path.count("/") == 2:
                assert (name, same(answer)) == (name, same(expected))
            assert (name, answer.status) == (name, 404)
    nobody_is_out(web)


def test_bad_links_take_the_same_time(web: WebDaemon) -> None:
    """No more than noise between a forged token, a cut one and one of an unknown key."""
    kinds = {name: path for name, path in bad_links(web) if name in ("forged", "cut", "unknown key")}
    times: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(40):
        for name, path in kinds.items():
            begin = time.perf_counter()
            assert web.one_click(path).status == 404
            times[name].append(time.perf_counter() - begin)
    medians = {name: statistics.median(values) for name, values in times.items()}
    assert max(medians.values()) < 3 * min(medians.values()), medians


def test_a_list_that_is_no_longer_configured_is_recorded(start: Callable[..., WebDaemon]) -> None:
    web = start()
    link = web.link(ANN, "product-news")
    settings = {**web.settings, "lists": [one for one in web.settings["lists"] if one["name"] == "newsletter"]}
    web.write_config(settings)
    web.reload()
    web.claim(lambda line: "event=reloaded" in line.text, "the reload")
    assert "Product news" in web.get(link).text
    assert web.one_click(link).status == 200
    assert '"list":"product-news"' in web.admin.must("list", "--json").replace(": ", ":")


def test_a_full_disk_is_no_acknowledgement(web: WebDaemon) -> None:
    web.declared = [re.compile("unsubscribe_not_recorded|lmdb_|event=choice")]
    link = web.link(ANN)
    web.disk_full()
    answer = web.one_click(link)
    assert (answer.status, answer.header("Retry-After")) == (503, "30")
    web.disk_free()
    assert web.state(ANN) == "not_listed"
    assert web.one_click(link).status == 200
    assert web.state(ANN) == "opted_out"


def test_every_answer_is_hardened(web: WebDaemon) -> None:
    link = web.link(ANN)
    for answer in (web.get(link), web.one_click(link), web.get("/u/nothing"), web.get("/"), web.post(link, b"do=stop"),
                   web.ask("PUT", link)):
        headers = {name.lower(): value for name, value in answer.headers}
        assert headers["cache-control"] == "no-store"
        assert headers["x-robots-tag"] == "noindex, nofollow"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "set-cookie" not in headers and "location" not in headers


def test_the_log_has_neither_address_nor_token(web: WebDaemon) -> None:
    link = web.link(ANN)
    token, sealed = link.removeprefix("/u/").split(".")
    web.get(link)
    web.one_click(link)
    web.post(link, b"do=all")
    web.post("/", b"address=ann%40example.com")
    web.get("/u/" + forged(token))
    web.claim(lambda line: "what=not_found" in line.text, "the last request")
    text = web.log_text()
    assert "what=one_click" in text and "reason=unsubscribe_recorded" in text
    for secret in (token, sealed, forged(token), "ann@example.com", "ann%40"):
        assert secret not in text


def test_from_wherever_it_is_said_to_come(web: WebDaemon) -> None:
    """A token is the authority, and no cookie stands behind it: an Origin of elsewhere says nothing."""
    for number, origin in enumerate(("https://mail.example.net", "null", "https://lists.example.com")):
        address = f"ann{number}@example.com"
        answer = web.post(web.link(address), ONE_CLICK, Origin=origin, Sec_Fetch_Site="cross-site",
                          Referer="https://mail.example.net/inbox")
        assert (origin, answer.status, answer.text) == (origin, 200, "You have been unsubscribed.\n")
        assert web.state(address) == "opted_out"


def test_while_redis_is_down_the_journal_counts_and_without_it_there_is_no_acknowledgement(
        start: Callable[..., WebDaemon], directory: Path) -> None:
    redis = PrivateRedis(directory / "redis")

    def use_redis(settings: dict) -> None:
        settings["store"].update(type="redis", deadline="250ms")
        settings["redis"] = {"address": f"unix:{redis.path}"}

    try:
        web = start(use_redis)
        web.declared = [re.compile("event=merge_waits|unsubscribe_not_recorded|lmdb_|event=choice|event=store_")]
        ann, bob = web.link(ANN), web.link("bob@example.com")
        redis.pause()
        assert web.one_click(ann).text == "You have been unsubscribed.\n"
        # On this host it counts at once.
        assert web.state(ANN) == "opted_out"
        web.disk_full()
        answer = web.one_click(bob)
        assert (answer.status, answer.header("Retry-After")) == (503, "30")
        web.disk_free()
        redis.resume()
        wait_until(lambda: web.admin.run("pending").returncode == 0, "what waited is merged")
        assert (web.state(ANN), web.state("bob@example.com")) == ("opted_out", "not_listed")
        assert web.one_click(bob).status == 200
        assert web.state("bob@example.com") == "opted_out"
    finally:
        redis.close()
