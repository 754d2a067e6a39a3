"""What the U-Net restorers are trained on: every kind of damage, at many levels."""

from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.corruption import CORRUPTIONS, damage
from vae_core.data import ImageSource
from vae_core.restoration.champion import as_input

# Of each kind: how often beside the others, and the levels that are worth learning.
KINDS: dict[str, tuple[float, float, float]] = {
    "gaussian": (5.0, 0.05, 0.85),
    "salt-and-pepper": (1.0, 0.05, 0.8),
    "speckle": (1.0, 0.1, 1.0),
    "poisson": (1.0, 0.1, 1.0),
    "blur": (1.0, 0.1, 1.0),
    "jpeg": (1.0, 0.5, 1.0),
    "masked-square": (1.5, 0.1, 0.7),
    "half": (1.5, 0.1, 0.75),
    "scribble": (1.0, 0.1, 0.8),
    "drop-out": (1.0, 0.1, 0.9),
    "down-sample": (1.0, 2.0, 4.0),
}
NUM_PARTS = 4  # of a batch, each damaged in its own way


@dataclass(frozen=True)
class Drawn:
    """A batch to learn from.

    Attributes:
        clean: (B, 1, H, W) in [0, 1].
        seen: (B, 2, H, W), what the network sees.
        kept: (B, 1, H, W) bool, pixels that are known to be right: they are put back whatever
            the network makes of them.
    """

    clean: Tensor
    seen: Tensor
    kept: Tensor


def draw_batch(source: ImageSource, size: int, generator: torch.Generator) -> Drawn:
    """Draw images and damage them, each part of the batch in its own way."""
    x = source.batch(torch.randint(len(source), (size,), generator=generator)).x
    parts = [damage(part, *draw_damage(generator), generator) for part in x.chunk(NUM_PARTS)]
    nothing = torch.zeros_like(parts[0].images, dtype=torch.bool)
    kept = [nothing[: len(p.images)] if p.known is None else p.known for p in parts]
    return Drawn(x, torch.cat([as_input(part) for part in parts]), torch.cat(kept))


def draw_damage(generator: torch.Generator) -> tuple[str, float]:
    """Draw a kind of damage and a level of it."""
    names = list(KINDS)
    weights = torch.tensor([KINDS[name][0] for name in names])
    kind = names[int(torch.multinomial(weights, 1, generator=generator))]
    _, low, high = KINDS[kind]
    u = float(torch.rand((), generator=generator))
    if CORRUPTIONS[kind].levels.is_stepped:
        return kind, low if u < 0.5 else high
    return kind, low + (high - low) * u
