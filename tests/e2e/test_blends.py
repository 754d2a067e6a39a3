"""Blends of pictures on the Sliders page: what is drawn is what torch decodes there."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.sliding import BIG, drawn, open_sliders, shows, strip, values
from tests.e2e.stage import until
from vae_core import decode, load_dataset
from vae_core.checkpoints import Checkpoint


def blend(way: str, a: np.ndarray, b: np.ndarray, t: float) -> np.ndarray:
    """The same in NumPy: a line, or a turn by a part of the angle at a length between theirs."""
    if way == "Straight":
        return (1 - t) * a + t * b
    lengths = np.linalg.norm(a), np.linalg.norm(b)
    first, second = a / lengths[0], b / lengths[1]
    across = second - (first @ second) * first
    angle = t * np.arccos(first @ second)
    direction = np.cos(angle) * first + np.sin(angle) * across / np.linalg.norm(across)
    return ((1 - t) * lengths[0] + t * lengths[1]) * direction


@pytest.mark.parametrize("way", ["Straight", "Arc"])
def test_between_two_pictures_lies_what_torch_decodes_there(
    page: Page, address: str, way: str
) -> None:
    found = open_sliders(page, address, "digits-2d")
    a, b = chosen(page, found, ".vl-between", "AB")
    page.locator(".vl-choices").get_by_text(way, exact=True).click()
    steps = np.linspace(0, 1, 11)
    zs = torch.tensor(np.stack([blend(way, a, b, t) for t in steps]), dtype=torch.float32)
    canvas = page.get_by_role("img", name="Pictures on the way")
    shows(page, lambda: strip(canvas, 11, 8), decode(found.model, zs))
    scrubber = page.get_by_role("slider", name="From A to B")
    scrubber.press("ArrowRight")
    scrubber.press("ArrowLeft")
    expect(scrubber).to_have_attribute("aria-valuetext", "50 % of the way")
    shows(page, lambda: drawn(page.locator(BIG)), decode(found.model, zs[[5]]))
    assert values(page, 2) == pytest.approx(zs[5].clamp(-2.33, 2.33).tolist(), abs=0.006)
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(400)
    page.get_by_role("button", name="Pause").click()
    assert float(scrubber.input_value()) > 0.55


def chosen(page: Page, found: Checkpoint, where: str, letters: str) -> list[np.ndarray]:
    """Means of the pictures that are to be blended, found by their looks."""
    data = load_dataset("digits")
    places = []
    for letter in letters:
        button = page.locator(where).get_by_role("button", name=f"{letter} is")
        expect(button).to_be_visible()
        label = int(button.inner_text().split()[-1])
        picture = drawn(button.locator("canvas"))
        for position in (found.latents.label == label).nonzero()[:, 0].tolist():
            split, index = found.latents.where(position)
            original = data.split(split).pixels(index, index + 1)[0, 0] * 255
            if np.abs(original.round().numpy() - picture).max() <= 1:
                places.append(found.latents.encoded.mean[position].numpy())
                break
    assert len(places) == len(letters)
    return places


def test_another_picture_is_chosen_from_a_sheet_by_keyboard(page: Page, address: str) -> None:
    open_sliders(page, address, "digits-2d")
    button = page.locator(".vl-between").get_by_role("button", name="A is")
    before = drawn(button.locator("canvas"))
    button.press("Enter")
    sheet = page.get_by_role("dialog", name="Choose picture A")
    sheet.get_by_role("combobox", name="Class").select_option(label="4")
    cells = sheet.locator(".vl-sheet button")
    expect(cells).to_have_count(24)
    expect(cells.first).to_have_attribute("aria-label", "a 4")
    first = drawn(cells.first.locator("canvas"))
    sheet.get_by_role("button", name="Others").click()
    until(page, lambda: assert_differs(drawn(cells.first.locator("canvas")), first))
    cells.first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    wanted = drawn(page.locator(".vl-sheet button:focus canvas"))
    page.keyboard.press("Enter")
    expect(sheet).to_have_count(0)
    expect(button).to_contain_text("4")
    until(page, lambda: np.testing.assert_array_equal(drawn(button.locator("canvas")), wanted))
    assert (wanted != before).any()
    expect(button).to_be_focused()
    button.press("Enter")
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)


def assert_differs(one: np.ndarray, other: np.ndarray) -> None:
    assert (one != other).any()


def test_what_a_has_and_b_lacks_is_given_to_c(page: Page, address: str) -> None:
    found = open_sliders(page, address, "digits-2d")
    page.get_by_text("More: A").click()
    a, b, c = chosen(page, found, ".vl-sum", "ABC")
    result = page.get_by_role("img", name="A \N{MINUS SIGN} B + C")
    result.scroll_into_view_if_needed()
    shows(page, lambda: drawn(result), decode(found.model, torch.tensor(a - b + c)[None]))
    strength = page.get_by_role("slider", name="Strength")
    for _ in range(5):
        strength.press("ArrowRight")
    z = torch.tensor(1.25 * (a - b) + c)
    shows(page, lambda: drawn(result), decode(found.model, z[None]))
    shows(page, lambda: drawn(page.locator(BIG)), decode(found.model, z[None]))
    assert values(page, 2) == pytest.approx(z.clamp(-2.33, 2.33).tolist(), abs=0.006)


def test_a_film_goes_there_and_back(page: Page, address: str) -> None:
    found = open_sliders(page, address, "digits-2d")
    a, _ = chosen(page, found, ".vl-between", "AB")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save GIF").click()
    assert download.value.suggested_filename.endswith(".gif")
    film = Image.open(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert film.n_frames == 48
    film.seek(0)
    expected = decode(found.model, torch.tensor(a)[None])[0, 0] * 255
    shown = np.asarray(film.convert("L")).astype(int)[17::35, 17::35]
    assert np.abs(shown - expected.numpy()).max() <= 2
    expect(page.locator(".vl-blend .vl-note")).to_be_empty()


def test_a_film_that_cannot_be_made_says_so(page: Page, address: str) -> None:
    open_sliders(page, address, "digits-2d")
    expect(page.locator(".vl-between").get_by_role("button", name="B is")).to_be_visible()
    page.route("**/film", lambda route: route.fulfill(status=400, json={"error": "No disk."}))
    page.get_by_role("button", name="Save GIF").click()
    expect(page.get_by_text("The film was not saved: No disk.")).to_be_visible()
