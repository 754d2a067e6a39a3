"""Digits drawn as strokes: pictures that need no data set.

They stand in for handwritten digits where those are not on this computer; no model was trained
on them.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

from vae_core.errors import InvalidInputError

Point = tuple[float, float]
OVERSAMPLING = 8
PEN = 0.085
MARGIN = 0.16
MAX_TILT = 0.2
MAX_SCALE_CHANGE = 0.12


def _arc(cx: float, cy: float, rx: float, ry: float, start: float, stop: float) -> list[Point]:
    """Points of an ellipse from `start` to `stop` degrees, clockwise from three o'clock."""
    angles = [math.radians(start + (stop - start) * i / 24) for i in range(25)]
    return [(cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in angles]


# In a box 1 wide and 1 high, y downwards.
STROKES: tuple[tuple[list[Point], ...], ...] = (
    (_arc(0.5, 0.5, 0.33, 0.48, 0, 360),),
    ([(0.32, 0.2), (0.54, 0.02), (0.54, 0.98)],),
    ([*_arc(0.5, 0.29, 0.3, 0.27, -170, 35), (0.18, 0.97), (0.84, 0.97)],),
    ([*_arc(0.46, 0.26, 0.28, 0.24, -160, 85), *_arc(0.46, 0.74, 0.33, 0.25, -90, 150)],),
    ([(0.62, 0.98), (0.62, 0.03), (0.14, 0.68), (0.86, 0.68)],),
    ([(0.8, 0.03), (0.27, 0.03), (0.22, 0.45), *_arc(0.46, 0.67, 0.34, 0.3, -120, 145)],),
    ([(0.68, 0.02), (0.36, 0.34), *_arc(0.5, 0.7, 0.3, 0.28, 180, 540)],),
    ([(0.16, 0.04), (0.84, 0.04), (0.42, 0.98)],),
    (_arc(0.5, 0.25, 0.25, 0.23, 90, 450), _arc(0.5, 0.73, 0.31, 0.25, -90, 270)),
    (_arc(0.5, 0.3, 0.29, 0.28, 0, 360), [(0.79, 0.3), (0.76, 0.6), (0.58, 0.98)]),
)


def draw_digits(labels: Tensor, size: int, seed: int) -> Tensor:
    """Draw digits, each a little tilted, moved and stretched.

    Args:
        labels: (N,) 0 to 9.
        size: height and width in pixels, 8 to 512.
        seed: of the variations.

    Returns:
        (N, 1, size, size) float32 in [0, 1], white on black.

    Raises:
        InvalidInputError: for other labels or sizes.
    """
    if not 8 <= size <= 512:
        raise InvalidInputError(f"Picture size {size} received; expected 8 to 512.")
    if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) <= 9:
        raise InvalidInputError("A label outside 0 to 9 was received; only digits can be drawn.")
    random = np.random.default_rng(seed)
    pictures = [_draw(int(label), size, random) for label in labels]
    if not pictures:
        return torch.empty(0, 1, size, size)
    return torch.from_numpy(np.stack(pictures)).float().div_(255)[:, None]


def _draw(label: int, size: int, random: np.random.Generator) -> NDArray[np.uint8]:
    side = size * OVERSAMPLING
    tilt = random.uniform(-MAX_TILT, MAX_TILT)
    stretch = 1 + random.uniform(-MAX_SCALE_CHANGE, MAX_SCALE_CHANGE, 2)
    shift = random.uniform(-0.02, 0.02, 2)
    scale = (1 - 2 * MARGIN) * stretch * np.array([0.8, 1.0])
    pen = PEN * side
    image = Image.new("L", (side, side))
    canvas = ImageDraw.Draw(image)
    for stroke in STROKES[label]:
        points = np.array(stroke) - 0.5
        points[:, 0] -= tilt * points[:, 1]
        places = [(x, y) for x, y in ((points * scale + 0.5 + shift) * side).tolist()]
        canvas.line(places, fill=255, width=round(pen), joint="curve")
        for x, y in (places[0], places[-1]):
            canvas.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    return np.asarray(image.resize((size, size), Image.Resampling.BOX))
