import numpy as np
import torch
from playwright.sync_api import Page

from tests.e2e.stage import settle
from tests.e2e.test_explore import pixels, shown
from vae_core import catalogue, decode, load_checkpoint


def test_a_moved_slider_shows_the_picture_that_torch_decodes(page: Page, address: str) -> None:
    page.goto(f"{address}/sliders")
    settle(page)
    before = pixels(page, ".st-key-decoded img")
    source = page.locator(".st-key-decoded img").first.get_attribute("src")
    slider = page.locator("input[type=range]").nth(1)
    slider.focus()
    for _ in range(20):
        slider.press("ArrowRight")
    page.wait_for_function(
        "old => document.querySelector('.st-key-decoded img').src !== old",
        arg=source,
    )
    page.wait_for_timeout(700)
    settle(page)
    value = float(slider.input_value())
    assert value > 0.1
    model = load_checkpoint(catalogue.folder_of("digits-2d")).model
    expected = shown(decode(model, torch.tensor([[0.0, value]])))
    after = pixels(page, ".st-key-decoded img")
    np.testing.assert_array_equal(after, expected)
    assert (after != before).any()
