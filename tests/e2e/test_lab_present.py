"""Presentation mode: large pictures, large text, three controls, keys."""

import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from tests.e2e.denoising import clean_of, expected, open_lab
from tests.e2e.sliding import drawn, shows
from tests.e2e.test_lab_own import choose, clean_row, file, open_own
from tests.unit.test_pictures import as_file, written

ONE_PASS = "one-pass:digits-2d"


def present(page: Page, address: str, query: str = "") -> Locator:
    page.set_viewport_size({"width": 1920, "height": 1080})
    open_lab(page, address, query)
    page.get_by_role("button", name="Present").click()
    shown = page.get_by_role("dialog", name="Presentation")
    expect(shown).to_be_visible()
    return shown


def test_the_pictures_are_torchs_and_large(page: Page, address: str) -> None:
    shown = present(page, address)
    results = expected(("digits-2d",), "gaussian", 0.5)
    wanted = (clean_of("digits", 0), results["damaged"].images, results[ONE_PASS].images)
    for place, images in enumerate(wanted):
        canvas = shown.locator("canvas").nth(place)
        shows(page, lambda: drawn(canvas), images[:1])  # noqa: B023
        assert canvas.bounding_box()["width"] >= 480
    box = shown.bounding_box()
    assert (box["x"], box["y"]) == (0, 0)
    assert (box["width"], box["height"]) == (1920, 1080)
    assert shown.evaluate("dialog => dialog.scrollHeight <= dialog.clientHeight")
    expect(shown.locator(".vl-present-said")).to_contain_text("closer to the original")


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (390, 844)])
def test_it_says_who_restored_and_that_models_invent_beside_the_pictures_not_over_them(
    page: Page, address: str, size: tuple[int, int]
) -> None:
    shown = present(page, address, "model=digits-2d&methods=median,champion&level=0.9")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    said = shown.locator(".vl-present-said")
    expect(said).to_contain_text("U-Net restorer ")
    expect(said).to_contain_text("A model invents plausible detail")
    expect(shown.locator("figcaption").last).to_contain_text("by U-Net restorer, not a VAE")
    said.evaluate("said => said.prepend('A sentence may well be longer than this one is. ')")
    parts = [said, *shown.locator("figure canvas").all(), shown.locator("figcaption").last]
    boxes = [part.bounding_box() for part in (*parts, shown.locator(".vl-present-tools"))]
    below = [box["y"] for box in boxes[1:4]]
    assert boxes[0]["y"] + boxes[0]["height"] <= min(below)
    assert boxes[4]["y"] + boxes[4]["height"] <= boxes[5]["y"]


def test_a_filter_is_not_said_to_invent(page: Page, address: str) -> None:
    shown = present(page, address, "model=digits-2d&methods=median,champion&shown=median")
    expect(shown.locator(".vl-present-said")).to_contain_text("Median filter ")
    expect(shown.locator(".vl-present-said")).not_to_contain_text("invents")
    expect(shown.locator("figcaption").last).to_have_text("Restoredby Median filter")


def test_every_word_can_be_read_from_the_back_of_a_room(page: Page, address: str) -> None:
    shown = present(page, address)
    sizes = shown.evaluate("""dialog => {
      const words = document.createTreeWalker(dialog, NodeFilter.SHOW_TEXT);
      const sizes = [];
      while (words.nextNode()) {
        const { parentElement } = words.currentNode;
        const isSeen = parentElement.checkVisibility() && words.currentNode.data.trim();
        if (isSeen && parentElement.tagName !== "OPTION") {
          sizes.push(parseFloat(getComputedStyle(parentElement).fontSize));
        }
      }
      return sizes;
    }""")
    assert len(sizes) > 8
    assert min(sizes) >= 28


def test_there_are_three_controls(page: Page, address: str) -> None:
    shown = present(page, address)
    tools = shown.locator(".vl-present-tools")
    controls = tools.locator("select, input, button")
    expect(controls).to_have_count(3)
    tools.get_by_role("combobox", name="Damage").select_option("half")
    expect(shown.locator(".vl-present-said")).to_contain_text("the lower half is invented")
    page.keyboard.press("ArrowRight")  # the level's again, once a damage is chosen
    expect(tools.locator("output")).to_have_text("55 %")


@pytest.mark.parametrize(
    ("key", "level"),
    [("ArrowRight", "0.55"), ("ArrowUp", "0.55"), ("ArrowLeft", "0.45"), ("ArrowDown", "0.45")],
)
def test_arrows_change_the_level_by_one_step(
    page: Page, address: str, key: str, level: str
) -> None:
    shown = present(page, address)
    page.keyboard.press(key)
    expect(shown.locator("output")).to_have_text(level)
    results = expected(("digits-2d",), "gaussian", float(level))
    canvas = shown.locator("canvas").nth(1)
    shows(page, lambda: drawn(canvas), results["damaged"].images[:1])


def test_the_space_bar_brings_a_new_image_even_when_a_button_has_the_focus(
    page: Page, address: str
) -> None:
    shown = present(page, address)
    canvas = shown.locator("canvas").first
    page.keyboard.press("Space")
    shows(page, lambda: drawn(canvas), clean_of("digits", 1)[:1])
    shown.get_by_role("button", name="New image").click()
    shows(page, lambda: drawn(canvas), clean_of("digits", 2)[:1])
    page.keyboard.press("Space")
    shows(page, lambda: drawn(canvas), clean_of("digits", 3)[:1])
    page.wait_for_function("() => location.search.includes('images=3')")


def test_a_clicker_turns_images_forth_and_back(page: Page, address: str) -> None:
    shown = present(page, address, "images=4")
    canvas = shown.locator("canvas").first
    page.keyboard.press("PageDown")
    shows(page, lambda: drawn(canvas), clean_of("digits", 5)[:1])
    page.keyboard.press("PageUp")
    page.keyboard.press("PageUp")
    shows(page, lambda: drawn(canvas), clean_of("digits", 3)[:1])
    page.wait_for_function("() => location.search.includes('images=3')")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("damage=down-sample&level=2", "Made smaller, 2 times"),
        ("damage=half&level=1", "Missing half, 100 % of the height"),
        ("damage=gaussian&level=0.3", "Gaussian noise, 0.30 standard deviation"),
    ],
)
def test_the_level_is_said_as_on_the_page(page: Page, address: str, query: str, words: str) -> None:
    shown = present(page, address, query)
    expect(shown.locator("figcaption small").nth(1)).to_have_text(words)
    page.keyboard.press("Escape")
    expect(page.locator(".vl-lab-tools .vl-lab-level")).to_contain_text(words.split(", ")[1])


def test_own_pictures_are_turned_and_one_alone_cannot_be(page: Page, address: str) -> None:
    open_own(page, address)
    choose(page, file("a.png", as_file(written(30))))
    clean_row(page, 1)
    page.get_by_role("button", name="Present").click()
    shown = page.get_by_role("dialog", name="Presentation")
    expect(shown.get_by_role("button", name="New image")).to_have_count(0)
    expect(shown.get_by_role("button", name="Next picture")).to_be_disabled()
    shown.get_by_role("button", name="Leave").click()
    choose(page, file("b.png", as_file(written(50))))
    second = clean_row(page, 2)[1]
    page.get_by_role("button", name="Present").click()
    shown.get_by_role("button", name="Next picture").click()
    wanted = torch.from_numpy(second)[None, None] / 255
    shows(page, lambda: drawn(shown.locator("canvas").first), wanted)


def test_escape_leaves_to_the_same_pictures(page: Page, address: str) -> None:
    shown = present(page, address)
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    if shown.is_visible():  # the first one left the whole screen
        page.keyboard.press("Escape")
    expect(shown).to_be_hidden()
    expect(page.get_by_role("button", name="Present")).to_be_focused()
    expect(page.locator(".vl-lab-turn h3")).to_be_visible()
    assert page.evaluate("document.fullscreenElement === null")


def test_it_fits_a_phone(page: Page, address: str) -> None:
    open_lab(page, address)
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Present").click()
    shown = page.get_by_role("dialog", name="Presentation")
    assert shown.evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
    shown.get_by_role("button", name="Leave").click()
    expect(shown).to_be_hidden()
