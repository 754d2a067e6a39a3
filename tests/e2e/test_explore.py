import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.stage import settle, until
from vae_core import catalogue, decode, load_checkpoint, load_dataset

PICK = "new URL(location).searchParams.get('pick')"
DOT_ON_SCREEN = """position => {
  const plot = document.querySelector('.st-key-dots .js-plotly-plot');
  for (const trace of plot._fullData) {
    const row = Array.from(trace.customdata).indexOf(position);
    if (row < 0) continue;
    const { xaxis, yaxis } = plot._fullLayout;
    const box = plot.getBoundingClientRect();
    return [box.left + xaxis._offset + xaxis.l2p(trace.x[row]),
            box.top + yaxis._offset + yaxis.l2p(trace.y[row])];
  }
}"""


def pixels(page: Page, selector: str) -> np.ndarray:
    source = page.locator(selector).first.get_attribute("src")
    content = base64.b64decode(source.split(",", 1)[1])
    return np.asarray(Image.open(io.BytesIO(content)))


def shown(images: torch.Tensor) -> np.ndarray:
    return (images[0, 0] * 255).round().byte().numpy()


def test_the_first_screen_is_complete_and_does_not_scroll(page: Page, address: str) -> None:
    page.goto(address)
    settle(page)
    expect(page.get_by_role("button", name="Pick a digit")).to_be_visible()
    expect(page.get_by_text("Digits 8x8: 1,797 images, 2 numbers each, seed 0")).to_be_visible()
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
    page.goto(address)
    settle(page)
    page.wait_for_selector(".st-key-dots .js-plotly-plot .points path")
    page.wait_for_function(f"() => ({PICK}) !== null")
    before = page.evaluate(f"() => {PICK}")
    page.mouse.click(*page.evaluate(DOT_ON_SCREEN, position))
    # Another dot may lie on top of this one: whichever was picked is in the address.
    page.wait_for_function(f"before => ({PICK}) !== before", arg=before)
    picked = int(page.evaluate(f"() => {PICK}"))
    checkpoint = load_checkpoint(catalogue.folder_of("digits-2d"))
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
        np.testing.assert_array_equal(pixels(page, "img.original"), original)
        np.testing.assert_array_equal(pixels(page, "img.reconstruction"), reconstruction)

    until(page, the_pictures_are_the_picked_ones)
    expect(
        page.get_by_role("heading", name=f"Picked digit: {source.labels[index]}")
    ).to_be_visible()


def test_the_points_are_drawn_in_the_colours_of_their_classes(page: Page, address: str) -> None:
    page.goto(address)
    settle(page)
    page.wait_for_selector(".st-key-dots .js-plotly-plot .points path")
    shot = Image.open(io.BytesIO(page.locator(".st-key-map").screenshot())).convert("RGB")
    colours = {tuple(c) for c in np.asarray(shot).reshape(-1, 3).tolist()}
    # Dots are drawn at an opacity of 0.8 on white.
    wanted = [(0xE3, 0x16, 0x86), (0x63, 0x4A, 0x1B), (0x2C, 0xC3, 0x95)]
    for colour in wanted:
        blended = tuple(round(0.8 * c + 0.2 * 255) for c in colour)
        assert any(all(abs(a - b) <= 3 for a, b in zip(c, blended, strict=True)) for c in colours)


def test_sliders_and_maps_of_mnist_open_with_real_checkpoints(page: Page, address: str) -> None:
    page.goto(f"{address}/?model=mnist-2d")
    settle(page)
    expect(page.get_by_text("3,000 of 10,000 images")).to_be_visible()
    page.get_by_role("link", name="Sliders").click()
    settle(page)
    assert "model=mnist-2d" in page.url
    expect(page.locator(".st-key-decoded img")).to_be_visible()
