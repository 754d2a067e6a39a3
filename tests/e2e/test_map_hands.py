"""The map of Explore by keys and fingers, and when something is slow or missing."""

from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import Browser, Page, expect

from tests.e2e.mapping import HERE, near, open_map, place_on, shows_at, width, z_at
from tests.e2e.stage import settle, until
from vae_core import MLPConfig, RunConfig, build_model, decode, load_checkpoint, load_dataset, runs
from vae_core.checkpoints import save_trained


def test_the_map_works_by_keyboard(page: Page, address: str) -> None:
    found = open_map(page, address, query="&pick=7")
    surface = page.locator(".vl-surface")
    surface.focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
    shows_at(page, HERE, decode(found.model, torch.tensor([[0.05, 0.25]])))
    expect(page.locator(".vl-spoken")).to_have_text("z = (0.05, 0.25)")
    page.keyboard.press("Enter")
    gaps = (found.latents.encoded.mean - torch.tensor([0.05, 0.25])).norm(dim=1)
    page.wait_for_function(f"() => location.search.includes('pick={int(gaps.argmin())}')")
    page.keyboard.press("+")
    until(page, lambda: near(width(page), 6 / 1.25))
    page.get_by_role("radio", name="Select").check(force=True)
    surface.focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("radio", name="Look")).to_be_checked()


def test_one_finger_decodes_two_fingers_zoom_and_a_tap_picks(
    browser: Browser, address: str
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    try:
        page = context.new_page()
        found = open_map(page, address, query="&pick=7")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
        menu = page.get_by_role("button", name="Main menu").bounding_box()
        assert menu["x"] + menu["width"] <= 390
        session = context.new_cdp_session(page)

        def touch(kind: str, *fingers: tuple[int, int]) -> None:
            points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(fingers)]
            session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", place_on(page, 0.3, 0.5))
        pixel = place_on(page, 0.6, 0.7)
        touch("touchMove", pixel)
        shows_at(page, ".vl-preview", decode(found.model, z_at(page, pixel)))
        box = page.locator(".vl-preview").bounding_box()
        assert box["y"] + box["height"] < pixel[1]
        touch("touchEnd")
        expect(page.locator(".vl-preview")).to_be_hidden()
        left, right = place_on(page, 0.45, 0.5), place_on(page, 0.55, 0.5)
        touch("touchStart", left, right)
        touch("touchMove", place_on(page, 0.4, 0.5), right)
        touch("touchMove", place_on(page, 0.4, 0.5), place_on(page, 0.6, 0.5))
        touch("touchEnd")
        until(page, lambda: near(width(page), 3))
        page.touchscreen.tap(*place_on(page, 0.5, 0.5))
        page.wait_for_function("() => !location.search.includes('pick=7')")
    finally:
        context.close()


def test_a_map_that_does_not_arrive_says_so_and_is_asked_for_again(
    page: Page, address: str
) -> None:
    page.route("**/latents", lambda route: route.fulfill(status=503))
    page.goto(address)
    settle(page)
    expect(page.get_by_text("The map did not arrive")).to_be_visible()
    page.unroute("**/latents")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(".vl-mark-picked circle")
    expect(page.get_by_text("The map did not arrive")).to_have_count(0)


def test_a_model_that_is_chosen_while_another_loads_is_the_one_that_is_drawn(
    page: Page, address: str
) -> None:
    late: list[Any] = []
    page.route("**/digits-ae-2d/*/latents", lambda route: late.append(route))
    page.goto(f"{address}/?model=digits-ae-2d")
    settle(page)
    page.wait_for_timeout(500)
    page.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name="digits-2d", exact=True).click()
    page.wait_for_selector(".vl-mark-picked ellipse")
    for route in late:
        route.continue_()
    page.wait_for_timeout(500)
    assert page.locator(".vl-surface").count() == 1
    assert page.locator(".vl-mark-picked ellipse").count() == 4
    found = load_checkpoint(Path("checkpoints/digits-2d"))
    shows_at(page, HERE, decode(found.model, torch.zeros(1, 2)))


def test_a_model_that_the_page_cannot_run_is_drawn_by_the_server(
    page: Page, address: str, runs_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAELAB_RUNS", str(runs_folder))
    data = load_dataset("digits")
    config = RunConfig(model=MLPConfig(hidden=(2048, 2048)))
    run = runs.create(config)
    model = build_model(config.model, data.spec)
    save_trained(run.folder, run.record().evolve(status="finished"), model, data)
    runs.save_as(run, "Large map")
    try:
        page.goto(f"{address}/?model=Large map")
        settle(page)
        expect(page.get_by_text("This network is too large for the page")).to_be_visible()
        page.wait_for_selector(".vl-mark-picked circle")
        pixel = place_on(page, 0.7, 0.3)
        page.mouse.move(*pixel)
        model = load_checkpoint(run.folder).model
        shows_at(page, HERE, decode(model, z_at(page, pixel)))
    finally:
        runs.delete(run)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.mouse.move(pixel[0] + 20, pixel[1])
    expect(page.get_by_text("no longer has this model as it was. Reload the page.")).to_be_visible()
    page.wait_for_timeout(1_500)
    assert len([url for url in asked if url.endswith("/decode")]) == 1
