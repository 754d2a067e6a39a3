"""Pictures that people bring, prepared as the pictures of a data set are.

::

    prepared = prepare(Path("scan.jpg").read_bytes(), "mnist")
    prepared.picture                              # (1, C, H, W) in [0, 1]
    [step.words for step in prepared.steps]       # what was done, each with a picture
"""

from typing import Literal, get_args

import torch
from torch import Tensor

from vae_core.data import dataset_entry
from vae_core.errors import InvalidInputError, UnknownNameError
from vae_core.picture_files import MAX_BYTES, MAX_PIXELS, GreyPicture, read_grey, read_light
from vae_core.pictures.frame import Frame, Prepared, Step, Way
from vae_core.pictures.guessing import likely_way
from vae_core.pictures.ink import laid_as_ink
from vae_core.pictures.plain import taken_plainly

__all__ = [
    "FORMATS",
    "MAX_BYTES",
    "MAX_PIXELS",
    "WAYS",
    "AskedWay",
    "Prepared",
    "Step",
    "Way",
    "prepare",
    "read_mask",
]

FORMATS = ("PNG", "JPEG", "WEBP")
MAX_STRETCH = 20  # times that one side may be longer than the other
AskedWay = Literal["auto", "ink", "plain"]
WAYS: tuple[AskedWay, ...] = get_args(AskedWay)


def prepare(
    content: bytes,
    dataset: str,
    way: AskedWay = "auto",
    *,
    is_inverted: bool | None = None,
    factor: int = 1,
) -> Prepared:
    """Read a picture's file and make of it what the pictures of a data set are.

    Args:
        content: a PNG, JPEG or WebP file of at most 10 MiB and 25 million pixels.
        dataset: a name in DATASETS.
        way: "ink" looks for ink on an even ground, and lays it in the frame as the data set's is
            laid: for a photograph of something written. "plain" takes all of the picture and only
            makes it as large as the data set's: for pictures of that kind. "auto" is "plain" for
            pictures no larger than the data set's, and for those whose ink lies in its frame as
            there; else "ink".
        is_inverted: whether dark and light change places in the way "plain"; None inverts what
            has a light border.
        factor: the picture is made this many times smaller than the data set's are.

    Raises:
        InvalidInputError: for another file, a long strip, or no ink where ink is looked for.
        UnknownNameError: for an unknown data set or way.
    """
    frame = Frame.of(dataset_entry(dataset), factor)
    if way not in WAYS:
        raise UnknownNameError("way of preparing a picture", way, WAYS)
    read = _read(content)
    chosen = likely_way(read, frame) if way == "auto" else way
    if chosen == "ink":
        return laid_as_ink(read, frame)
    return taken_plainly(read, frame, is_inverted)


def read_mask(content: bytes, prepared: Prepared) -> Tensor:
    """Read which pixels of a picture are missing, and follow them through its preparation.

    Args:
        content: a file like `prepare`'s, as large as the picture, light where pixels are missing;
            a quarter of white is light, as at the edge of a line.
        prepared: what the picture has become.

    Returns:
        (1, 1, H, W) bool: the pixels into which any missing one went.

    Raises:
        InvalidInputError: for another file or size, or a mask that hides nothing or all.
    """
    read = prepared.read
    height, width = read.grey.shape
    mask = read_light(content, FORMATS, (height, width))
    if (mask.width, mask.height) != (read.width, read.height):
        raise InvalidInputError(
            f"A mask of {mask.width:,} x {mask.height:,} pixels received for a picture of "
            f"{read.width:,} x {read.height:,}; expected the same size."
        )
    is_missing = prepared.placement.onto_black().place(mask.grey) > 1e-6
    if is_missing.all() or not is_missing.any():
        what = "all pixels" if is_missing.all() else "no pixel"
        if mask.grey.any() and not is_missing.any():
            what = "no pixel of what was kept of the picture"
        raise InvalidInputError(
            f"The mask hides {what}; expected white where pixels are missing, black elsewhere."
        )
    return torch.from_numpy(is_missing)[None, None]


def _read(content: bytes) -> GreyPicture:
    read = read_grey(content, FORMATS)
    longer, shorter = max(read.width, read.height), min(read.width, read.height)
    if longer > MAX_STRETCH * shorter:
        raise InvalidInputError(
            f"A picture of {read.width:,} x {read.height:,} pixels was received; expected one "
            f"whose longer side is at most {MAX_STRETCH} times the shorter. Cut out what matters."
        )
    return read
