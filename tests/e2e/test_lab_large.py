"""The large picture with its divider, and the arrow on the model's map."""

import numpy as np
import pytest
import torch
from playwright.sync_api import Locator, Page, expect

from tests.e2e.denoising import clean_of, expected, level, level_text, open_lab, row
from tests.e2e.sliding import drawn, shows
from tests.e2e.stage import until
from vae_core import catalogue, encode, load_checkpoint

MODEL = "digits-2d"
ONE_PASS = f"one-pass:{MODEL}"


def side(page: Page, which: str) -> Locator:
    return page.locator(f".vl-lab-{which}").first


def divider(page: Page) -> Locator:
    return page.get_by_role("slider", name="Divider")


def test_damaged_stands_left_of_the_divider_and_restored_right_of_it(
    page: Page, address: str
) -> None:
    open_lab(page, address)
    results = expected((MODEL,), "gaussian", 0.5)
    shows(page, lambda: drawn(side(page, "left")), results["damaged"].images[:1])
    shows(page, lambda: drawn(side(page, "right")), results[ONE_PASS].images[:1])
    box = page.locator(".vl-lab-wipe").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 60, steps=4)
    page.mouse.up()
    assert int(divider(page).get_attribute("aria-valuenow")) == pytest.approx(80, abs=1)
    clip = side(page, "right").evaluate("canvas => getComputedStyle(canvas).clipPath")
    assert float(clip.split()[-1].rstrip("%)")) == pytest.approx(80, abs=1)
    line = page.locator(".vl-lab-divider").bounding_box()
    assert line["x"] + line["width"] / 2 == pytest.approx(box["x"] + 0.8 * box["width"], abs=2)


def test_what_is_seen_changes_where_the_divider_is(page: Page, address: str) -> None:
    open_lab(page, address)
    page.get_by_role("combobox", name="Left of the divider").select_option("clean")
    page.get_by_role("combobox", name="Right of the divider").select_option("error")
    clean = clean_of("digits", 0)
    shows(page, lambda: drawn(side(page, "left")), clean[:1])

    def errors_are_drawn() -> None:
        off = (expected((MODEL,), "gaussian", 0.5)[ONE_PASS].images - clean)[0, 0].numpy()
        wanted = np.where(off > 0, 255 * off, 60 * -off)
        assert np.abs(drawn(side(page, "right")) - wanted).max() <= 2

    until(page, errors_are_drawn)
    label = divider(page).get_attribute("aria-label")
    assert label == "Divider: left of it original, right of it error"


def test_the_divider_moves_by_keys_and_leaves_the_level_alone(page: Page, address: str) -> None:
    open_lab(page, address)
    divider(page).focus()
    for key, place in (
        ("ArrowRight", "52"),
        ("Shift+ArrowRight", "62"),
        ("ArrowLeft", "60"),
        ("Home", "0"),
        ("ArrowLeft", "0"),
        ("End", "100"),
    ):
        page.keyboard.press(key)
        expect(divider(page)).to_have_attribute("aria-valuenow", place)
    expect(level_text(page)).to_have_text("0.50")


def test_any_picture_becomes_the_large_one(page: Page, address: str) -> None:
    open_lab(page, address)
    cells = row(page, "median").locator("canvas").first
    box = cells.bounding_box()
    page.mouse.click(box["x"] + 5.5 / 8 * box["width"], box["y"] + box["height"] / 2)
    results = expected((MODEL,), "gaussian", 0.5)
    shows(page, lambda: drawn(side(page, "right")), results["median"].images[5:6])
    expect(page.locator(".vl-lab-by select")).to_have_value("median")
    expect(page.locator(".vl-lab-turn h3")).to_contain_text("6 of 8")
    page.get_by_role("button", name="Next picture").click()
    page.get_by_role("button", name="Next picture").click()
    page.get_by_role("button", name="Next picture").click()
    expect(page.locator(".vl-lab-turn h3")).to_contain_text("1 of 8")
    shows(page, lambda: drawn(side(page, "right")), results["median"].images[:1])


def test_the_sentence_is_about_the_picture_and_the_method_that_are_large(
    page: Page, address: str
) -> None:
    open_lab(page, address)
    results = expected((MODEL,), "gaussian", 0.5)
    clean = clean_of("digits", 0)
    said = page.locator(".vl-lab-said p").first

    def ratio(name: str, place: int) -> str:
        before, after = (
            float((results[one].images[place] - clean[place]).square().mean())
            for one in ("damaged", name)
        )
        return f"{(before / after) ** 0.5:.1f} times closer"

    expect(said).to_contain_text(ratio(ONE_PASS, 0))
    page.get_by_role("button", name="Next picture").click()
    expect(said).to_contain_text(ratio(ONE_PASS, 1))
    explained = page.locator(".vl-lab-said .vl-help").get_attribute("data-help")
    assert "root of the mean squared difference" in explained


PLACES = """svg => ["clean", "damaged", "restored"].map((name) => {
  const circle = svg.querySelector(`circle.is-${name}`);
  return [Number(circle.getAttribute("cx")), Number(circle.getAttribute("cy"))];
})"""


@pytest.mark.parametrize("model", ["digits-2d", "digits-denoise-16d"])
def test_the_arrow_goes_where_the_model_puts_the_three_pictures(
    page: Page, address: str, model: str
) -> None:
    open_lab(page, address, f"model={model}")
    results = expected((model,), "gaussian", 0.5)
    found = load_checkpoint(catalogue.folder_of(model))
    pictures = torch.cat(
        [
            clean_of("digits", 0)[:1],
            results["damaged"].images[:1],
            results[f"one-pass:{model}"].images[:1],
        ]
    )
    means = encode(found.model, pictures).mean
    stored = found.latents.encoded.mean
    if means.shape[1] > 2:
        origin = stored.mean(0)
        _, _, axes = torch.linalg.svd(stored - origin, full_matrices=False)
        signs = axes[:2].gather(1, axes[:2].abs().argmax(1, keepdim=True)).sign()
        means = (means - origin) @ (axes[:2] * signs).T
    key = page.locator(".vl-lab-key")
    expect(key).to_contain_text(f"restored by {model}")
    is_flat = means.shape[1] < stored.shape[1]
    assert (f"a flat view (PCA) of {stored.shape[1]} numbers" in key.inner_text()) == is_flat
    svg = page.locator(".vl-lab-square .vl-mark-moves")
    expect(svg.locator("circle.is-restored")).to_be_visible()

    def the_places_are_there() -> None:
        pixels = torch.tensor(svg.evaluate(PLACES))
        side = page.locator(".vl-lab-square").bounding_box()["width"]
        middle = torch.tensor([side / 2, side / 2])
        away = (pixels - middle) * torch.tensor([1.0, -1.0])
        scale = (away * means).sum() / (means * means).sum()
        assert float(scale) > 0
        assert (away - scale * means).abs().max() < 1.0

    until(page, the_places_are_there)


def test_the_map_has_coloured_dots_and_the_arrow_follows_the_level(
    page: Page, address: str
) -> None:
    open_lab(page, address)
    dots = page.locator(".vl-lab-square .vl-points")
    expect(dots).to_be_visible()
    svg = page.locator(".vl-lab-square .vl-mark-moves")
    expect(svg.locator("circle.is-restored")).to_be_visible()
    shades = dots.evaluate(
        "canvas => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)"
        ".data.filter((_, place) => place % 4 === 0)).size"
    )
    assert shades > 10
    before = svg.evaluate(PLACES)
    level(page).press("End")
    level(page).fill("0.9")

    def the_damaged_one_has_moved() -> None:
        now = svg.evaluate(PLACES)
        assert now[1] != before[1]

    until(page, the_damaged_one_has_moved)
