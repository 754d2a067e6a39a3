"""The drawing pad on Explore, as browser tests use and read it."""

import numpy as np
import torch
from playwright.sync_api import Page, expect

from tests.e2e.mapping import open_map, to_map
from tests.e2e.sliding import drawn
from vae_core.checkpoints import Checkpoint

SEVEN = [[(0.3, 0.25), (0.7, 0.25), (0.45, 0.8)]]
EIGHT = [[(0.6, 0.3), (0.4, 0.35), (0.6, 0.65), (0.45, 0.75), (0.4, 0.6), (0.6, 0.3)]]
SCRIBBLE = [[(0.1, y), (0.9, y)] for y in (0.1, 0.3, 0.5, 0.7, 0.9)]
PAD = ".vl-pad"
SEEN, RECON = (f".vl-seen figure:{which}-child canvas" for which in ("first", "last"))
DOT = ".vl-mark-drawn circle:last-of-type"
Strokes = list[list[tuple[float, float]]]


def open_pad(page: Page, address: str, model: str, query: str = "") -> Checkpoint:
    found = open_map(page, address, model, query)
    page.get_by_role("radio", name="Draw").check(force=True)
    expect(page.locator(PAD)).to_be_visible()
    return found


def draw(page: Page, strokes: Strokes) -> None:
    box = page.locator(PAD).bounding_box()
    for stroke in strokes:
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=4)
        page.mouse.up()


def seen(page: Page) -> torch.Tensor:
    """What the model gets, (1, 1, H, W)."""
    return torch.from_numpy(drawn(page.locator(SEEN))).float().div(255)[None, None]


def dot(page: Page) -> np.ndarray:
    """Where the drawing lies on the map, (2,)."""
    box = page.locator(DOT).bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    return to_map(page, [middle])[0]


def differs(one: torch.Tensor, other: torch.Tensor) -> None:
    assert float((one - other).abs().max()) > 0.1
