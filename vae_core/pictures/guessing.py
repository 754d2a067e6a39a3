"""Whether a picture is one of a data set's kind already, or a photograph of something written."""

import numpy as np

from vae_core.picture_files import GreyPicture
from vae_core.pictures.frame import Frame, Grey, Way, border
from vae_core.pictures.ink import FAINT
from vae_core.pictures.placing import box_of, mass_middle
from vae_core.pictures.plain import has_light_border

_BLACK = 12  # grey values that a ground may have which is left as it is
_LIKE, _NEAR = 0.1, 0.15  # shares of the side that ink may be larger or smaller, and farther off


def likely_way(read: GreyPicture, frame: Frame) -> Way:
    """Tell which way of preparing a picture suits it.

    "plain" where it is no larger than the data's pictures, or its ink lies in a square frame of
    black or white as in theirs; else "ink".
    """
    if read.width <= frame.width and read.height <= frame.height:
        return "plain"
    longer, shorter = max(read.width, read.height), min(read.width, read.height)
    is_square = longer <= (1 + _LIKE) * shorter
    return "plain" if is_square and _lies_as_there(read.grey, frame) else "ink"


def _lies_as_there(grey: Grey, frame: Frame) -> bool:
    light = 255 - grey if has_light_border(grey) else grey
    if float(np.median(border(light))) > _BLACK:
        return False
    box = box_of(light, FAINT)
    if box is None:
        return True
    top, bottom, left, right = box
    height, width = grey.shape
    size = max((bottom - top) / height, (right - left) / width)
    is_by_mass, middle = frame.framing.by_mass, frame.framing.middle
    down, across = mass_middle(light) if is_by_mass else ((top + bottom) / 2, (left + right) / 2)
    is_as_large = bool(abs(size - frame.framing.box / max(frame.size)) <= _LIKE)
    off = abs(down / height - middle), abs(across / width - middle)
    return is_as_large and max(off) <= _NEAR
