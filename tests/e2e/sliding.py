"""The Sliders page as browser tests read it: its canvases and its sliders."""

from collections.abc import Callable

import numpy as np
import torch
from playwright.sync_api import Locator, Page, expect

from tests.e2e.stage import settle, until
from vae_core import catalogue, load_checkpoint
from vae_core.checkpoints import Checkpoint

BIG = ".vl-big canvas"
PIXELS = """(canvas, channel) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  return [height, width, Array.from(data).filter((_, place) => place % 4 === channel)];
}"""


def drawn(canvas: Locator, channel: int = 0) -> np.ndarray:
    """What stands on a canvas, (H, W), 0 to 255: red, as grey has it, or green (1), blue (2)."""
    height, width, values = canvas.evaluate(PIXELS, channel)
    return np.array(values, dtype=int).reshape(height, width)


def strip(canvas: Locator, num: int, side: int) -> np.ndarray:
    """Pictures of a strip, (num, side, side), each in a black edge of one pixel."""
    row = drawn(canvas).reshape(side + 2, num, side + 2).transpose(1, 0, 2)
    return row[:, 1:-1, 1:-1]


def shows(page: Page, read: Callable[[], np.ndarray], expected: torch.Tensor) -> None:
    """Wait until pictures are those of torch, (N, 1, H, W) in [0, 1], but for rounding."""

    def the_pictures_are_the_decoded_ones() -> None:
        wanted = (expected[:, 0] * 255).numpy()
        try:
            found = read().reshape(wanted.shape)
        except ValueError as error:  # a canvas that waits for its first picture has another size
            raise AssertionError("nothing is drawn so far") from error
        assert np.abs(found - wanted).max() <= 2

    until(page, the_pictures_are_the_decoded_ones)


def open_sliders(page: Page, address: str, model: str, query: str = "") -> Checkpoint:
    page.goto(f"{address}/sliders?model={model}{query}")
    settle(page)
    expect(page.locator(BIG)).to_be_visible()
    return load_checkpoint(catalogue.folder_of(model))


def slider(page: Page, dim: int) -> Locator:
    return page.get_by_role("slider", name=f"number {dim + 1} (z{dim + 1})", exact=True)


def values(page: Page, num: int) -> list[float]:
    return [float(slider(page, dim).input_value()) for dim in range(num)]
