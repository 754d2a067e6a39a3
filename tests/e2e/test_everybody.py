"""Everybody can use every page: axe-core finds nothing grave in light or dark, and phones do."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.axe import violations
from tests.e2e.denoising import open_lab
from tests.e2e.mapping import open_map
from tests.e2e.phone import faults
from tests.e2e.sliding import open_sliders
from tests.e2e.stage import settle, until
from tests.e2e.training import end_all, pause, press, start_long_run, stop
from ui.theme import _SURFACES

DESK = (1024, 768)
PHONES = ((390, 844), (320, 640))
BACKGROUND = "getComputedStyle(document.documentElement).getPropertyValue('--vl-background')"


@pytest.fixture(autouse=True)
def no_run_outlives_its_test(runs_folder: Path) -> Iterator[None]:
    yield
    end_all(runs_folder)


def schemes(page: Page) -> Iterator[None]:
    """Turn an open page dark, and light again; each is looked at in turn."""
    for dark in (True, False):
        page.emulate_media(color_scheme="dark" if dark else "light")
        background = _SURFACES["background"][dark]
        page.wait_for_function(f"() => {BACKGROUND}.toUpperCase() === '{background}'")
        settle(page)
        yield


def assert_accessible(page: Page, within: str = "html") -> None:
    assert violations(page, within) == []


def assert_fits_phones(page: Page, within: str = "body") -> None:
    for size in PHONES:
        resize(page, size)

        def nothing_is_missed() -> None:
            assert faults(page, within) == []

        until(page, nothing_is_missed, 5)  # a map takes a moment to be of another size
    resize(page, DESK)


def resize(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})


def assert_is_for_everybody(page: Page) -> None:
    """Look at a page as it is: in light and dark, and on phones."""
    for _ in schemes(page):
        assert_accessible(page)
    assert_fits_phones(page)


def test_explore(page: Page, address: str) -> None:
    open_map(page, address, query="&maths=true")
    expect(page.locator(".vl-bill canvas")).to_be_visible()
    for _ in schemes(page):
        assert_accessible(page)
        press(page, "Share")
        assert_accessible(page, ".vl-share-panel")
        page.keyboard.press("Escape")
        page.get_by_role("radio", name="Draw").check(force=True)
        assert_accessible(page, ".vl-panel")
        page.get_by_role("radio", name="Look").check(force=True)
    assert_fits_phones(page)
    resize(page, PHONES[1])
    press(page, "Share")
    assert faults(page, ".vl-share-panel") == []
    page.keyboard.press("Escape")
    page.get_by_role("radio", name="Draw").check(force=True)
    expect(page.locator(".vl-pad")).to_be_visible()
    assert faults(page, ".vl-panel") == []


def test_a_map_of_many_numbers(page: Page, address: str) -> None:
    open_map(page, address, "mnist-16d", "&maths=true")
    expect(page.locator(".vl-bill canvas")).to_be_visible()
    assert_is_for_everybody(page)


def test_train_before_a_run(page: Page, address: str) -> None:
    page.goto(f"{address}/train")
    settle(page)
    page.wait_for_selector(".vl-map .vl-points")
    for _ in schemes(page):
        press(page, "Settings")
        expect(page.get_by_role("spinbutton", name="Epochs")).to_be_visible()
        assert_accessible(page)
        page.keyboard.press("Escape")
        expect(page.get_by_role("spinbutton", name="Epochs")).to_be_hidden()
    assert_fits_phones(page)


def test_a_run_at_work_one_taken_apart_and_one_stopped(
    page: Page, address: str, runs_folder: Path
) -> None:
    start_long_run(page, address, runs_folder)
    assert_is_for_everybody(page)
    pause(page)
    press(page, "Step")
    expect(page.locator(".vl-step")).to_be_visible()
    assert_is_for_everybody(page)
    stop(page)
    expect(page.get_by_role("textbox", name="Name")).to_be_visible()
    assert_is_for_everybody(page)


def test_the_film_of_a_run(page: Page, address: str) -> None:
    page.goto(f"{address}/train?run=digits-2d")
    settle(page)
    expect(page.get_by_role("slider", name="Moment")).to_be_enabled()
    page.get_by_role("slider", name="Moment").press("Home")
    expect(page.get_by_text("before the first step")).to_be_visible()
    assert_is_for_everybody(page)


@pytest.mark.parametrize("model", ["digits-2d", "digits-cvae-2d"])
def test_sliders(page: Page, address: str, model: str) -> None:
    open_sliders(page, address, model)
    for _ in schemes(page):
        if not page.locator(".vl-blend[open]").count():
            page.get_by_text("More: A").click()
        assert_accessible(page)
    assert_fits_phones(page)


def test_denoise(page: Page, address: str) -> None:
    open_lab(page, address, "damage=poisson")  # which no other test measures
    for _ in schemes(page):
        for part in (".vl-lab-own", ".vl-lab-more", ".vl-lab-save"):
            opened = page.locator(part)
            if opened.get_attribute("open") is None:
                opened.locator("summary").first.click()
        expect(page.locator(".vl-lab-save-list")).to_be_visible()
        assert_accessible(page)
    assert_fits_phones(page, ".vl-lab-tools")
    page.keyboard.press("Escape")
    press(page, "Measure")
    expect(page.get_by_role("img", name="against the level of damage")).to_be_visible()
    for _ in schemes(page):
        assert_accessible(page, ".st-key-limits")
    assert_fits_phones(page)


def test_a_presentation(page: Page, address: str) -> None:
    open_lab(page, address)
    for _ in schemes(page):
        press(page, "Present")
        expect(page.get_by_role("dialog", name="Presentation")).to_be_visible()
        assert_accessible(page, "dialog[open]")
        press(page, "Leave")
    for size in PHONES:
        resize(page, size)
        press(page, "Present")
        assert faults(page, "dialog[open]") == []
        parts = [part.bounding_box() for part in page.locator("dialog > :not(button)").all()]
        assert parts[0]["y"] + page.locator("dialog").evaluate("dialog => dialog.scrollTop") >= 0
        for above, below in pairwise(parts):
            assert above["y"] + above["height"] <= below["y"]
        press(page, "Leave")


def test_compare(page: Page, address: str) -> None:
    page.goto(f"{address}/compare")
    settle(page)
    expect(page.locator(".vl-mark-cross path")).to_have_count(4)
    assert_is_for_everybody(page)


def test_a_run_that_is_not_here(page: Page, address: str) -> None:
    page.goto(f"{address}/train?run=nowhere")
    settle(page)
    expect(page.get_by_text("This run is not here")).to_be_visible()
    assert_is_for_everybody(page)


def test_a_phones_menu_leads_to_every_page(page: Page, address: str) -> None:
    resize(page, PHONES[1])
    open_map(page, address)
    press(page, "Expand sidebar")
    for name in ("Explore", "Train", "Sliders", "Denoise", "Compare"):
        expect(page.get_by_role("link", name=name, exact=True)).to_be_in_viewport()
    assert_accessible(page)
    page.get_by_role("link", name="Compare", exact=True).click()
    expect(page.locator(".vl-mark-cross path")).to_have_count(4)
