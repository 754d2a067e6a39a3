import numpy as np
import torch
from playwright.sync_api import Page

from tests.e2e.stage import settle, until
from tests.e2e.test_explore import pixels, shown
from vae_core import catalogue, decode, load_checkpoint


def test_a_moved_slider_shows_the_picture_that_torch_decodes(page: Page, address: str) -> None:
    page.goto(f"{address}/sliders")
    settle(page)
    before = pixels(page, ".st-key-decoded img")
    slider = page.locator("input[type=range]").nth(1)
    slider.focus()
    for _ in range(20):
        slider.press("ArrowRight")
    value = float(slider.input_value())
    assert value > 0.1
    model = load_checkpoint(catalogue.folder_of("digits-2d")).model
    expected = shown(decode(model, torch.tensor([[0.0, value]])))
    assert (expected != before).any()

    def the_picture_is_the_decoded_one() -> None:
        np.testing.assert_array_equal(pixels(page, ".st-key-decoded img"), expected)

    until(page, the_picture_is_the_decoded_one)
