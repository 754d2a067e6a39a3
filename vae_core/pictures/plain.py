"""A picture taken as it is, and only made as large as a data set's."""

import numpy as np

from vae_core.picture_files import GreyPicture
from vae_core.pictures.frame import LIGHT, Frame, Grey, Prepared, Step, as_read, border
from vae_core.pictures.placing import Placement


def taken_plainly(read: GreyPicture, frame: Frame, is_inverted: bool | None) -> Prepared:
    """Invert where that was asked for, or where the border is light; pad, and average."""
    steps = [as_read(read)]
    inverts = has_light_border(read.grey) if is_inverted is None else is_inverted
    grey = read.grey
    if inverts:
        grey = 255 - grey
        why = ", since its border is light" if is_inverted is None else ""
        steps.append(Step.of(f"inverted{why}", grey))
    height, width = grey.shape
    around = float(np.median(border(grey)))
    padding = _padded(grey, around)
    if padding is not grey:
        steps.append(Step.of("padded to a square, as its border is", padding))
    scale = min(frame.height, frame.width) / max(height, width)
    middle = frame.height / 2, frame.width / 2
    placement = Placement(frame.size, scale, (height / 2, width / 2), middle, around)
    picture = frame.rounded(placement.place(grey))
    is_that_size = (read.height, read.width) == frame.size
    made = "taken as large as it is" if is_that_size else "made smaller, area by area"
    if scale > 1:
        made = "made larger"
    steps.append(Step.of(f"{made}: {frame.words}", picture[0, 0].double().numpy() * 255))
    return Prepared(picture, "plain", inverts, tuple(steps), placement, read)


def has_light_border(grey: Grey) -> bool:
    """Whether most of the pixels along the edge are light."""
    return float(np.median(border(grey))) > LIGHT


def _padded(grey: Grey, around: float) -> Grey:
    """With as much on both sides as makes a square; itself where it is one."""
    height, width = grey.shape
    side = max(height, width)
    if height == width:
        return grey
    square = np.full((side, side), around)
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = grey
    return square
