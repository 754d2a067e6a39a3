"""A real server asked what no browser would, byte by byte, and its pages by hostile addresses."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.stage import settle

AWAY = (
    "/../../../../etc/passwd",
    "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/..%5c..%5c..%5cetc%5cpasswd",
    "/%252e%252e%252f%252e%252e%252fetc%252fpasswd",
    "//etc/passwd",
    "/%00",
    "/a%00.js",
    "/%ff%fe",
    "/%0a%0d",
    "/\\..\\..\\app.py",
    "/..;/app.py",
    "/~root",
    "/" + "a" * 20_000,
)
FOLDERS = ("", "/api", "/api/js", "/api/models", "/api/events", "/static", "/component", "/media")
STREAMLITS = ("/_stcore", "/_stcore/static", "/train", "/component/vl_scheme", "/app/static")
LINES = (
    b"",
    b"\r\n",
    b"GET\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    b"GET /api/\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /api/\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5_000 + b"Host: localhost\r\n\r\n",
    b"CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
)
LENGTHS = (
    b"Content-Length: -1\r\n\r\nx",
    b"Content-Length: 9999999999999999999999\r\n\r\nx",
    b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nx",
    b"Transfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n",
    b"Content-Length: 1000\r\n\r\ncut off",
)


class Line(Protocol):
    """Sends bytes as they are, and waits for so long for what comes back."""

    def __call__(self, content: bytes, patience_s: float = 20.0) -> bytes: ...


@pytest.fixture
def tried(address: str, record_property: Callable[[str, object], None]) -> Iterator[Line]:
    """A line of its own for each request; "" comes back where the server waits or hangs up."""
    place = urlsplit(address)
    num = 0

    def send(content: bytes, patience_s: float = 20.0) -> bytes:
        nonlocal num
        num += 1
        said = b""
        with socket.create_connection((place.hostname, place.port), 20) as line:
            line.sendall(content)
            line.settimeout(patience_s)
            with suppress(TimeoutError, ConnectionResetError):
                while part := line.recv(65_536):
                    said += part
        return said

    yield send
    record_property("hostile_cases", num)


def faults(log: str) -> list[str]:
    """What the server has said of faults, in a line each.

    One is uvicorn's own: where it has refused the rest of a body, the answer to its beginning still
    comes, and finds nobody.
    """
    said = re.findall(r"^ *([\w.]+(?:Error|Exception|Disconnect)\b.*)$", log, re.MULTILINE)
    return [line for line in said if not line.startswith("h11._util.LocalProtocolError")]


def look_at(said: bytes) -> int:
    """No fault, and nothing of the inside; returns the status."""
    found = re.match(rb"HTTP/1.1 (\d+) ", said)
    assert found is not None, said[:100]
    status = int(found.group(1))
    assert status < 500
    for inside in (b"root:x:0", b"Middleware(Guard)", b"Traceback"):
        assert inside not in said
    return status


@pytest.mark.parametrize("folder", [*FOLDERS, *STREAMLITS])
def test_no_address_leads_out_of_its_folder(tried: Line, folder: str) -> None:
    for away in AWAY:
        path = f"{folder}{away}".encode("latin-1")
        said = tried(b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        look_at(said)
        assert b"content-security-policy" in said.lower()


def test_what_is_no_request_is_refused_or_hung_up_on(tried: Line) -> None:
    for line in LINES:
        said = tried(line, 0.3)
        assert said == b"" or look_at(said) in (200, 400, 404, 405, 403, 431), line[:60]


@pytest.mark.parametrize("path", [b"/api/ink", b"/api/checkpoints", b"/api/restore"])
def test_a_body_of_no_length_is_refused_or_hung_up_on(
    tried: Line, path: bytes, runs_folder: Path
) -> None:
    start = b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\n"
    for rest in LENGTHS:
        said = tried(start + rest, 0.3)
        assert said == b"" or 400 <= look_at(said) < 500, rest
    assert faults((runs_folder / "server.log").read_text()) == []


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/", {"model": "<img src=x onerror=alert(1)>", "at": "nan,nan", "pick": "9" * 400}),
        ("/", {"model": "digits-denoise-16d", "view": "x", "across_16": "-1", "up_16": "NaN"}),
        ("/train", {"run": "../../../../etc/passwd", "moment": "1e999"}),
        ("/sliders", {"z": "1e400," * 40, "told": "class:" + "9" * 400, "pictures": "-1--2"}),
        ("/denoise", {"damage": "rain", "level": "NaN", "hidden": "zz", "methods": "," * 500}),
        ("/compare", {"other_digits": "\x00", "samples": "-1", "behind": "{{7*7}}", "on": "x"}),
    ],
)
def test_a_page_opens_by_a_hostile_address_without_a_fault(
    page: Page,
    address: str,
    path: str,
    query: dict[str, str],
    record_property: Callable[[str, object], None],
    runs_folder: Path,
) -> None:
    record_property("hostile_cases", 1)
    asked = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    page.goto(f"{address}{path}?{asked}")
    settle(page)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.get_by_text("Traceback")).to_have_count(0)
    expect(page.locator("img[onerror]")).to_have_count(0)
    expect(page.get_by_role("combobox", name="Model").first).to_be_visible()
    assert faults((runs_folder / "server.log").read_text()) == []
