"""What a kind of damage is, and what it leaves of images."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from vae_core.errors import InvalidInputError

SHARES = tuple(i / 20 for i in range(21))  # 0 to 1


@dataclass(frozen=True)
class Levels:
    """How strong a kind of damage can be.

    Attributes:
        unit: what a level measures.
        default: one that is visible and can be restored.
        choices: what a slider offers, in rising order; the first changes nothing.
        is_stepped: whether nothing between the choices makes sense.
    """

    unit: str
    default: float
    choices: tuple[float, ...] = SHARES
    is_stepped: bool = False

    def check(self, level: float) -> None:
        """Refuse what is not a level.

        Raises:
            InvalidInputError: for a level out of range, or between steps.
        """
        if self.is_stepped:
            expected = "one of " + ", ".join(f"{choice:g}" for choice in self.choices)
            is_right = level in self.choices
        else:
            expected = f"a number from {self.choices[0]:g} to {self.choices[-1]:g}"
            is_right = self.choices[0] <= level <= self.choices[-1]
        if not is_right:
            raise InvalidInputError(f"Noise level {level:g} received; expected {expected}.")


@dataclass(frozen=True)
class Changed:
    """What a kind of damage makes of a batch, before it is clipped.

    Attributes:
        images: (B, C, H, W).
        known: see `Damaged`.
        factor: see `Damaged`.
    """

    images: Tensor
    known: Tensor | None = None
    factor: int = 1


@dataclass(frozen=True)
class Damaged:
    """Damaged images, and what is known of the damage.

    Attributes:
        images: (B, C, H, W) in [0, 1], of the size that the clean ones had.
        known: (B, 1, H, W) bool: where a pixel is as it was, the others are missing and black;
            None where it is not known which pixels are hit, or all of them are.
        factor: by how much the images were made smaller; what is shown is enlarged again, each of
            the `small` pixels to a square.
        kind: a name in CORRUPTIONS.
        level: in the unit of that kind.
        is_rough: whether kind and level are what somebody says of pictures that came damaged: they
            are roughly so, and values are rounded as in a file.
    """

    images: Tensor
    known: Tensor | None
    factor: int
    kind: str
    level: float
    is_rough: bool = False

    @property
    def small(self) -> Tensor:
        """What is left of images that were made smaller, (B, C, ceil(H/f), ceil(W/f))."""
        return self.images[..., :: self.factor, :: self.factor]

    def rows(self, part: slice) -> "Damaged":
        """Some of the images."""
        known = None if self.known is None else self.known[part]
        return replace(self, images=self.images[part], known=known)


@dataclass(frozen=True)
class Corruption:
    """One kind of damage.

    Attributes:
        title: what people call it.
        levels: how strong it can be.
        apply: (x, level, generator) -> what comes of x, not yet clipped.
        is_random: whether another seed is another damage.
        is_recordable: whether it can be part of a CUDA graph, which works on the card alone.
    """

    title: str
    levels: Levels
    apply: Callable[[Tensor, float, torch.Generator], Changed]
    is_random: bool = True
    is_recordable: bool = True
