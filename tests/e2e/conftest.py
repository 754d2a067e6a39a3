import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import stage
from tests.e2e.lab import SITE, Lab

expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def runs_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def address(runs_folder: Path) -> Iterator[str]:
    """The address of the app; a server of its own, whose first request comes from a test."""
    with stage.serve(runs_folder, VAELAB_WORKERS="1") as url:  # however many cores there are
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if stage.CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is missing: the browser tests must run in CI")
        pytest.skip("Chromium is not installed; with it, these tests drive the real pages")
    with stage.chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A new visitor at 1024x768. No request may leave this machine; no script may fail.

    Nor may anything break the content-security policy, but for two libraries that ask whether they
    may compile code, and do without when they may not (plotly.js, protobuf).
    """
    context = browser.new_context(viewport={"width": 1024, "height": 768})
    hosts: set[str] = set()
    failures: list[str] = []
    said: list[str] = []
    visitor = context.new_page()
    visitor.set_default_timeout(30_000)
    visitor.on("request", lambda request: hosts.add(urlparse(request.url).hostname or "inline"))
    visitor.on("websocket", lambda socket: hosts.add(urlparse(socket.url).hostname or "?"))
    visitor.on("console", lambda message: said.append(message.text))
    visitor.on("pageerror", lambda error: failures.append(str(error)))
    yield visitor
    context.close()
    assert hosts <= {"localhost", "127.0.0.1", "inline"}
    assert failures == []
    broken = [text for text in said if "Content Security" in text and "-eval" not in text]
    assert broken == []


@pytest.fixture(scope="module")
def lab(browser: Browser) -> Iterator[Lab]:
    """An empty page with the components' scripts, without the app."""
    page = browser.new_page()
    found = Lab(page)
    page.route(f"{SITE}/**", found.answer)
    page.goto(SITE)
    yield found
    page.close()
