"""Light and dark: a page that is open follows when the person switches."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.stage import settle
from ui.theme import _CLASSES, _SURFACES

DRAWN = {"": ".vl-legend", "train": ".vl-map .vl-points", "sliders": ".vl-sliders"}
CORNER = """() => {
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--vl-background");
  return canvas.fillStyle.toUpperCase();
}"""


def assert_is(page: Page, scheme: str) -> None:
    background = _SURFACES["background"][scheme == "dark"]
    page.wait_for_function(f"() => ({CORNER})() === '{background}'")
    red, green, blue = (int(background[at : at + 2], 16) for at in (1, 3, 5))
    expect(page.locator(".stApp")).to_have_css("background-color", f"rgb({red}, {green}, {blue})")


@pytest.mark.parametrize("place", DRAWN)
def test_an_open_page_turns_with_the_computer(page: Page, address: str, place: str) -> None:
    page.goto(f"{address}/{place}")
    settle(page)
    page.wait_for_selector(DRAWN[place])
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        assert_is(page, scheme)


def test_the_map_takes_the_colours_that_the_menu_asks_for(page: Page, address: str) -> None:
    page.goto(address)
    settle(page)
    page.wait_for_selector(".vl-legend")
    page.get_by_role("button", name="Main menu").click()
    page.get_by_role("menuitemradio", name="Dark").click()
    assert_is(page, "dark")
    colours = "() => [...document.querySelectorAll('.vl-legend .vl-class i')].map((key) =>"
    colours += " key.style.background)"
    first = tuple(int(_CLASSES["dark"][at : at + 2], 16) for at in (1, 3, 5))
    page.wait_for_function(f"() => ({colours})()[0] === 'rgb{first}'")
