"""Doors of a real server: the access code in a browser, and who may do what to a run."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e import stage
from tests.e2e.axe import violations
from tests.e2e.keyboard import tab_through, tab_to
from tests.e2e.phone import faults
from tests.e2e.stage import settle
from tests.e2e.training import end_all, run_id, start_long_run, status, stop

CODE = "tiger lily"


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A server with a code, and its folder of runs."""
    folder = tmp_path_factory.mktemp("closed")
    with stage.serve(folder, VAELAB_ACCESS_CODE=CODE) as url:
        yield url, folder
        end_all(folder)


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Page]:
    """Somebody on a phone, who prefers it dark."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, color_scheme="dark", has_touch=True
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    yield page
    context.close()


def asked(url: str, data: bytes | None = None, **headers: str) -> tuple[int, str]:
    """Status and body of an answer; with data it is a POST."""
    try:
        with urlopen(Request(url, data, headers), timeout=60) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def cookies(context: BrowserContext) -> dict[str, dict[str, object]]:
    return {str(one["name"]): dict(one) for one in context.cookies()}


def enter(page: Page, code: str) -> None:
    page.get_by_label("Access code").fill(code)
    page.get_by_role("button", name="Enter").click()


def test_a_wrong_code_is_asked_for_again_and_the_right_one_opens_what_was_wanted(
    closed: tuple[str, Path], visitor: Page
) -> None:
    address, _ = closed
    visitor.goto(f"{address}/sliders?model=digits-ae-2d")
    body = visitor.locator("body")
    assert body.evaluate("body => getComputedStyle(body).backgroundColor") == "rgb(15, 20, 25)"
    assert body.evaluate("body => body.scrollWidth") <= 390
    expect(visitor.get_by_label("Access code")).to_be_focused()
    enter(visitor, "lily tiger")
    expect(visitor.get_by_role("alert")).to_have_text("That is not the code. Try again.")
    assert asked(f"{address}/_stcore/host-config")[0] == 401
    enter(visitor, CODE)
    settle(visitor)
    assert visitor.url.startswith(f"{address}/sliders?model=digits-ae-2d")
    expect(visitor.get_by_role("slider").first).to_be_visible()
    visitor.reload()
    settle(visitor)


def test_everybody_gets_in_by_keys_and_on_a_phone(closed: tuple[str, Path], visitor: Page) -> None:
    address, _ = closed
    visitor.goto(address)
    enter(visitor, "lily tiger")
    expect(visitor.get_by_role("alert")).to_be_visible()
    for scheme in ("dark", "light"):
        visitor.emulate_media(color_scheme=scheme)
        assert violations(visitor) == []
    for width in (390, 320):
        visitor.set_viewport_size({"width": width, "height": 640})
        assert faults(visitor) == []
    assert tab_through(visitor).unseen == []
    tab_to(visitor, visitor.get_by_label("Access code"))
    visitor.keyboard.type(CODE)
    tab_to(visitor, visitor.get_by_role("button", name="Enter"))
    visitor.keyboard.press("Enter")
    settle(visitor)


def test_cookies_are_out_of_the_reach_of_scripts(closed: tuple[str, Path], visitor: Page) -> None:
    address, _ = closed
    visitor.goto(address)
    enter(visitor, CODE)
    settle(visitor)
    found = cookies(visitor.context)
    for name in ("vaelab_owner", "vaelab_entered"):
        assert (found[name]["httpOnly"], found[name]["sameSite"]) == (True, "Lax")
        assert name not in visitor.evaluate("() => document.cookie")


def test_before_the_code_no_address_tells_anything_and_no_websocket_opens(
    closed: tuple[str, Path], visitor: Page
) -> None:
    address, _ = closed
    assert asked(f"{address}/_stcore/health") == (200, "ok")
    for path in ("/api/models/digits-2d/1/latents", "/api/events/digits-2d", "/api/x"):
        code, body = asked(f"{address}{path}")
        assert (code, list(json.loads(body))) == (401, ["error"])
    for path in ("/static/index.html", "/_stcore/metrics"):
        code, body = asked(f"{address}{path}")
        assert (code, "Access code" in body) == (401, True)
    assert asked(f"{address}/_stcore/agent/openapi.json")[0] == 404  # closed to everybody
    visitor.goto(address)
    opened = """url => new Promise(resolve => {
      const socket = new WebSocket(url);
      socket.onopen = () => resolve(true);
      socket.onclose = () => resolve(false);
    })"""
    stream = f"{address.replace('http', 'ws')}/_stcore/stream"
    assert not visitor.evaluate(opened, stream)
    enter(visitor, CODE)
    settle(visitor)
    assert visitor.evaluate(opened, stream)


def test_another_browser_watches_a_run_and_cannot_stop_it(
    page: Page, browser: Browser, address: str, runs_folder: Path
) -> None:
    folder = start_long_run(page, address, runs_folder)
    context = browser.new_context(viewport={"width": 1024, "height": 768})
    other = context.new_page()
    other.set_default_timeout(30_000)
    other.goto(f"{address}/train?run={folder.name}")
    settle(other)
    expect(other.get_by_text("Training: epoch")).to_be_visible()
    expect(other.get_by_text("This run belongs to somebody else")).to_be_visible()
    for label in ("Pause", "Stop", "Step", "Slow motion"):
        expect(other.get_by_role("button", name=label, exact=True)).to_have_count(0)
    owner = json.loads((folder / "run.json").read_text())["owner"]
    assert cookies(page.context)["vaelab_owner"]["value"] not in (folder / "run.json").read_text()
    other.get_by_role("button", name="Train my own").click()
    other.wait_for_function(f"() => !location.search.includes('{folder.name}')")
    own = runs_folder / run_id(other)
    assert json.loads((own / "run.json").read_text())["owner"] not in (None, owner)
    assert status(folder) == "running"
    other.get_by_role("button", name="Stop", exact=True).click()
    expect(other.get_by_text("Stopped")).to_be_visible()
    page.reload()
    settle(page)
    stop(page)
    context.close()


def test_a_foreign_name_and_the_agents_api_are_closed(address: str) -> None:
    code, body = asked(address, Host="evil.example")
    assert (code, "evil.example" in body) == (400, True)
    for path in ("/_stcore/agent/interact", "/_stcore/agent/mcp"):
        assert asked(f"{address}{path}", b"{}", Origin=address) == (404, "There is nothing here.")


def test_a_server_that_listens_elsewhere_says_so_and_knows_the_computers_name(
    visitor: Page, tmp_path: Path
) -> None:
    with stage.serve(tmp_path, STREAMLIT_SERVER_ADDRESS="0.0.0.0") as address:
        name = socket.gethostname()
        assert asked(f"{address}/_stcore/health", Host=name) == (200, "ok")
        assert asked(f"{address}/_stcore/health", Host=f"not-{name}")[0] == 400
        visitor.goto(f"{address}/compare")
        expect(visitor.get_by_text("Anyone on this network can use this page")).to_be_visible()
        settle(visitor)
