"""Missing pixels: it is known which ones are left."""

import math

import torch
from torch import Tensor

from vae_core.corruption.base import Changed

NUM_PLACES = 96  # of a scribble
STRIDE, PEN = 0.07, 0.075  # from place to place, and radius: shares of the side
MAX_TURN = 0.9  # radians, standard deviation from place to place
LEAST = 1e-7  # of the uniform numbers that are made normal: at 0 they would be infinite


def without(x: Tensor, is_missing: Tensor) -> Changed:
    """Black out pixels: is_missing (B, 1, H, W) bool."""
    return Changed(x.masked_fill(is_missing, 0.0), known=~is_missing)


def square(x: Tensor, level: float, generator: torch.Generator) -> Changed:
    """Hide a square somewhere, of side `level` times the shorter side."""
    height, width = x.shape[-2:]
    side = round(level * min(height, width))
    u = torch.empty(len(x), 2, device=x.device).uniform_(generator=generator)
    top = (u[:, 0] * (height - side + 1)).long()[:, None]
    left = (u[:, 1] * (width - side + 1)).long()[:, None]
    rows = torch.arange(height, device=x.device)
    columns = torch.arange(width, device=x.device)
    in_rows = (rows >= top) & (rows < top + side)  # (B, H)
    in_columns = (columns >= left) & (columns < left + side)  # (B, W)
    return without(x, in_rows[:, None, :, None] & in_columns[:, None, None, :])


def half(x: Tensor, level: float, generator: torch.Generator) -> Changed:
    """Hide the lowest rows, a share `level` of the height."""
    height, width = x.shape[-2:]
    is_low = torch.arange(height, device=x.device) >= height - round(level * height)
    return without(x, is_low[None, None, :, None].expand(len(x), 1, height, width))


def drop_out(x: Tensor, level: float, generator: torch.Generator) -> Changed:
    """Lose each pixel, in all its channels, with probability `level`."""
    u = torch.empty_like(x[:, :1]).uniform_(generator=generator)
    return without(x, u < level)


def scribble(x: Tensor, level: float, generator: torch.Generator) -> Changed:
    """Cover a share `level` of the pixels with one long stroke, as of a pen that wanders.

    Pixels go in the order in which the pen reaches them; those that it never reaches come last,
    the nearest first.
    """
    height, width = x.shape[-2:]
    rows = (torch.arange(height, device=x.device) + 0.5) / height
    columns = (torch.arange(width, device=x.device) + 0.5) / width
    reached = torch.full((len(x), height, width), math.inf, device=x.device)
    for time, place in enumerate(_walk(len(x), generator, x.device).unbind(1)):
        down, right = place.unbind(1)
        away = torch.hypot(rows[:, None] - down, columns - right)
        when = torch.where(away <= PEN, float(time), NUM_PLACES + away)
        reached = torch.minimum(reached, when)
    order = reached.flatten(1).argsort(dim=1, stable=True).argsort(dim=1)
    is_covered = order < round(level * height * width)
    return without(x, is_covered.reshape(len(x), 1, height, width))


def _walk(num: int, generator: torch.Generator, device: torch.device) -> Tensor:
    """Places of a pen in the unit square, (num, places, 2, 1, 1), each turning a little."""
    # One draw, image by image: the first have the same stroke however many follow.
    u = torch.empty(num, 3 + NUM_PLACES, device=device).uniform_(LEAST, 1, generator=generator)
    start, turns = u[:, :3, None], torch.special.ndtri(u[:, 3:]) * MAX_TURN
    heading = 2 * math.pi * start[:, 0] + turns.cumsum(1)
    steps = torch.stack([heading.sin(), heading.cos()], 2) * STRIDE
    free = 0.25 + 0.5 * start[:, 1:, 0][:, None] + steps.cumsum(1)
    inside = 1 - (free % 2 - 1).abs()  # thrown back by the edges
    return inside[..., None, None]
