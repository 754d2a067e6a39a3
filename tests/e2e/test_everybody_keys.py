"""Everything can be used by keyboard alone, and the focus is always seen."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.denoising import choose_damage, level_text, open_lab
from tests.e2e.keyboard import tab_through, tab_to
from tests.e2e.mapping import open_map
from tests.e2e.sliding import drawn, open_sliders, slider
from tests.e2e.stage import settle
from tests.e2e.training import end_all, run_id, status, wait_for_status

# Whether each pixel of a canvas is painted, row by row.
INK = """canvas => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const isPainted = (row) => (_, column) => data[4 * (row * width + column) + 3] > 0;
  return Array.from({ length: height }, (_, row) => Array.from({ length: width }, isPainted(row)));
}"""
PAGES = ("Explore", "Train", "Sliders", "Denoise", "Compare")


@pytest.fixture(autouse=True)
def no_run_outlives_its_test(runs_folder: Path) -> Iterator[None]:
    yield
    end_all(runs_folder)


def named(page: Page, role: str, *names: str) -> list[Locator]:
    return [page.get_by_role(role, name=name, exact=True) for name in names]


def assert_reached_and_seen(page: Page, *controls: Locator) -> None:
    """Tab stops at the navigation, at the picker, at Share and at these, and shows where it is."""
    walk = tab_through(page)
    assert walk.unseen == []
    everywhere = [*named(page, "link", *PAGES), *named(page, "combobox", "Model")]
    for control in [*everywhere, *named(page, "button", "Share"), *controls]:
        assert walk.reached(control), f"Tab never stops at {control}; it does at {walk.stops}"


def key(page: Page, control: Locator, *keys: str) -> None:
    """Go there by Tab, and press these keys."""
    tab_to(page, control)
    for one in keys:
        page.keyboard.press(one)


def test_explore(page: Page, address: str) -> None:
    found = open_map(page, address, query="&maths=true")
    expect(page.locator(".vl-bill canvas")).to_be_visible()
    surface = page.locator(".vl-surface")
    buttons = named(page, "button", "Pick a digit", "Reset", "0", "9", "number 1, 1.51 nats")
    switches = [page.get_by_role("checkbox", name="Pictures behind"), page.get_by_role("switch")]
    pixels = page.locator(".vl-bill canvas")
    assert_reached_and_seen(page, surface, pixels, *buttons, *switches)

    before = page.url
    key(page, surface, "Shift+ArrowRight", "ArrowUp")
    expect(page.locator(".vl-latent-map .vl-spoken")).to_contain_text("0.25, 0.05")
    page.keyboard.press("Enter")
    page.wait_for_function("before => location.href !== before", arg=before)
    picked = found.latents.encoded.mean[int(page.url.split("pick=")[1].split("&")[0])]
    assert float((picked - found.latents.encoded.mean.new_tensor([0.25, 0.05])).norm()) < 0.2
    key(page, pixels, "ArrowDown", "ArrowRight")
    expect(page.locator(".vl-bill-detail")).to_contain_text("Pixel 6 of row 6")

    key(page, page.get_by_role("radio", name="Look"), "ArrowRight")
    expect(page.get_by_role("radio", name="Select")).to_be_checked()
    around = ("ArrowRight",) * 4 + ("ArrowUp",) * 4 + ("ArrowLeft",) * 4
    key(page, surface, "Space", *(f"Shift+{one}" for one in around), "Space")
    expect(page.get_by_role("heading", name="Selected")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("radio", name="Look")).to_be_checked()


def test_a_digit_is_drawn_by_keys(page: Page, address: str) -> None:
    open_map(page, address)
    key(page, page.get_by_role("radio", name="Look"), *["ArrowRight"] * 3)
    pad = page.locator(".vl-pad")
    key(page, pad, *["ArrowUp"] * 5, "Space", *["ArrowDown"] * 10, "Space", "ArrowRight")
    ink = drawn(pad)
    assert ink[100, 100] == 255
    assert ink[:, 130:].max() == 0  # the pen was lifted before it went to the right
    expect(page.locator(".vl-mark-drawn circle").first).to_be_attached()
    expect(page.locator(".vl-pen")).to_be_visible()
    page.keyboard.press("Control+z")
    assert drawn(pad).max() == 0


def test_the_picker_the_navigation_and_share(page: Page, address: str) -> None:
    open_map(page, address)
    key(page, page.get_by_role("combobox", name="Model"), "ArrowDown", "ArrowDown", "Enter")
    page.wait_for_function("() => /model=(?!digits-2d)/.test(location.search)")
    settle(page)
    page.wait_for_selector(".vl-mark-picked circle")
    key(page, page.get_by_role("button", name="Share", exact=True), "Enter")
    panel = page.get_by_role("dialog", name="Share")
    expect(panel).to_be_visible()
    for control in panel.locator("input:visible, textarea, button").all():
        tab_to(page, control)
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.get_by_role("button", name="Share", exact=True)).to_be_focused()
    key(page, page.get_by_role("link", name="Sliders", exact=True), "Enter")
    expect(page.locator(".vl-big canvas")).to_be_visible()


def test_a_training_from_its_settings_to_its_film(
    page: Page, address: str, runs_folder: Path
) -> None:
    page.goto(f"{address}/train")
    settle(page)
    page.wait_for_selector(".vl-map .vl-points")
    key(page, page.get_by_role("button", name="Settings"), "Enter")
    epochs = page.get_by_role("spinbutton", name="Epochs")
    expect(epochs).to_be_visible()
    key(page, epochs, "Control+a")
    page.keyboard.type("1000")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1000 epochs")).to_be_visible()
    page.keyboard.press("Escape")
    expect(epochs).to_be_hidden()
    for name, told in (
        ("Train", "Training: epoch"),
        ("Pause", "Paused at step"),
        ("Step", "The network sees"),
        ("Stop", "What it has learnt is kept"),
    ):
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_be_enabled()
        key(page, button, "Enter")
        expect(page.get_by_text(told)).to_be_visible()
    folder = runs_folder / run_id(page)
    wait_for_status(page, folder, "stopped")
    assert status(folder) == "stopped"
    settle(page)

    thumb = page.get_by_role("slider", name="Moment")
    film = named(page, "button", "GIF", "Play the training from here on")
    assert_reached_and_seen(
        page,
        thumb,
        *film,
        *named(page, "button", "Settings", "Save"),
        *named(page, "combobox", "Speed of the film"),
        page.get_by_role("switch", name="Pictures behind"),
    )
    key(page, thumb, "Home")
    expect(page.get_by_text("before the first step")).to_be_visible()
    page.keyboard.press("End")
    expect(page.locator(".vl-where")).to_have_text("")


def test_sliders(page: Page, address: str) -> None:
    open_sliders(page, address, "digits-2d")
    controls = [slider(page, 0), slider(page, 1), page.get_by_role("slider", name="From A to B")]
    buttons = named(page, "button", "Start", "Reset", "Play", "Save GIF")
    more = page.locator(".vl-blend summary")
    assert_reached_and_seen(page, *controls, *buttons, more)
    before = drawn(page.locator(".vl-big canvas"))
    key(page, slider(page, 0), *["ArrowRight"] * 20)
    assert float(slider(page, 0).input_value()) > 0
    page.wait_for_function("() => location.search.includes('z')")
    assert np.abs(drawn(page.locator(".vl-big canvas")) - before).max() > 20
    key(page, more, "Enter")
    expect(page.get_by_role("slider", name="Strength")).to_be_visible()


def test_denoise(page: Page, address: str) -> None:
    open_lab(page, address, "methods=median,wavelet")  # which no other test has measured
    tools = page.locator(".vl-lab-tools")
    controls = [
        tools.locator("select"),
        tools.locator("input"),
        page.get_by_role("slider", name="Divider"),
        page.get_by_role("radio", name="Hidden"),
        *named(page, "button", "New images", "New noise", "Present", "Next picture"),
        *named(page, "button", "Put under More methods: Median filter", "Measure"),
        *named(page, "combobox", "Left of the divider", "Methods"),
        page.locator(".vl-lab-own summary"),
        page.locator(".vl-lab-more summary"),
        page.locator(".vl-lab-save summary"),
    ]
    assert_reached_and_seen(page, *controls)
    key(page, tools.locator("select"), "ArrowDown")
    expect(tools.locator("select")).to_have_value("salt-and-pepper")
    expect(tools.locator("select")).to_be_focused()
    before = level_text(page).inner_text()
    key(page, tools.locator("input"), "ArrowRight")
    expect(level_text(page)).not_to_have_text(before)
    key(page, page.locator(".vl-lab-own summary"), "Enter")
    draw = page.get_by_role("button", name="Draw", exact=True)
    key(page, draw, "Enter")
    key(page, page.locator(".vl-own .vl-pad"), "Space", *["ArrowDown"] * 6, "Space")
    key(page, page.get_by_role("button", name="Add the drawing"), "Enter")
    expect(page.locator(".vl-own-list .is-last")).to_be_visible()
    divider = page.get_by_role("slider", name="Divider")
    key(page, divider, "End")
    expect(divider).to_have_attribute("aria-valuenow", "100")
    key(page, page.locator(".vl-lab-save summary"), "Enter")
    expect(page.locator(".vl-lab-save-list")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".vl-lab-save-list")).to_be_hidden()


def test_pixels_are_hidden_by_keys(page: Page, address: str) -> None:
    open_lab(page, address)
    choose_damage(page, "scribble")
    key(page, page.get_by_role("button", name="Scribble by hand"), "Enter")
    pad = page.locator(".vl-lab-pad")
    expect(pad).to_be_focused()
    for one in (*["ArrowLeft"] * 4, "Space", *["ArrowRight"] * 8, "Space", *["ArrowDown"] * 6):
        page.keyboard.press(one)
    covered = pad.locator(".vl-lab-ink").evaluate(INK)
    assert covered[4][2:6] == [True] * 4
    assert not any(covered[6])  # the pen was lifted before it went down
    key(page, page.get_by_role("button", name="Done"), "Enter")
    expect(page.get_by_role("button", name="Scribble on")).to_be_focused()


def test_a_presentation_keeps_the_focus_and_gives_it_back(page: Page, address: str) -> None:
    open_lab(page, address)
    opener = page.get_by_role("button", name="Present", exact=True)
    key(page, opener, "Enter")
    shown = page.get_by_role("dialog", name="Presentation")
    expect(shown).to_be_visible()
    walk = tab_through(page)
    assert walk.unseen == []
    assert len(walk.stops) == 4
    for control in shown.locator("select, input, button").all():
        assert walk.reached(control)
    key(page, shown.get_by_role("button", name="Leave"), "Enter")
    expect(shown).to_be_hidden()
    expect(opener).to_be_focused()


def test_compare(page: Page, address: str) -> None:
    page.goto(f"{address}/compare")
    settle(page)
    expect(page.locator(".vl-mark-cross path")).to_have_count(4)
    surfaces = [page.locator(".vl-surface").nth(which) for which in range(2)]
    controls = [*surfaces, *named(page, "combobox", "Against")]
    controls += [*named(page, "button", "New samples"), page.get_by_role("radio", name="Holes")]
    assert_reached_and_seen(page, *controls)
    shown = page.locator(".vl-compare-here .vl-decoded")
    before = [drawn(shown.nth(which)) for which in range(2)]
    key(page, surfaces[0], *["Shift+ArrowRight"] * 4)
    expect(page.locator(".vl-compare .vl-z")).to_contain_text("1.00")
    for which in range(2):
        assert np.abs(drawn(shown.nth(which)) - before[which]).max() > 20
