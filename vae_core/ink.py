"""Pictures that people bring, turned into light ink on black."""

import numpy as np
from numpy.typing import NDArray

from vae_core.errors import InvalidInputError
from vae_core.picture_files import read_grey

_FITS, _EVEN = 6, 4.0  # of the ground; grey values that paper differs by
_NOISE = 0.08  # of the ink's range: paper is not quite even


def read_ink(content: bytes) -> NDArray[np.uint8]:
    """Read a picture of dark ink on light paper, or of light ink on a dark ground.

    Args:
        content: a PNG, JPEG, WebP, GIF (its first picture) or BMP file, at most 10 MiB and
            25 million pixels. Transparent pixels count as white paper.

    Returns:
        (H, W) of at most 280 pixels a side: 0 for the ground, 255 for the strongest ink.

    Raises:
        InvalidInputError: for anything else, or a picture of one colour.
    """
    return find_ink(read_grey(content).grey)


def find_ink(grey: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Tell ink from the ground that it lies on.

    The ground is even, or changes slowly from place to place, as paper does in uneven light; what
    differs from it is ink, the more the lighter in the result.

    Args:
        grey: (H, W), 0 black to 255 white.

    Returns:
        (H, W): 0 for the ground, 255 for the strongest ink.

    Raises:
        InvalidInputError: for a picture of one colour.
    """
    ground = _ground(grey)
    level = float(np.median(ground))
    # What paper reflects is a share of the light that falls on it there.
    ink = grey - ground if level < 128 else level * (1 - grey / ground.clip(1))
    strongest = float(ink.max())
    if strongest < 16:
        raise InvalidInputError(
            "No ink was found: the picture is of one colour. Choose one of something dark on a "
            "light ground, or light on a dark one."
        )
    share = (ink / strongest - _NOISE) / (1 - _NOISE)
    return (share.clip(0, 1) * 255).round().astype(np.uint8)


def _ground(grey: NDArray[np.float64]) -> NDArray[np.float64]:
    """The surface of third degree through the picture's edge and all that lies close to it.

    What lies far from it, such as ink that reaches the edge, has no say.
    """
    height, width = grey.shape
    down, right = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    powers = np.stack([down**i * right**j for i in range(4) for j in range(4 - i)], axis=-1)
    known = np.ones(grey.shape, bool)
    known[1:-1, 1:-1] = False
    for _ in range(_FITS):
        weights, *_ = np.linalg.lstsq(powers[known], grey[known], rcond=None)
        ground: NDArray[np.float64] = powers @ weights
        away = np.abs(grey - ground)
        known = away <= max(3 * float(np.median(away[known])), _EVEN)
    return ground
