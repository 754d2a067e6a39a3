"""Pictures that people bring: read with limits, and turned into light ink on black."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from vae_core.errors import InvalidInputError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
MAX_BYTES = 10 * 2**20
MAX_PIXELS = 25_000_000
SIDE = 280  # of what is kept; many times what a model sees
_FITS, _EVEN = 6, 4.0  # of the ground; grey values that paper differs by
_ROWS = 256  # turned grey at once
_NOISE = 0.08  # of the ink's range: paper is not quite even


def read_ink(content: bytes) -> NDArray[np.uint8]:
    """Read a picture of dark ink on light paper, or of light ink on a dark ground.

    The ground is even, or changes slowly from place to place, as paper does in uneven light; what
    differs from it is ink, the more the lighter in the result. Transparent pixels count as white
    paper.

    Args:
        content: a PNG, JPEG, WebP, GIF (its first picture) or BMP file, at most 10 MiB and
            25 million pixels.

    Returns:
        (H, W) of at most 280 pixels a side: 0 for the ground, 255 for the strongest ink.

    Raises:
        InvalidInputError: for anything else, or a picture of one colour.
    """
    grey = _read(content)
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


def _read(content: bytes) -> NDArray[np.float64]:
    """Grey values 0 to 255, at most 280 pixels a side."""
    if len(content) > MAX_BYTES:
        raise InvalidInputError(
            f"A file of more than {MAX_BYTES // 2**20} MiB was received; choose a smaller picture."
        )
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
        if picture.width * picture.height > MAX_PIXELS:
            raise InvalidInputError(
                f"A picture of {picture.width:,} x {picture.height:,} pixels was received; "
                f"expected at most {MAX_PIXELS // 10**6} million. Make it smaller."
            )
        picture.draft("L", (SIDE, SIDE))  # of a large JPEG not all is unpacked
        ImageOps.exif_transpose(picture, in_place=True)
        flat = _on_paper(picture)
    except InvalidInputError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InvalidInputError(
            f"A picture of far more than {MAX_PIXELS // 10**6} million pixels was received; make "
            "it smaller."
        ) from error
    except Exception as error:  # Pillow's readers raise many kinds for damaged files
        raise InvalidInputError(
            "This file cannot be read as a picture; expected PNG, JPEG, WebP, GIF or BMP."
        ) from error
    flat.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(flat, np.float64)


def _on_paper(picture: Image.Image) -> Image.Image:
    """In grey, 8 bits, on white where it is transparent.

    Some rows after the others: in between they are in colour four times over, which would be a lot
    of memory for a whole picture.
    """
    flat = Image.new("L", picture.size)
    for top in range(0, picture.height, _ROWS):
        bottom = min(top + _ROWS, picture.height)
        flat.paste(_rows_on_paper(picture.crop((0, top, picture.width, bottom))), (0, top))
    return flat


def _rows_on_paper(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):  # 16 bits, which Pillow would cut off at 255
        return Image.fromarray((np.asarray(picture, np.float64) / 257).clip(0, 255).astype("u1"))
    over = picture.convert("RGBA")
    paper = Image.new("RGBA", over.size, "white")
    return Image.alpha_composite(paper, over).convert("L")
