"""Files of pictures that people bring: read with limits, in grey."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from vae_core.errors import InvalidInputError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
NAMES = {"WEBP": "WebP"}
MAX_BYTES = 10 * 2**20
MAX_PIXELS = 25_000_000
MAX_LONG = 100_000  # pixels of a side: beside its pixels, each row of a picture takes some memory
MAX_SCANS = 100  # of a JPEG, each of which may go over the whole picture; cameras write a dozen
SIDE = 280  # of what is kept; many times what a model sees
_FAINT = 64  # of 255
_SIDE_AT_ONCE = 1_024  # of what is turned grey at once
_SCAN = b"\xff\xda"  # begins one
_ORIENTATION = 0x0112  # the tag of how the camera was held


@dataclass(frozen=True)
class GreyPicture:
    """A picture as it was read.

    Attributes:
        grey: (H, W) float64, 0 black to 255 white, at most 280 pixels a side.
        width: of the file's picture, as its camera was held.
        height: likewise.
        num_pictures: in the file; the first is read.
        is_turned: whether the camera was held another way than its pixels lie.
    """

    grey: NDArray[np.float64]
    width: int
    height: int
    num_pictures: int = 1
    is_turned: bool = False


def read_grey(content: bytes, formats: tuple[str, ...] = FORMATS) -> GreyPicture:
    """Read a picture, in grey. Transparent pixels count as white paper.

    Args:
        content: a file of at most 10 MiB and 25 million pixels, 100,000 a side.
        formats: that are taken, some of FORMATS.

    Raises:
        InvalidInputError: for anything else.
    """
    return _opened(content, formats, _read)


def _opened(
    content: bytes, formats: tuple[str, ...], read: Callable[[Image.Image], GreyPicture]
) -> GreyPicture:
    if len(content) > MAX_BYTES:
        raise InvalidInputError(
            f"A file of more than {MAX_BYTES // 2**20} MiB was received; choose a smaller picture."
        )
    try:
        picture = Image.open(io.BytesIO(content), formats=formats)
        _check_size(picture)
        if picture.format in ("JPEG", "MPO") and content.count(_SCAN) > MAX_SCANS:
            raise InvalidInputError(
                f"A JPEG in more than {MAX_SCANS} layers was received; expected a dozen. Save it "
                "anew, not progressive."
            )
        return read(picture)
    except InvalidInputError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InvalidInputError(
            f"A picture of far more than {MAX_PIXELS // 10**6} million pixels was received; make "
            "it smaller."
        ) from error
    except Exception as error:  # Pillow's readers raise many kinds for damaged files
        raise InvalidInputError(
            f"This file cannot be read as a picture; expected {_listed(formats)}."
        ) from error


def _check_size(picture: Image.Image) -> None:
    """Of what its header says, before anything is unpacked."""
    received = f"A picture of {picture.width:,} x {picture.height:,} pixels was received"
    if picture.width * picture.height > MAX_PIXELS:
        most = f"at most {MAX_PIXELS // 10**6} million"
        raise InvalidInputError(f"{received}; expected {most}. Make it smaller.")
    if max(picture.size) > MAX_LONG:
        raise InvalidInputError(
            f"{received}; expected at most {MAX_LONG:,} a side. Cut out what matters."
        )


def read_light(content: bytes, formats: tuple[str, ...], size: tuple[int, int]) -> GreyPicture:
    """Read where a picture is light: no pixel of it is lost where it is made smaller.

    Args:
        content, formats: see `read_grey`.
        size: (h, w) of the grey values, at most the picture's own.

    Returns:
        A picture of 255, wherever any pixel of the file is lighter than a quarter, and 0: a line of
        one pixel that lies between two is half as bright in both, and what JPEG leaves around an
        edge is darker.

    Raises:
        InvalidInputError: as `read_grey` does.
    """
    return _opened(content, formats, partial(_read_light, size=size))


def _listed(formats: tuple[str, ...]) -> str:
    *first, last = (NAMES.get(name, name) for name in formats)
    return f"{', '.join(first)} or {last}" if first else last


def _read(picture: Image.Image) -> GreyPicture:
    width, height = picture.size
    num_pictures = 1 if picture.format == "GIF" else getattr(picture, "n_frames", 1)
    picture.draft("L", (SIDE, SIDE))  # of a large JPEG not all is unpacked
    is_turned = picture.getexif().get(_ORIENTATION, 1) in range(2, 9)
    before = picture.size
    ImageOps.exif_transpose(picture, in_place=True)
    if is_turned and picture.size != before:
        width, height = height, width
    flat = _on_paper(picture)
    flat.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    return GreyPicture(np.asarray(flat, np.float64), width, height, num_pictures, is_turned)


def _read_light(picture: Image.Image, size: tuple[int, int]) -> GreyPicture:
    ImageOps.exif_transpose(picture, in_place=True)
    is_light = np.asarray(_on_paper(picture)) > _FAINT
    width, height = picture.size
    for axis, num in enumerate(size):
        is_light = _any_of(is_light, num, axis)
    return GreyPicture(np.where(is_light, 255.0, 0.0), width, height)


def _any_of(is_light: NDArray[np.bool_], num: int, axis: int) -> NDArray[np.bool_]:
    """Make `num` of the places along an axis, each of all that it covers, if only in part."""
    cells, old = np.arange(num), is_light.shape[axis]
    first, behind = cells * old // num, -(-(cells + 1) * old // num)
    # From first to behind, and from there to the next first, which is left out.
    places = np.stack([first, behind.clip(max=old - 1)], 1).ravel()[:-1]
    found: NDArray[np.bool_] = np.logical_or.reduceat(is_light, places, axis)
    return found.take(2 * cells, axis)


def _on_paper(picture: Image.Image) -> Image.Image:
    """In grey, 8 bits, on white where it is transparent.

    One square after the other: in between they are in colour four times over, which would be a lot
    of memory for a whole picture, or for whole rows of a very wide one.
    """
    flat = Image.new("L", picture.size)
    for top in range(0, picture.height, _SIDE_AT_ONCE):
        bottom = min(top + _SIDE_AT_ONCE, picture.height)
        for left in range(0, picture.width, _SIDE_AT_ONCE):
            right = min(left + _SIDE_AT_ONCE, picture.width)
            part = picture.crop((left, top, right, bottom))
            flat.paste(_part_on_paper(part), (left, top))
    return flat


def _part_on_paper(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):  # 16 bits, which Pillow would cut off at 255
        return Image.fromarray((np.asarray(picture, np.float64) / 257).clip(0, 255).astype("u1"))
    over = picture.convert("RGBA")
    paper = Image.new("RGBA", over.size, "white")
    return Image.alpha_composite(paper, over).convert("L")
