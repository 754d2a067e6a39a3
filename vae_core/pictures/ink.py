"""Ink laid in the frame as a data set's is; `ui/components/draw_frame.js` does it with a pen."""

import numpy as np
from scipy import ndimage

from vae_core.ink import find_ink
from vae_core.picture_files import GreyPicture
from vae_core.pictures.frame import LIGHT, Frame, Grey, Prepared, Step, as_read
from vae_core.pictures.placing import Box, Placement, box_of, mass_middle

FAINT = 0.2 * 255  # ink that counts for the box
_SPECK = 0.01  # of the largest piece of ink
_THIN = 0.4  # of the data's pen


def laid_as_ink(read: GreyPicture, frame: Frame) -> Prepared:
    """Find the ink, and scale it to the data's box, centred by its mass or its box as there.

    Strokes of much less than the data's pen are made as thick as it is: a ballpoint's line would
    else be next to nothing, once it is as small as the data's pictures.

    Raises:
        InvalidInputError: for a picture of one colour.
    """
    found = find_ink(read.grey).astype(np.float64)
    is_dark = _is_dark(read.grey, found)
    steps = [as_read(read), Step.of("ink found, the rest made black", found)]
    if is_dark:
        steps[-1] = Step.of("dark ink found and made light, the rest black", found)
    ink = _without_specks(found)
    box = _box(ink)
    steps.append(Step.of("cropped to the ink", _cropped(ink, box)))
    margin, radius = 0, _missing_radius(ink, box, frame)
    if radius > 0:
        margin = int(radius) + 2
        ink = _thickened(np.pad(ink, margin), radius)
        box = _box(ink)
        steps.append(Step.of("thin strokes made as thick as the data's", _cropped(ink, box)))
    placement = _in_box(box, frame)
    if frame.framing.by_mass:
        laid = placement.place(ink)
        steps.append(Step.of(f"made {frame.words}", laid))
        (down, right), (top, left) = frame.middle, mass_middle(laid)
        placement = placement.moved(down - top, right - left)
    picture = frame.rounded(placement.place(ink))
    last = "centred by its mass" if frame.framing.by_mass else f"made {frame.words}, centred"
    steps.append(Step.of(last, picture[0, 0].double().numpy() * 255))
    return Prepared(picture, "ink", is_dark, tuple(steps), placement.before_padding(margin), read)


def _is_dark(grey: Grey, ink: Grey) -> bool:
    return float(grey[ink >= LIGHT].mean()) < float(np.median(grey[ink < LIGHT]))


def _without_specks(ink: Grey) -> Grey:
    """Without pieces that hold next to nothing beside the largest, which would widen the box."""
    pieces, num = ndimage.label(ink >= FAINT, np.ones((3, 3)))
    masses = ndimage.sum_labels(ink, pieces, np.arange(1, num + 1))
    specks = 1 + np.flatnonzero(masses < _SPECK * masses.max())
    kept: Grey = np.where(np.isin(pieces, specks), 0.0, ink)
    return kept * (255 / float(kept.max()))


def _box(ink: Grey) -> Box:
    box = box_of(ink, FAINT)
    assert box is not None  # the strongest ink is 255
    return box


def _longer(box: Box) -> int:
    top, bottom, left, right = box
    return max(bottom - top, right - left)


def _cropped(ink: Grey, box: Box) -> Grey:
    top, bottom, left, right = box
    return ink[top:bottom, left:right]


def _missing_radius(ink: Grey, box: Box, frame: Frame) -> float:
    """By how much strokes are to grow on both sides, in pixels of the ink; 0 for thick ones.

    Across a stroke of width w the distance to its edge is w / 4 on average, and half a pixel more
    when it is measured from the middle of one pixel to that of another.
    """
    is_ink = np.pad(ink >= LIGHT, 1)
    width = 4 * float(ndimage.distance_transform_edt(is_ink)[is_ink].mean()) - 2
    pen, room, longer = frame.framing.pen, frame.framing.box, _longer(box)
    if width * room >= _THIN * pen * longer:
        return 0.0
    # What grows is scaled down the more: (width + 2 r) * room / (longer + 2 r) = pen.
    return (pen * longer - width * room) / (2 * (room - pen))


def _thickened(ink: Grey, radius: float) -> Grey:
    away = ndimage.distance_transform_edt(ink < LIGHT)
    grown: Grey = (radius + 1 - away).clip(0, 1) * 255
    return np.maximum(ink, grown)


def _in_box(box: Box, frame: Frame) -> Placement:
    top, bottom, left, right = box
    scale = frame.framing.box / _longer(box)
    return Placement(frame.size, scale, ((top + bottom) / 2, (left + right) / 2), frame.middle)
