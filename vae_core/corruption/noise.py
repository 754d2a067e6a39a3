"""Noise: every pixel is changed, or some are and nobody knows which.

Each kind draws as many numbers at every level, one for each pixel, so that it grows on one pattern;
and image by image, so that the first images of a batch have the same damage however many follow.
"""

import math

import torch
from torch import Tensor

from vae_core.corruption.base import Changed

BLOCK = 16  # numbers that torch draws at once from a normal distribution
LEAST_COUPLED = 0.05  # of Poisson noise: 400 photons make white


def gaussian(x: Tensor, level: float, generator: torch.Generator) -> Changed:
    """Add normal noise of standard deviation `level`."""
    return Changed(x + level * _normal(x, generator))


def speckle(x: Tensor, level: float, generator: torch.Generator) -> Changed:
    """Multiply each pixel by 1 plus normal noise of standard deviation `level`: black stays."""
    return Changed(x * (1 + level * _normal(x, generator)))


def poisson(x: Tensor, level: float, generator: torch.Generator) -> Changed:
    """Count photons, of which white sends 1 / level^2 on average: its spread is then `level`.

    A pixel's count is the quantile of one uniform number, so that it changes smoothly with the
    level (inversion by sequential search, Devroye 1986, X.3.3). Counting ends at white, where
    images are clipped. Below level 0.05 that would take too long: there each level is drawn anew.
    """
    if level == 0:
        return Changed(x.clone())
    if level < LEAST_COUPLED:
        return Changed(torch.poisson(x / level**2, generator) * level**2)
    rate = x.double() / level**2
    u = torch.empty_like(rate).uniform_(generator=generator)
    probability = torch.exp(-rate)  # of 0 photons; of 400 it is above the least float64
    below, count = torch.zeros_like(u), torch.zeros_like(u)
    for photons in range(1, math.ceil(1 / level**2) + 1):
        below += probability
        count += u >= below
        probability *= rate / photons
    return Changed((count * level**2).to(x.dtype))


def salt_and_pepper(x: Tensor, level: float, generator: torch.Generator) -> Changed:
    """Turn a share of the pixels black or white, half of them each."""
    u = torch.empty_like(x).uniform_(generator=generator)
    # One draw decides both: u below level hits the pixel, its lower half makes it black.
    return Changed(torch.where(u < level, (u >= level / 2).to(x.dtype), x))


def _normal(x: Tensor, generator: torch.Generator) -> Tensor:
    """A normal number for each pixel, (B, C, H, W).

    On the processor torch draws blocks of 16, and the last numbers of a tensor that ends within a
    block otherwise than were more to follow: each image has whole blocks of its own.
    """
    num = x[0].numel() if len(x) else 0
    whole = torch.empty(len(x), -(-num // BLOCK) * BLOCK, device=x.device, dtype=x.dtype)
    return whole.normal_(generator=generator)[:, :num].reshape(x.shape)
