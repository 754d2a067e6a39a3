"""The frame into which a data set's pictures are laid, and what comes of laying one in it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vae_core.data import DatasetEntry, Framing
from vae_core.picture_files import GreyPicture
from vae_core.pictures.placing import Placement

Way = Literal["ink", "plain"]
Grey = NDArray[np.float64]  # 0 black to 255 white
LIGHT = 127.5  # grey values above it are light


@dataclass(frozen=True)
class Frame:
    """What a data set's pictures are.

    Attributes:
        height, width: in pixels.
        channels: that all get the same grey.
        levels: of brightness.
        framing: how the ink lies, in these pixels.
    """

    height: int
    width: int
    channels: int
    levels: int
    framing: Framing

    @classmethod
    def of(cls, entry: DatasetEntry, factor: int = 1) -> "Frame":
        """The frame of a data set, or one that many times smaller, rounded up."""
        channels, height, width = entry.spec.event_shape
        framing = Framing(
            entry.framing.box / factor,
            entry.framing.pen / factor,
            entry.framing.by_mass,
            entry.framing.middle,
        )
        return cls(-(-height // factor), -(-width // factor), channels, entry.spec.levels, framing)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    @property
    def middle(self) -> tuple[float, float]:
        """Where the middle of the ink belongs."""
        return self.framing.middle * self.height, self.framing.middle * self.width

    @property
    def words(self) -> str:
        """How large it is, and how fine its grey."""
        levels = f", {self.levels} levels of grey" if self.levels < 256 else ""
        return f"{self.width} \N{MULTIPLICATION SIGN} {self.height} pixels{levels}"

    def rounded(self, grey: Grey) -> Tensor:
        """Grey values (H, W) as a picture of the data set, (1, C, H, W) float32 in [0, 1]."""
        steps = self.levels - 1
        values = (grey.clip(0, 255) / 255 * steps).round() / steps
        return torch.from_numpy(values).float().expand(1, self.channels, -1, -1).contiguous()


@dataclass(frozen=True)
class Step:
    """One step of a preparation.

    Attributes:
        words: what was done.
        picture: what came of it, (h, w) uint8.
    """

    words: str
    picture: NDArray[np.uint8]

    @classmethod
    def of(cls, words: str, grey: Grey) -> "Step":
        """A step that ends in grey values (h, w)."""
        return cls(words, grey.clip(0, 255).round().astype(np.uint8))


@dataclass(frozen=True)
class Prepared:
    """A picture as a data set's are.

    Attributes:
        picture: (1, C, H, W) float32 in [0, 1].
        way: "ink" or "plain", see `prepare`.
        is_inverted: whether dark and light changed places.
        steps: what was done; the first is the picture as it was read.
        placement: where the pixels of what was read have come to lie.
        read: the picture as it was read.
    """

    picture: Tensor
    way: Way
    is_inverted: bool
    steps: tuple[Step, ...]
    placement: Placement
    read: GreyPicture


def border(grey: Grey) -> Grey:
    """The pixels along the edge, in a row."""
    return np.concatenate([grey[0], grey[-1], grey[1:-1, 0], grey[1:-1, -1]])


def as_read(read: GreyPicture) -> Step:
    """The first step: what was read, in grey."""
    words = [f"read, {read.width:,} \N{MULTIPLICATION SIGN} {read.height:,} pixels, in grey"]
    if read.num_pictures > 1:
        words.append(f"the first of {read.num_pictures} pictures in the file")
    if read.is_turned:
        words.append("turned as the camera was held")
    return Step.of("; ".join(words), read.grey)
