"""Damage to images: pure, seeded, on batches. One registry, `CORRUPTIONS`.

Images are (B, C, H, W) float32 in [0, 1]; every result is clipped to [0, 1] again, so PSNR of a
noisy image is that of what people see.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.errors import InvalidInputError, UnknownNameError


@dataclass(frozen=True)
class Corruption:
    """One kind of damage.

    Attributes:
        title: what people call it.
        unit: what `level`, from 0 to 1, measures.
        default: a level that is visible and can be restored.
        apply: (x, level, generator) -> unclipped images like x.
    """

    title: str
    unit: str
    default: float
    apply: Callable[[Tensor, float, torch.Generator], Tensor]


def _gaussian(x: Tensor, level: float, generator: torch.Generator) -> Tensor:
    return x + level * torch.empty_like(x).normal_(generator=generator)


def _salt_and_pepper(x: Tensor, level: float, generator: torch.Generator) -> Tensor:
    u = torch.empty_like(x).uniform_(generator=generator)
    # One draw decides both: u below level hits the pixel, its lower half makes it black.
    return torch.where(u < level, (u >= level / 2).to(x.dtype), x)


def _masked_square(x: Tensor, level: float, generator: torch.Generator) -> Tensor:
    height, width = x.shape[-2:]
    side = round(level * min(height, width))
    u = torch.empty(len(x), 2, device=x.device).uniform_(generator=generator)
    top = (u[:, 0] * (height - side + 1)).long()[:, None]
    left = (u[:, 1] * (width - side + 1)).long()[:, None]
    rows = torch.arange(height, device=x.device)
    columns = torch.arange(width, device=x.device)
    in_rows = (rows >= top) & (rows < top + side)  # (B, H)
    in_columns = (columns >= left) & (columns < left + side)  # (B, W)
    hole = in_rows[:, None, :, None] & in_columns[:, None, None, :]  # (B, 1, H, W)
    return x.masked_fill(hole, 0.0)


CORRUPTIONS: dict[str, Corruption] = {
    "gaussian": Corruption("Gaussian noise", "standard deviation", 0.5, _gaussian),
    "salt-and-pepper": Corruption("Salt and pepper", "share of pixels", 0.3, _salt_and_pepper),
    "masked-square": Corruption("Masked square", "side, share of image", 0.4, _masked_square),
}


def corrupt(x: Tensor, kind: str, level: float, generator: torch.Generator) -> Tensor:
    """Damage a batch.

    Args:
        x: (B, C, H, W), values in [0, 1].
        kind: a name in `CORRUPTIONS`.
        level: strength in [0, 1], in the unit of the corruption; 0 changes nothing.
        generator: source of all randomness.

    Returns:
        A new tensor like x, clipped to [0, 1].

    Raises:
        UnknownNameError: for a kind that is not registered.
        InvalidInputError: for a level outside [0, 1].
    """
    if kind not in CORRUPTIONS:
        raise UnknownNameError("corruption", kind, CORRUPTIONS)
    if not 0.0 <= level <= 1.0:
        raise InvalidInputError(f"Noise level {level} received; expected a number from 0 to 1.")
    return CORRUPTIONS[kind].apply(x, level, generator).clamp_(0.0, 1.0)
