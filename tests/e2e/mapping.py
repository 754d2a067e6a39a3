"""The map of Explore as browser tests use it: its pictures, and its places on the screen."""

from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Page

from tests.e2e.sliding import drawn, shows
from tests.e2e.stage import settle
from vae_core import catalogue, load_checkpoint
from vae_core.checkpoints import Checkpoint

AXES = """() => {
  const { left, top, width } = document.querySelector(".vl-surface").getBoundingClientRect();
  const { xaxis, yaxis } = document.querySelector(".vl-axes")._fullLayout;
  return [left, top, width, xaxis.range[0], xaxis.range[1], yaxis.range[0], yaxis.range[1]];
}"""

HERE, DOT = ".vl-under .vl-decoded", ".vl-dot-picture"
ORIGINAL, RECONSTRUCTION = ".vl-original", ".vl-reconstruction"


def shows_at(page: Page, selector: str, expected: torch.Tensor) -> None:
    """Wait until the canvas shows torch's picture, (1, 1, H, W)."""
    shows(page, lambda: drawn(page.locator(selector)), expected)


def open_map(page: Page, address: str, model: str = "digits-2d", query: str = "") -> Checkpoint:
    """Open Explore and wait until the map has drawn its first picture."""
    page.goto(f"{address}/?model={model}{query}")
    settle(page)
    page.wait_for_selector(".vl-mark-picked circle")
    page.wait_for_selector(".vl-panel h3:text-matches(': ')")
    return load_checkpoint(catalogue.folder_of(model))


def to_screen(page: Page, places: Any) -> np.ndarray:
    """Pixels of the window for places of the map, (N, 2)."""
    left, top, width, x0, x1, y0, y1 = page.evaluate(AXES)
    x, y = np.asarray(places, dtype=float).T
    return np.stack(
        [left + (x - x0) / (x1 - x0) * width, top + (y1 - y) / (y1 - y0) * width], axis=1
    )


def to_map(page: Page, pixels: Any) -> np.ndarray:
    """The inverse of `to_screen`."""
    left, top, width, x0, x1, y0, y1 = page.evaluate(AXES)
    px, py = np.asarray(pixels, dtype=float).T
    return np.stack(
        [x0 + (px - left) / width * (x1 - x0), y1 - (py - top) / width * (y1 - y0)], axis=1
    )


def place_on(page: Page, across: float, down: float) -> tuple[int, int]:
    """Whole pixels of the window, at these shares of the plotting area."""
    left, top, width, *_ = page.evaluate(AXES)
    return round(left + across * width), round(top + down * width)


def draw(page: Page, pixels: list[tuple[int, int]]) -> None:
    """Press, go through all places, let go."""
    page.mouse.move(*pixels[0])
    page.mouse.down()
    for place in pixels[1:]:
        page.mouse.move(*place)
    page.mouse.up()


def loneliest(page: Page, points: torch.Tensor) -> int:
    """The dot in the middle of the map that lies farthest from all others."""
    gaps = torch.cdist(points, points)
    gaps.fill_diagonal_(torch.inf)
    limit = page.evaluate(AXES)[4]
    inside = points.abs().amax(1) < 0.75 * limit
    return int(gaps.amin(1).where(inside, torch.tensor(-1.0)).argmax())


def z_at(page: Page, pixel: tuple[int, int]) -> torch.Tensor:
    """What a map of two numbers stands for at a pixel, (1, 2)."""
    return torch.tensor(to_map(page, [pixel]), dtype=torch.float32)


def width(page: Page) -> float:
    """What the axes show, in units of the latent."""
    *_, left, right, _, _ = page.evaluate(AXES)
    return right - left


def near(value: float, expected: float) -> None:
    """Within 2 %."""
    assert value == pytest.approx(expected, rel=0.02)
