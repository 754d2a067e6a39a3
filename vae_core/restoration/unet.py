"""A small U-Net for damaged images. Its skips carry detail past the bottom: it is no VAE.

(Ronneberger et al. 2015; residual blocks after He et al. 2016; pixels folded into channels and out
again after Shi et al. 2016.) At the bottom lies a dense layer over the whole image: digits are
centred, so that what is gone at one place follows from all the others.
"""

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from vae_core.schema import Config


class UNetConfig(Config):
    """The sizes of a network.

    Attributes:
        side: of the square grey images, a multiple of 2 x fold.
        fold: so many pixels by so many become channels of one place before anything else.
        widths: channels at full and at half of that resolution.
        squeezed: channels that the dense layers see of each place.
        hidden: width of the dense layers.
    """

    side: int = Field(ge=4, le=256)
    fold: int = Field(ge=1, le=8)
    widths: tuple[int, int] = (32, 64)
    squeezed: int = Field(default=16, ge=1, le=256)
    hidden: int = Field(default=512, ge=1, le=4096)


class Block(nn.Module):
    """(B, C, H, W) -> the same, plus what two convolutions make of it; at first nothing."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Add to x."""
        added: Tensor = self.second(functional.relu(self.first(functional.relu(x))))
        return x + added


class Bottom(nn.Module):
    """(B, C, h, w) -> the same, plus what dense layers make of all places at once."""

    def __init__(self, width: int, side: int, config: UNetConfig) -> None:
        super().__init__()
        num = config.squeezed * side**2
        self.squeeze = nn.Conv2d(width, config.squeezed, 1)
        self.dense = nn.Sequential(
            nn.Linear(num, config.hidden), nn.ReLU(), nn.Linear(config.hidden, num), nn.ReLU()
        )
        self.spread = nn.Conv2d(config.squeezed, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Add to x."""
        seen = self.squeeze(functional.relu(x))
        thought = self.dense(seen.flatten(1)).reshape(seen.shape)
        added: Tensor = self.spread(thought)
        return x + added


class UNet(nn.Module):
    """(B, 2, side, side) -> (B, 1, side, side), of which what lies outside [0, 1] is to be cut.

    The two planes are the damaged image and where it is known: 1 where a pixel is as it was, or
    where nobody knows, and 0 where it is missing. How strong the damage is, it is not told.
    """

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        fine, coarse = config.widths
        self.fold = config.fold
        self.stem = nn.Conv2d(2 * config.fold**2, fine, 3, padding=1)
        self.fine_in, self.fine_out = Block(fine), Block(fine)
        self.down = nn.Conv2d(fine, coarse, 2, stride=2)
        self.coarse_in, self.coarse_out = Block(coarse), Block(coarse)
        self.bottom = Bottom(coarse, config.side // config.fold // 2, config)
        self.up = nn.ConvTranspose2d(coarse, fine, 2, stride=2)
        self.head = nn.Conv2d(fine, config.fold**2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the clean image."""
        folded = functional.pixel_unshuffle(x, self.fold)
        fine = self.fine_in(self.stem(folded.contiguous(memory_format=torch.channels_last)))
        coarse = self.coarse_out(self.bottom(self.coarse_in(self.down(fine))))
        fine = self.fine_out(fine + self.up(functional.relu(coarse)))
        unfolded: Tensor = functional.pixel_shuffle(self.head(functional.relu(fine)), self.fold)
        return unfolded
