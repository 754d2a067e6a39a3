import numpy as np
import torch
from playwright.sync_api import Page, expect

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


def test_a_pressed_class_is_drawn_with_the_same_numbers(page: Page, address: str) -> None:
    page.goto(f"{address}/sliders?model=digits-cvae-2d")
    settle(page)
    model = load_checkpoint(catalogue.folder_of("digits-cvae-2d")).model
    z = torch.zeros(1, 2)

    def of_class(label: int) -> np.ndarray:
        return shown(decode(model, z, {"class": torch.tensor([label])}))

    classes = page.locator(".st-key-classes").get_by_role("radio")
    expect(classes).to_have_count(11)
    for label in range(10):
        drawn = pixels(page, f".st-key-classes button:nth-child({label + 1}) img")
        np.testing.assert_array_equal(drawn, of_class(label))
    box = classes.nth(3).locator("img").bounding_box()
    assert box["width"] == box["height"] == 50  # pictures to press, not icons

    classes.nth(3).click()

    def the_picture_is_a_three() -> None:
        np.testing.assert_array_equal(pixels(page, ".st-key-decoded img"), of_class(3))
        assert classes.nth(3).get_attribute("aria-checked") == "true"

    until(page, the_picture_is_a_three)
    slider = page.locator("input[type=range]").first
    slider.focus()
    slider.press("ArrowRight")
    until(page, lambda: expect(slider).to_have_value("0.01"))
    z[0, 0] = 0.01
    until(page, the_picture_is_a_three)
