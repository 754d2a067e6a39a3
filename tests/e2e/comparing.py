"""The Compare page as browser tests open and read it."""

import torch
from playwright.sync_api import Locator, Page, expect

from tests.e2e.stage import settle
from vae_core import catalogue, load_checkpoint
from vae_core.models import LatentModel

PLACE = """surface => {
  const { left, top, width } = surface.getBoundingClientRect();
  const { xaxis, yaxis } = surface.parentElement.querySelector(".vl-axes")._fullLayout;
  return [left, top, width, xaxis.range[0], xaxis.range[1], yaxis.range[0], yaxis.range[1]];
}"""


def models(*names: str) -> list[LatentModel]:
    return [load_checkpoint(catalogue.folder_of(name)).model for name in names]


def open_pair(page: Page, address: str, query: str) -> None:
    page.goto(f"{address}/compare?{query}")
    settle(page)
    expect(page.locator(".vl-mark-cross path")).to_have_count(4)


def surface(page: Page, which: int) -> Locator:
    return page.locator(".vl-surface").nth(which)


def hover(page: Page, which: int, z: tuple[float, float]) -> torch.Tensor:
    """Go to the pixel nearest to z on a map of two numbers; what z it stands for, (1, 2)."""
    left, top, width, x0, x1, y0, y1 = surface(page, which).evaluate(PLACE)
    px = round(left + (z[0] - x0) / (x1 - x0) * width)
    py = round(top + (y1 - z[1]) / (y1 - y0) * width)
    page.mouse.move(px, py)
    x = x0 + (px - left) / width * (x1 - x0)
    return torch.tensor([[x, y1 - (py - top) / width * (y1 - y0)]])


def decoded(page: Page, which: int) -> Locator:
    return page.locator(".vl-compare-here .vl-decoded").nth(which)
