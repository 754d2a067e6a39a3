"""A picture laid in a frame: scaled and moved, each pixel by the area that it covers."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Place = tuple[float, float]  # from the top and from the left, in pixels; a pixel's middle is at .5
Box = tuple[int, int, int, int]  # top, bottom, left, right


@dataclass(frozen=True)
class Placement:
    """How a picture is laid in a frame.

    Attributes:
        size: (height, width) of the frame.
        scale: pixels of the frame for one of the picture.
        taken: a place of the picture.
        put: where in the frame that place comes to lie.
        around: the brightness of what lies outside the picture.
    """

    size: tuple[int, int]
    scale: float
    taken: Place
    put: Place
    around: float = 0.0

    def place(self, picture: NDArray[np.float64]) -> NDArray[np.float64]:
        """Lay a picture (h, w) in the frame (height, width): the mean over each pixel's area."""
        down, right = (
            _overlaps(size, num, self.scale, taken, put)
            for size, num, taken, put in zip(
                self.size, picture.shape, self.taken, self.put, strict=True
            )
        )
        laid: NDArray[np.float64] = down @ (picture - self.around) @ right.T
        return laid + self.around

    def moved(self, down: float, right: float) -> "Placement":
        """The same, so many pixels of the frame farther down and to the right."""
        return replace(self, put=(self.put[0] + down, self.put[1] + right))

    def before_padding(self, margin: int) -> "Placement":
        """The same, for the picture as it was before it got that many pixels on each side."""
        return replace(self, taken=(self.taken[0] - margin, self.taken[1] - margin))

    def onto_black(self) -> "Placement":
        """The same, with nothing around the picture."""
        return replace(self, around=0.0)


def _overlaps(size: int, num: int, scale: float, taken: float, put: float) -> NDArray[np.float64]:
    """Which share of each pixel of the frame each pixel of the picture covers, (size, num)."""
    edges = (np.arange(num + 1) - taken) * scale + put
    pixels = np.arange(size)[:, None]
    reached = edges.clip(pixels, pixels + 1)  # (size, num + 1)
    return np.diff(reached, axis=1)


def box_of(picture: NDArray[np.float64], least: float) -> Box | None:
    """What holds all that is at least so bright; None without any."""
    is_inside = picture >= least
    rows, columns = np.flatnonzero(is_inside.any(1)), np.flatnonzero(is_inside.any(0))
    if not len(rows):
        return None
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def mass_middle(picture: NDArray[np.float64]) -> Place:
    """Where the mass of what is bright has its centre; the middle of a black picture."""
    height, width = picture.shape
    down, right = np.arange(height) + 0.5, np.arange(width) + 0.5
    mass = float(picture.sum())
    if mass <= 0:
        return height / 2, width / 2
    return float(down @ picture.sum(1)) / mass, float(right @ picture.sum(0)) / mass
