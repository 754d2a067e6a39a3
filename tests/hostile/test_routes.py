"""Every route of the server, before the real door, asked for everything but what it is for."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.hostile.asking import OWNED, ask, refused
from tests.hostile.routes import BY_PATH, ELSEWHERE, TAKES, address, make_run, methods
from tests.hostile.texts import BODIES, METHODS, NAMES, VALUES

ALL = sorted(TAKES)
POSTED = [path for path in ALL if TAKES[path].limit is not None]
OF_JSON = [path for path in ALL if TAKES[path].body is not None]
some = settings(derandomize=True, max_examples=50, deadline=None, database=None)

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(VALUES).map(lambda text: text[:2_000]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.fixture(autouse=True)
def prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run to ask for; files of at most 1 MiB; searches and streams that end at once."""
    make_run()
    monkeypatch.setenv("VAELAB_MAX_UPLOAD_MB", "1")
    monkeypatch.setattr("ui.api.events.LOOK_EVERY_S", 0.0)
    monkeypatch.setattr("ui.api.searching.search", lambda *_, **__: iter(()))


def method_of(path: str) -> str:
    return "POST" if TAKES[path].limit is not None else "GET"


def test_no_route_is_without_hostile_cases() -> None:
    assert set(TAKES) == set(BY_PATH)
    for path, route in BY_PATH.items():
        assert set(TAKES[path].params) == set(route.param_convertors), path
        assert (TAKES[path].limit is not None) == ("POST" in (route.methods or ())), path


@pytest.mark.parametrize("path", ALL)
def test_what_is_right_is_answered(client: TestClient, path: str) -> None:
    """Else the others would only prove that nothing is."""
    takes, query, content = TAKES[path], {}, b""
    if takes.body is not None:
        content = json.dumps(takes.body).encode()
    if "limit" in takes.query:
        query = {"limit": "3"}
    if "text" in takes.query:
        query = {"text": "http://localhost"}
    answer = ask(client, method_of(path), address(path), params=query, content=content)
    missing = {ELSEWHERE, "/api/ink", "/api/prepare", "/api/checkpoints"}
    without_frames = path.startswith("/api/runs/") and path != "/api/runs/{run_id}/frames"
    assert (answer.status_code == 200) != (path in missing or without_frames)


@pytest.mark.parametrize("path", [path for path in ALL if TAKES[path].params])
def test_nothing_is_found_by_a_name_that_is_none(client: TestClient, path: str) -> None:
    for param in TAKES[path].params:
        good = address(path)
        for name in NAMES:
            asked = address(path, **{param: name})
            if asked == good or (name.isdigit() and param in ("number", "step", "newest")):
                continue
            refused(ask(client, method_of(path), asked), 404, 405)


@pytest.mark.parametrize("path", ALL)
def test_no_other_method_is_taken(client: TestClient, path: str) -> None:
    taken = methods(path)
    for method in METHODS:
        if method not in taken:
            answer = ask(client, method, address(path))
            refused(answer, 404 if path == ELSEWHERE else 405)
            assert {name for name in answer.headers.get("allow", "").split(", ") if name} == taken


@pytest.mark.parametrize("path", ALL)
def test_no_query_is_too_strange(client: TestClient, path: str) -> None:
    content = b"" if TAKES[path].body is None else json.dumps(TAKES[path].body).encode()
    method, good = method_of(path), address(path)
    for raw in ("?", "&&&===", "%", "%zz=%zz", "a=" * 5_000, "a[]=1&a[b]=2", ";", "é=ü"):
        ask(client, method, f"{good}?{raw}", content=content)
    for name in TAKES[path].query:
        for value in VALUES:
            ask(client, method, good, params={name: value}, content=content)
        ask(client, method, good, params=[(name, "1"), (name, "2")], content=content)


@pytest.mark.parametrize("path", POSTED)
def test_a_body_that_is_no_request_is_refused(client: TestClient, path: str) -> None:
    for content in BODIES:
        refused(ask(client, "POST", address(path), content=content), 400)
        ask(client, "POST", address(path), content=content, headers={})  # from elsewhere


@pytest.mark.parametrize("path", POSTED)
def test_a_body_is_read_to_its_limit_whatever_is_said_of_its_length(
    client: TestClient, path: str
) -> None:
    limit = TAKES[path].limit
    assert limit is not None

    def in_parts(num: int) -> Iterator[bytes]:
        for _ in range(num):
            yield b" " * 2**20

    more = limit // 2**20 + 1
    refused(ask(client, "POST", address(path), content=in_parts(more)), 413)
    for said in ("0", "5", "-1", "1e9", "x", "\u0663".encode(), "9" * 400, str(limit + 1)):
        headers = OWNED | {"content-length": said}
        answer = ask(client, "POST", address(path), content=in_parts(more), headers=headers)
        refused(answer, 413)
    for said in ("9" * 5_000, str(10 * limit)):
        headers = OWNED | {"content-length": said}
        refused(ask(client, "POST", address(path), content=b"{}", headers=headers), 413)


@pytest.mark.parametrize("path", OF_JSON)
def test_one_wrong_value_in_a_right_request_is_no_fault(client: TestClient, path: str) -> None:
    body = TAKES[path].body
    assert body is not None
    known = [*body, "told", "own", "hidden", "extra"]

    @some
    @given(name=st.sampled_from(known), value=anything)
    def tried(name: str, value: Any) -> None:
        try:
            content = json.dumps(dict(body) | {name: value}).encode()
        except ValueError:  # half a surrogate pair is for others to send
            return
        ask(client, "POST", address(path), content=content)

    tried()


@pytest.mark.parametrize("path", OF_JSON)
def test_any_json_at_all_is_no_fault(client: TestClient, path: str) -> None:
    @some
    @given(value=anything)
    def tried(value: Any) -> None:
        ask(client, "POST", address(path), content=json.dumps(value).encode())

    tried()


HEADERS = ("host", "origin", "cookie", "last-event-id", "accept-encoding", "if-none-match", "range")


@pytest.mark.parametrize("name", HEADERS)
def test_no_header_is_too_strange(client: TestClient, name: str) -> None:
    printable = st.binary(max_size=60).map(
        lambda content: bytes(byte for byte in content if byte not in b"\r\n\x00")
    )

    @some
    @given(value=printable | st.sampled_from([text.encode("utf-8")[:2_000] for text in VALUES]))
    def tried(value: bytes) -> None:
        value = bytes(byte for byte in value if byte not in b"\r\n\x00")
        headers = {"origin": OWNED["origin"]} | {name: value}
        for method, path in (("GET", "/api/events/{run_id}"), ("POST", "/api/restore")):
            ask(client, method, address(path), headers=headers)

    tried()
