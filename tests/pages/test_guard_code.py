"""The access code: what is closed before it, how it is typed, and how it cannot be guessed."""

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.pages.guarding import CODE, HOST, OWN, client, handshake
from ui.api.assets import PLOTLY_URL
from ui.guard import code
from ui.guard.code import COOKIE, Door, local
from ui.guard.tries import ALL, EACH, MAX_ADDRESSES, Tries

SET = {"access_code": CODE}


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Both clocks of a door stand still until a test moves them."""
    time_s = [1_000.0]
    for cls, name in ((Tries, "clock"), (Door, "clock")):
        original = cls.__init__

        def init(self: Any, *args: Any, _original: Any = original, _name: str = name) -> None:
            _original(self, *args, **{_name: lambda: time_s[0]})

        monkeypatch.setattr(cls, "__init__", init)

    def wait(seconds: float) -> None:
        time_s[0] += seconds

    return wait


def enter(asking: TestClient, typed: str = CODE, to: str = "/", **headers: str) -> Any:
    return asking.post("/sign-in", data={"code": typed, "to": to}, headers=OWN | headers)


class Fields(HTMLParser):
    """Names and values of a page's inputs."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, str | None] = {}
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "input":
            self.found[str(dict(attrs)["name"])] = dict(attrs).get("value")


def test_before_the_code_any_address_is_the_page_that_asks_for_it() -> None:
    for path in ("/", "/train?run=1", "/static/app.js", "/media/a.png", "/sign-in", "/boom"):
        answer = client(SET).get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (401, "no-store")
        page = Fields(answer.text)
        assert "Access code" in answer.text
        assert not {"script", "link", "iframe"} & set(page.tags)
        assert page.found.keys() == {"code", "to"}


def test_before_the_code_the_api_says_no_in_json() -> None:
    for method, path in (("GET", PLOTLY_URL), ("GET", "/api/nothing"), ("POST", "/api/changed")):
        answer = client(SET).request(method, path, headers=OWN)
        assert answer.status_code == 401
        assert answer.json() == {"error": code.ASK}


def test_before_the_code_no_websocket_opens() -> None:
    assert handshake(client(SET)) == 403


def test_only_whether_the_server_lives_is_told_to_everybody() -> None:
    assert client(SET).get("/_stcore/health").text == "ok"
    for path in ("/_stcore/health/", "/_stcore/metrics", "/_stcore/host-config"):
        assert client(SET).get(path).status_code == 401
    assert client(SET).post("/_stcore/health", headers=OWN).status_code == 401


def test_the_right_code_opens_pages_websocket_and_api() -> None:
    asking = client(SET)
    assert enter(asking).status_code == 303
    assert asking.get("/").text == "page"
    assert asking.get(PLOTLY_URL).status_code == 200
    assert asking.post("/api/changed", headers=OWN).text == "done"
    cookie = f"{COOKIE}={asking.cookies[COOKIE]}"
    assert handshake(asking, OWN | {"cookie": cookie}) == 101


def test_the_cookie_is_out_of_the_reach_of_scripts() -> None:
    set_cookie = enter(client(SET)).headers["set-cookie"]
    assert set_cookie.startswith(f"{COOKIE}=")
    assert set_cookie.endswith("; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax")
    assert CODE not in set_cookie
    https = client(SET, "https://localhost")
    answer = https.post("/sign-in", data={"code": CODE}, headers={"origin": "https://localhost"})
    assert answer.headers["set-cookie"].endswith("; Secure")


@pytest.mark.parametrize("typed", [" tiger lily ", "tiger lily\r\n"])
def test_space_around_the_code_does_not_matter(typed: str) -> None:
    assert enter(client(SET), typed).status_code == 303


def test_a_letter_typed_in_two_ways_is_one() -> None:
    assert enter(client({"access_code": "caf\u00e9 noir"}), "cafe\u0301 noir").status_code == 303


@pytest.mark.parametrize("typed", ["", "tiger", "tiger lily 2", "TIGER LILY", "\x00", "é" * 99])
def test_a_wrong_code_is_asked_for_again(typed: str) -> None:
    asking = client(SET)
    answer = enter(asking, typed, "/train?run=1")
    assert answer.status_code == 401
    assert "That is not the code" in answer.text
    assert Fields(answer.text).found["to"] == "/train?run=1"
    assert COOKIE not in asking.cookies
    assert asking.get("/").status_code == 401


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"code", b"&" * 9_000, b"code=" + b"x" * 9_000, b"a=1&" * 50]
)
def test_a_form_that_is_none_is_a_wrong_code(body: bytes) -> None:
    assert client(SET).post("/sign-in", content=body, headers=OWN).status_code == 401


def test_another_sites_page_cannot_sign_anybody_in() -> None:
    answer = enter(client(SET), origin="http://evil.example")
    assert answer.status_code == 403
    assert COOKIE not in answer.cookies


@pytest.mark.parametrize(
    "path", ["/", "/train", "/train?run=abc&model=a%20b", "/explore?x=%2F%2Fevil.example"]
)
def test_whoever_enters_gets_to_where_they_wanted(path: str) -> None:
    asking = client(SET)
    wanted = Fields(asking.get(path).text).found["to"]
    assert wanted is not None
    assert enter(asking, to=wanted).headers["location"] == path


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "evil.example",
        "",
        "/a\r\nSet-Cookie: a=b",
        "/é",
        "/" + "x" * 3_000,
        "/sign-in",
    ],
)
def test_nobody_is_sent_to_another_server(to: str) -> None:
    assert local(to) == "/"
    assert enter(client(SET), to=to).headers["location"] == "/"


def test_what_the_address_holds_stays_text_in_the_page() -> None:
    answer = client(SET).get('/"><script>alert(1)</script>?a="><img src=x>')
    assert Fields(answer.text).tags.count("img") == 1  # the wordmark
    assert "<script" not in answer.text
    assert "<img src=x" not in answer.text


def test_whoever_is_in_is_not_asked_again() -> None:
    asking = client(SET)
    enter(asking)
    answer = asking.get("/sign-in")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_the_cookie_holds_for_twelve_hours(now: Callable[[float], None]) -> None:
    asking = client(SET)
    enter(asking)
    cookie = {"cookie": f"{COOKIE}={asking.cookies[COOKIE]}"}
    now(12 * 3600 - 1)
    assert asking.get("/", headers=cookie).text == "page"
    now(2)
    assert asking.get("/", headers=cookie).status_code == 401


def test_a_cookie_that_is_made_up_opens_nothing() -> None:
    asking = client(SET)
    enter(asking)
    until, proof = asking.cookies[COOKIE].split(".")
    other = client(SET)  # as after a restart
    enter(other)
    made_up = [
        f"{int(until) + 1}.{proof}",
        f"{until}.{proof[:-1]}",
        f"{until}.",
        f"{until}",
        f".{proof}",
        f"-1.{proof}",
        f"9{'9' * 4_400}.{proof}",
        f"{until}.{'é' * 64}",
        other.cookies[COOKIE],
        "",
    ]
    for value in made_up:
        cookie = f"{COOKIE}={value}".encode()
        visitor = TestClient(asking.app, HOST)
        assert visitor.get("/", headers={b"cookie": cookie}).status_code == 401


def test_after_too_many_wrong_codes_even_the_right_one_has_to_wait(
    now: Callable[[float], None],
) -> None:
    asking = client(SET)
    assert {enter(asking, "wrong").status_code for _ in range(EACH.burst)} == {401}
    answer = enter(asking, to="/train")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
    assert "Try again in 3 s" in answer.text
    assert Fields(answer.text).found["to"] == "/train"
    assert COOKIE not in asking.cookies
    now(3)
    assert enter(asking).status_code == 303


def test_whoever_is_in_stays_in_while_others_guess() -> None:
    asking = client(SET)
    enter(asking)
    for _ in range(EACH.burst + 1):
        answer = enter(asking, "wrong")
    assert answer.status_code == 429
    assert asking.get("/").text == "page"


def test_right_codes_are_not_counted() -> None:
    asking = client(SET)
    assert {enter(asking).status_code for _ in range(2 * EACH.burst)} == {303}


def test_wrong_tries_are_counted_by_address_and_in_all() -> None:
    time_s = 0.0
    tries = Tries(lambda: time_s)
    for _ in range(EACH.burst):
        assert tries.wait_s("10.0.0.1") == 0
        tries.was_wrong("10.0.0.1")
    assert tries.wait_s("10.0.0.1") == EACH.every_s
    assert tries.wait_s("10.0.0.2") == 0
    for number in range(ALL.burst - EACH.burst):
        tries.was_wrong(f"10.0.1.{number}")
    assert tries.wait_s("10.0.0.2") == ALL.every_s
    time_s = ALL.burst * ALL.every_s
    assert tries.wait_s("10.0.0.1") == tries.wait_s("10.0.0.2") == 0


def test_one_computer_with_many_addresses_of_ipv6_counts_as_one() -> None:
    tries = Tries(lambda: 0.0)
    for number in range(EACH.burst):
        tries.was_wrong(f"fd00::1:{number}")
    assert tries.wait_s("fd00::2:1") > 0
    assert tries.wait_s("fd00:0:0:1::1") == 0
    for _ in range(EACH.burst):
        tries.was_wrong("::ffff:10.0.0.1")
    assert tries.wait_s("::ffff:10.0.0.2") == 0


def test_memory_is_bounded_whoever_tries() -> None:
    time_s = 0.0
    tries = Tries(lambda: time_s)
    for number in range(MAX_ADDRESSES + 100):
        time_s += 1
        tries.was_wrong(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(tries._forgiven) == MAX_ADDRESSES


def test_with_a_code_nothing_is_kept_for_everybody_between_server_and_browser() -> None:
    asking = client(SET)
    enter(asking)
    kept = asking.get("/static/app.js").headers["cache-control"]
    assert kept == "private, immutable, max-age=31536000"
