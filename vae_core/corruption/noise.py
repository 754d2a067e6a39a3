"""Noise: every pixel is changed, or some are and nobody knows which."""

import torch
from torch import Tensor

from vae_core.corruption.base import Changed


def gaussian(x: Tensor, level: float, generator: torch.Generator) -> Changed:
    """Add normal noise of standard deviation `level`."""
    return Changed(x + level * torch.empty_like(x).normal_(generator=generator))


def speckle(x: Tensor, level: float, generator: torch.Generator) -> Changed:
    """Multiply each pixel by 1 plus normal noise of standard deviation `level`: black stays."""
    return Changed(x * (1 + level * torch.empty_like(x).normal_(generator=generator)))


def poisson(x: Tensor, level: float, generator: torch.Generator) -> Changed:
    """Count photons, of which white sends 1 / level^2 on average: its spread is then `level`."""
    if level == 0:
        return Changed(x.clone())
    return Changed(torch.poisson(x / level**2, generator) * level**2)


def salt_and_pepper(x: Tensor, level: float, generator: torch.Generator) -> Changed:
    """Turn a share of the pixels black or white, half of them each."""
    u = torch.empty_like(x).uniform_(generator=generator)
    # One draw decides both: u below level hits the pixel, its lower half makes it black.
    return Changed(torch.where(u < level, (u >= level / 2).to(x.dtype), x))
