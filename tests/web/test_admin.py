"""The admin listener as a client sees it: its API against the document that it serves, tokens, sockets, readiness."""

from __future__ import annotations

import http.client
import json
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema
import pytest

from support.private_redis import PrivateRedis
from support.web_daemon import Answer, WebDaemon

ANN = "ann@example.com"


class Api:
    """Every answer is checked against the document: its status is listed there, its body fits the schema."""

    def __init__(self, web: WebDaemon, token: str) -> None:
        self._web, self._token = web, token
        self.seen: set[tuple[str, str, int]] = set()
        answer = self._ask("GET", "/api/v1/openapi.json", None)
        assert answer.status == 200
        self.document: dict[str, Any] = json.loads(answer.body)

    def _ask(self, method: str, path: str, body: bytes | None, token: str | None = None) -> Answer:
        headers = {"Authorization": f"Bearer {self._token if token is None else token}"}
        if token == "":
            headers = {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self._web.ask(method, path, body, headers, self._web.admin_port)

    def call(self, method: str, template: str, parameters: dict[str, str] | None = None, query: str = "",
             body: Any = None, token: str | None = None) -> tuple[int, Any]:
        path = template
        for name, value in (parameters or {}).items():
            path = path.replace("{" + name + "}", quote(value, safe=""))
        answer = self._ask(method, path + query, None if body is None else json.dumps(body).encode(), token)
        operation = self.document["paths"][template][method.lower()]
        listed = operation["responses"].get(str(answer.status))
        assert listed is not None, f"{method} {template}: {answer.status} is not in the document: {answer.text}"
        while "$ref" in listed:
            listed = self._resolve(listed["$ref"])
        content_type = (answer.header("Content-Type") or "").split(";")[0]
        schema = listed["content"][content_type]["schema"]
        decoded = json.loads(answer.body)
        jsonschema.Draft202012Validator({**schema, "components": self.document["components"]}).validate(decoded)
        self.seen.add((method.lower(), template, answer.status))
        return answer.status, decoded

    def _resolve(self, reference: str) -> Any:
        place: Any = self.document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
        return place


@pytest.fixture(params=["lmdb", "redis"])
def stored(request: pytest.FixtureRequest, start: Callable[..., WebDaemon], directory: Path):  # type: ignore[no-untyped-def]
    if request.param == "lmdb":
        yield start(), None
        return
    redis = PrivateRedis(directory / "redis")

    def use_redis(settings: dict) -> None:
        settings["store"]["type"] = "redis"
        settings["store"]["mirror"] = False  # the mirror would answer for it
        settings["redis"] = {"address": f"unix:{redis.path}"}

    try:
        yield start(use_redis), redis
    finally:
        redis.close()


def api_of(web: WebDaemon, *scopes: str) -> Api:
    options = [word for scope in scopes for word in ("--scope", scope)]
    token = web.admin.must("admin-token", "new", "test", *options, "--file", web.settings["web"]["admin_tokens"]).strip()
    web.reload()
    web.claim(lambda line: "event=reloaded" in line.text, "the reload")
    return Api(web, token)


def test_every_operation_and_the_document_agree(stored) -> None:  # type: ignore[no-untyped-def]
    web, redis = stored
    api = api_of(web, "read", "write", "events")
    record, of_list = "/api/v1/records/{address}", "/api/v1/records/{address}/{list}"
    assert api.call("GET", "/healthz")[0] == 200
    assert api.call("GET", "/readyz")[0] == 200
    assert api.call("GET", "/api/v1/lists")[0] == 200
    assert api.call("GET", record, {"address": ANN})[0] == 200
    status, _ = api.call("PUT", of_list, {"address": ANN, "list": "newsletter"}, body={"state": "opted_out", "reason": "phone"})
    assert status == 200
    assert web.state(ANN) == "opted_out"
    assert api.call("PUT", of_list, {"address": ANN, "list": "newsletter"},
                    body={"state": "paused", "until": "2030-01-01T00:00:00Z"})[0] == 409
    assert api.call("PUT", of_list, {"address": ANN, "list": "nothing"}, body={"state": "opted_out"})[0] == 404
    assert api.call("PUT", of_list, {"address": ANN, "list": "newsletter"}, body={"state": "gone"})[0] == 400
    assert api.call("GET", of_list, {"address": ANN, "list": "newsletter"})[0] == 200
    assert api.call("DELETE", of_list, {"address": ANN, "list": "newsletter"})[0] == 200
    assert web.state(ANN) == "not_listed"
    assert api.call("PUT", record, {"address": ANN}, body={"state": "opted_out"})[0] == 200
    assert web.state(ANN) == "opted_out"
    assert api.call("DELETE", record, {"address": ANN})[0] == 200
    assert web.state(ANN) == "not_listed"
    assert api.call("GET", record, {"address": "no address"})[0] == 400
    assert api.call("GET", record, {"address": ANN}, token="optout_wrong")[0] == 401

    # Events: all that happened, paged, and followed from the last one.
    _, everything = api.call("GET", "/api/v1/events")
    assert len(everything["events"]) >= 4
    taken, after = [], ""
    while True:
        _, page = api.call("GET", "/api/v1/events", query=f"?limit=2&after={after}")
        taken += page["events"]
        if not page["events"]:
            break
        after = page["next"]
    assert taken == everything["events"]
    web.one_click(web.link("bob@example.com"))
    _, new = api.call("GET", "/api/v1/events", query=f"?after={after}")
    assert [(event["address"], event["list"], event["channel"]) for event in new["events"]] == [
        ("bob@example.com", "newsletter", "one_click")]
    assert api.call("GET", "/api/v1/events", query="?after=nonsense")[0] == 400

    documented = {(method, path) for path, methods in api.document["paths"].items() for method in methods
                  if method != "parameters"}
    called = {(method, path) for method, path, _ in api.seen} | {("get", "/api/v1/openapi.json")}
    assert documented == called

    if redis is not None:
        web.declared = [re.compile("store_down|merge_waits|store_not_ready")]
        redis.stop()
        assert api.call("GET", "/readyz")[0] == 503
        assert api.call("GET", "/healthz")[0] == 200
        assert api.call("GET", record, {"address": ANN})[0] == 503


def test_ready_only_while_the_journal_can_be_written(web: WebDaemon) -> None:
    api = api_of(web, "read")
    web.declared = [re.compile("lmdb_|journal")]
    assert api.call("GET", "/readyz")[0] == 200
    web.disk_full()
    status, problem = api.call("GET", "/readyz")
    assert status == 503, problem
    web.disk_free()
    assert api.call("GET", "/readyz")[0] == 200


def test_a_scope_allows_what_it_names_and_no_more(web: WebDaemon) -> None:
    api = api_of(web, "events")
    assert api.call("GET", "/api/v1/events")[0] == 200
    assert api.call("GET", "/readyz")[0] == 200
    assert api.call("GET", "/api/v1/records/{address}", {"address": ANN})[0] == 403
    assert api.call("PUT", "/api/v1/records/{address}", {"address": ANN}, body={"state": "opted_out"})[0] == 403
    assert web.admin.must("list") == ""


def test_without_a_token_file_nobody_is_let_in(web: WebDaemon) -> None:
    for path in ("/healthz", "/readyz", "/api/v1/lists"):
        answer = web.ask("GET", path, port=web.admin_port)
        assert (answer.status, answer.header("WWW-Authenticate") is not None) == (401, True)


def test_another_host_name_is_refused(web: WebDaemon) -> None:
    api = api_of(web, "read")
    for host, status in (("evil.example", 421), ("127.0.0.1", 200), (f"localhost:{web.admin_port}", 200)):
        answer = web.ask("GET", "/healthz", headers={"Host": host, "Authorization": f"Bearer {api._token}"},
                         port=web.admin_port)
        assert (host, answer.status) == (host, status)


def test_on_a_unix_socket_no_token_is_asked_for(start: Callable[..., WebDaemon], directory: Path) -> None:
    path = directory / "admin.sock"
    start(admin=f"unix:{path}")
    assert path.stat().st_mode & 0o777 == 0o660
    connection = http.client.HTTPConnection("localhost")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(path))
    connection.request("GET", "/api/v1/lists")
    assert connection.getresponse().status == 200
    connection.close()


def test_a_reload_changes_nothing_of_who_is_let_in(web: WebDaemon, directory: Path) -> None:
    web.declared = [re.compile("event=restart_needed keys=web.admin$")]
    changed = {**web.settings, "web": {**web.settings["web"], "admin": f"unix:{directory}/admin.sock"}}
    port = web.admin_port
    web.write_config(changed)
    for _ in range(2):  # what is not in force is not what the second reload compares with either
        web.reload()
        web.claim(lambda line: "event=restart_needed keys=web.admin" in line.text, "the key that waits")
        web.claim(lambda line: "event=reloaded" in line.text, "the reload")
        for path in ("/api/v1/lists", "/healthz", f"/api/v1/records/{ANN}"):
            assert web.ask("GET", path, port=port).status == 401


def test_what_never_reaches_the_api_is_a_problem_too(web: WebDaemon) -> None:
    api = api_of(web, "write")
    status, problem = api.call("PUT", "/api/v1/records/{address}", {"address": ANN},
                               body={"state": "opted_out", "text": "a" * 20_000})
    assert (status, problem["title"]) == (413, "Content Too Large")
    answer = web.raw(b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n", port=web.admin_port)
    assert answer.startswith(b"HTTP/1.1 400 ") and b"Content-Type: application/problem+json" in answer


def test_the_public_listener_has_no_admin_paths(web: WebDaemon) -> None:
    for path in ("/healthz", "/readyz", "/api/v1/lists", "/api/v1/openapi.json"):
        assert web.get(path).status == 404
