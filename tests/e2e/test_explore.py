"""Explore in a real browser: the first screen, and that a click is true to data set and model."""

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from tests.e2e.mapping import ORIGINAL, RECONSTRUCTION, open_map, to_screen
from tests.e2e.sliding import drawn
from tests.e2e.stage import settle, until
from vae_core import decode, load_dataset

PICK = "new URL(location).searchParams.get('pick')"


def shown(images: torch.Tensor) -> np.ndarray:
    return (images[0, 0] * 255).round().int().numpy()


@pytest.mark.parametrize("model", ["digits-2d", "digits-cvae-2d", "mnist-16d"])
def test_the_first_screen_is_complete_and_does_not_scroll(
    page: Page, address: str, model: str
) -> None:
    found = open_map(page, address, model)
    expect(page.get_by_role("button", name="Pick a digit")).to_be_visible()
    num, dim = found.latents.encoded.mean.shape
    expect(page.get_by_text(f"{num:,} images, {dim} numbers each, seed 0")).to_be_visible()
    for part in (".vl-surface", ".vl-under canvas", RECONSTRUCTION, ".st-key-maths"):
        box = page.locator(part).first.bounding_box()
        assert box["y"] + box["height"] <= 768, part
    sizes = page.evaluate(
        "() => { const main = document.querySelector('.stMain');"
        " return [document.documentElement.scrollWidth, innerWidth, main.scrollHeight,"
        " main.clientHeight]; }"
    )
    assert sizes[0] <= sizes[1]
    assert sizes[2] <= sizes[3]


@pytest.mark.parametrize("position", [150, 1400, 1700])
def test_the_clicked_dot_its_picture_and_its_label_agree_with_the_data_set(
    page: Page, address: str, position: int
) -> None:
    checkpoint = open_map(page, address)
    before = page.evaluate(f"() => {PICK}")
    page.mouse.click(*to_screen(page, checkpoint.latents.encoded.mean[[position]])[0])
    # Another dot may lie on top of this one: whichever was picked is in the address.
    page.wait_for_function(f"before => ({PICK}) !== before", arg=before)
    picked = int(page.evaluate(f"() => {PICK}"))
    distance = (
        checkpoint.latents.encoded.mean[picked] - checkpoint.latents.encoded.mean[position]
    ).norm()
    assert distance < 0.06  # within the radius of a dot
    split, index = checkpoint.latents.where(picked)
    source = load_dataset("digits").split(split)
    original = shown(source.pixels(index, index + 1))
    mean = checkpoint.latents.encoded.mean[picked : picked + 1]
    reconstruction = shown(decode(checkpoint.model, mean))

    def the_pictures_are_the_picked_ones() -> None:
        np.testing.assert_array_equal(drawn(page.locator(ORIGINAL)), original)
        assert np.abs(drawn(page.locator(RECONSTRUCTION)) - reconstruction).max() <= 2

    until(page, the_pictures_are_the_picked_ones)
    expect(
        page.get_by_role("heading", name=f"Picked digit: {source.labels[index]}")
    ).to_be_visible()


def test_a_picked_dot_outlives_a_reload_and_other_pages(page: Page, address: str) -> None:
    found = open_map(page, address, query="&pick=7")
    page.mouse.click(*to_screen(page, found.latents.encoded.mean[[1400]])[0])
    page.wait_for_function(f"() => ({PICK}) !== '7'")
    picked = page.evaluate(f"() => {PICK}")
    label = int(found.latents.label[int(picked)])
    heading = page.get_by_role("heading", name=f"Picked digit: {label}", exact=True)
    expect(heading).to_be_visible()
    page.get_by_role("link", name="Train", exact=True).click()
    settle(page)
    page.get_by_role("link", name="Explore", exact=True).click()
    expect(heading).to_be_visible()
    page.reload()
    expect(heading).to_be_visible()
    assert page.evaluate(f"() => {PICK}") == picked


def test_the_button_picks_after_a_click_and_a_click_after_the_button(
    page: Page, address: str
) -> None:
    found = open_map(page, address, query="&pick=7")
    place = to_screen(page, found.latents.encoded.mean[[1400]])[0]
    page.mouse.click(*place)
    page.wait_for_function(f"() => ({PICK}) !== '7'")
    clicked = page.evaluate(f"() => {PICK}")
    page.get_by_role("button", name="Pick a digit").click()
    page.wait_for_function(f"before => ({PICK}) !== before", arg=clicked)
    other = int(page.evaluate(f"() => {PICK}"))
    mean = found.latents.encoded.mean[[other]]
    ring = page.locator(".vl-mark-picked circle").last

    def the_ring_is_there() -> None:
        box = ring.bounding_box()
        assert box is not None  # just then drawn anew
        middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
        np.testing.assert_allclose(middle, to_screen(page, mean)[0], atol=1)

    until(page, the_ring_is_there)
    page.mouse.click(*place)
    page.wait_for_function(f"before => ({PICK}) === before", arg=clicked)


def test_the_mean_and_spread_shown_are_the_models_and_give_its_kl(page: Page, address: str) -> None:
    found = open_map(page, address, query="&pick=7")
    encoded = found.latents.encoded
    line = page.locator(".vl-picked p").first.inner_text().replace("\N{MINUS SIGN}", "-")
    x, y = encoded.mean[7].tolist()
    sx, sy = (encoded.logvar[7] / 2).exp().tolist()
    assert f"({x:.3f}, {y:.3f})" in line
    assert f"({sx:.3f}, {sy:.3f})" in line
    kl = sum((m * m + s * s - 1 - 2 * np.log(s)) / 2 for m, s in ((x, sx), (y, sy)))
    page.get_by_text("Show the maths").click()
    shown = page.locator(".vl-term.kl b")
    expect(shown).to_be_visible()
    assert float(shown.inner_text()) == pytest.approx(kl, abs=0.02)


def test_maps_and_sliders_of_mnist_open_with_real_checkpoints(page: Page, address: str) -> None:
    open_map(page, address, "mnist-2d")
    expect(page.get_by_text("10,000 images, 2 numbers each")).to_be_visible()
    page.get_by_role("link", name="Sliders").click()
    settle(page)
    assert "model=mnist-2d" in page.url
    expect(page.locator(".vl-big canvas")).to_be_visible()
