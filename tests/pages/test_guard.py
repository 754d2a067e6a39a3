"""Who gets past the door without a code, and what every answer carries."""

import re

import pytest
import streamlit as st
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from tests.pages.conftest import ROOT
from tests.pages.guarding import HOST, OWN, client, handshake
from ui.api.assets import PLOTLY_URL
from ui.guard.hosts import Hosts
from ui.owner import COOKIE, hash_of

FOREIGN = [
    {},
    {"origin": "null"},
    {"origin": "http://evil.example"},
    {"origin": "http://localhost:8502"},
    {"origin": "http://localhost:8501.evil.example"},
    {"origin": "http://evil.example/http://localhost:8501"},
    {"origin": "file://localhost:8501"},
    {"origin": "http://["},
]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", PLOTLY_URL, 200),
        ("GET", "/api/stream", 200),
        ("GET", "/api/nothing", 404),
        ("GET", "/api/ink", 405),
        ("POST", "/train", 405),
        ("POST", "/api/checkpoints", 403),
        ("GET", "/api/boom", 500),
        ("GET", "/boom", 500),
    ],
)
def test_every_answer_carries_the_headers_errors_and_streams_too(
    method: str, path: str, status: int
) -> None:
    answer = client().request(method, path, headers=OWN)
    policy = answer.headers["content-security-policy"]
    assert answer.status_code == status
    assert "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_a_fault_tells_nothing_of_the_inside_and_is_json_under_api() -> None:
    answer = client().get("/api/boom")
    said = "Something went wrong on the server; its output says what."
    assert answer.json() == {"error": said}
    answer = client().get("/boom")
    assert (answer.text, answer.headers["content-type"]) == (said, "text/plain; charset=utf-8")


def test_a_fault_still_surfaces_in_the_servers_output() -> None:
    asking = client()
    with pytest.raises(ValueError, match="secret"):
        TestClient(asking.app, HOST).get("/api/boom")


def test_a_stream_that_breaks_off_is_answered_once() -> None:
    answer = client().get("/api/half")
    assert (answer.status_code, answer.text) == (200, "one")


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8501", "localhost.:8501", "127.0.0.1:9", "[::1]:8501", "lab.example"],
)
def test_the_servers_own_names_are_answered(host: str) -> None:
    asking = client({"allowed_hosts": "Lab.example"})
    assert asking.get("/", headers={"host": host}).status_code == 200
    assert handshake(asking, {"host": host, "origin": f"http://{host}"}) == 101


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "evil.example:8501",
        "lab.example",
        "",
        "localhost:port",
        "localhost/evil",
        "localhost@evil.example",
        "evil.example#localhost",
        "[::1",
        "192.168.7.7",
    ],
)
@pytest.mark.parametrize("path", ["/", "/api/ink", "/static/app.js", "/_stcore/health"])
def test_any_other_name_is_refused_whatever_is_asked(host: str, path: str) -> None:
    asking = client()
    answer = asking.get(path, headers={"host": host})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "VAELAB_ALLOWED_HOSTS" in answer.text
    assert "content-security-policy" in answer.headers
    assert handshake(asking, {"host": host, "origin": f"http://{host}"}) == 400


@pytest.mark.parametrize("hosts", [[], ["localhost", "localhost"], ["localhost", "evil.example"]])
def test_a_request_names_one_host(hosts: list[str]) -> None:
    scope = {"type": "http", "headers": [(b"host", host.encode()) for host in hosts]}
    assert not Hosts(()).knows(HTTPConnection(scope))


@pytest.mark.parametrize(
    ("name", "arrived", "is_known"),
    [
        ("192.168.7.7", "192.168.7.7", True),
        ("192.168.7.7", "::ffff:192.168.7.7", True),
        ("[fd00::7]", "fd00:0::7", True),
        ("192.168.7.8", "192.168.7.7", False),
        ("lab", "lab", False),
    ],
)
def test_the_address_on_which_a_connection_arrives_is_known(
    name: str, arrived: str, is_known: bool
) -> None:
    headers = [(b"host", f"{name}:8501".encode())]
    scope = {"type": "http", "headers": headers, "server": (arrived, 8501)}
    assert Hosts(()).knows(HTTPConnection(scope)) == is_known


def test_the_computers_name_is_known_where_the_server_listens_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "Lab7.school.example")
    names = {"lab7.school.example", "lab7", "lab7.local"}
    assert not names & Hosts(()).names
    monkeypatch.setattr("ui.guard.hosts.listens_elsewhere", lambda: True)
    assert names <= Hosts(()).names


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "BREW"])
@pytest.mark.parametrize("path", ["/api/changed", "/api/checkpoints", "/train"])
def test_another_sites_page_changes_nothing(method: str, path: str) -> None:
    for headers in FOREIGN:
        answer = client().request(method, path, headers=headers)
        assert (answer.status_code, "Only a page of this server" in answer.text) == (403, True)
    answer = client().request(method, path, headers=OWN)
    assert "Only a page" not in answer.text


def test_the_servers_own_page_changes_things_through_a_proxy_too() -> None:
    asking = client({"allowed_hosts": "lab.example"})
    headers = {"host": "lab.example", "origin": "https://lab.example"}
    assert asking.post("/api/changed", headers=headers).text == "done"


def test_reading_asks_for_no_origin() -> None:
    for path in ("/", PLOTLY_URL):
        assert client().get(path, headers={"origin": "http://evil.example"}).status_code == 200


@pytest.mark.parametrize("headers", FOREIGN)
def test_another_sites_page_opens_no_websocket(headers: dict[str, str]) -> None:
    assert handshake(client(), headers) == 403
    assert handshake(client()) == 101


def test_a_server_that_cannot_answer_a_handshake_closes_it() -> None:
    inner = client().app

    async def without(scope: Scope, receive: Receive, send: Send) -> None:
        await inner({**scope, "extensions": {}}, receive, send)

    asking = TestClient(without, HOST)
    with pytest.raises(WebSocketDisconnect) as refused, asking.websocket_connect("/_stcore/stream"):
        pass
    assert refused.value.code == 1008


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/_stcore/upload_file/session/file"),
        ("POST", "/_stcore/agent/interact"),
        ("POST", "/_stcore/agent/mcp"),
        ("GET", "/_stcore/agent/openapi.json"),
    ],
)
def test_what_is_not_used_of_streamlit_is_closed(method: str, path: str) -> None:
    answer = client().request(method, path, headers=OWN, content=b"{}")
    assert (answer.status_code, answer.text) == (404, "There is nothing here.")


def test_streamlits_agent_api_is_off_in_its_own_settings_too() -> None:
    assert st.get_option("server.enableAgentApi") is False
    assert "enableAgentApi = false" in (ROOT / ".streamlit" / "config.toml").read_text()


def test_a_page_gives_a_token_that_no_script_reads() -> None:
    answer = client().get("/train")
    pattern = rf"{COOKIE}=[A-Za-z0-9_-]{{43}}; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax"
    assert re.fullmatch(pattern, answer.headers["set-cookie"])
    assert answer.headers["cache-control"] == "private, no-cache"
    tokens = {client().get("/").cookies[COOKIE] for _ in range(20)}
    assert len(tokens) == 20


def test_over_https_the_token_is_for_https_alone() -> None:
    answer = client(host="https://localhost").get("/")
    assert answer.headers["set-cookie"].endswith("; Secure")


def test_whoever_has_a_token_keeps_it_and_its_days_begin_anew() -> None:
    asking = client()
    token = asking.get("/").cookies[COOKIE]
    assert asking.get("/train").headers["set-cookie"].startswith(f"{COOKIE}={token}; ")


@pytest.mark.parametrize("token", ["short", "x" * 44, "x" * 42 + "é", '"; Path=/evil'])
def test_a_token_that_is_none_of_ours_is_replaced(token: str) -> None:
    cookie = f"{COOKIE}={token}".encode()
    answer = client().get("/", headers={b"cookie": cookie})
    assert re.match(rf"{COOKIE}=[A-Za-z0-9_-]{{43}};", answer.headers["set-cookie"])
    assert token not in answer.headers["set-cookie"]


def test_only_pages_give_tokens() -> None:
    for path in ("/static/app.js", "/api/nothing", "/_stcore/health", "/boom"):
        assert "set-cookie" not in client().get(path).headers


def test_the_hash_does_not_hold_the_token() -> None:
    token = "a" * 43
    assert re.fullmatch(r"[0-9a-f]{64}", hash_of(token))
    assert hash_of(token) != hash_of("b" * 43)


def test_public_answers_stay_public_without_a_code() -> None:
    assert client().get("/static/app.js").headers["cache-control"].startswith("public")
