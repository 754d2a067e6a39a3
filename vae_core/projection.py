"""From a latent of any size to the two coordinates of a map, and back."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.errors import InvalidInputError
from vae_core.inference import decode
from vae_core.models import NO_CONDITIONS, LatentModel

STRIP_JITTER = 0.35


@dataclass(frozen=True)
class Projection:
    """An affine picture of a latent: coordinates = (z - origin) @ axes.

    Attributes:
        origin: (D,): the point that the map's centre stands for.
        axes: (D, 2), orthonormal columns; a column of zeros is an axis without meaning (the
            height of a strip).
        labels: what the two axes are called.
    """

    origin: Tensor
    axes: Tensor
    labels: tuple[str, str]

    @property
    def is_strip(self) -> bool:
        """True for a one-dimensional latent: only the horizontal axis means something."""
        return not bool(self.axes[:, 1].any())

    def project(self, z: Tensor) -> Tensor:
        """Coordinates of z, (N, D) -> (N, 2); the height of a strip is a fixed jitter."""
        points = (z - self.origin) @ self.axes
        if self.is_strip:
            generator = torch.Generator().manual_seed(0)
            points[:, 1] = STRIP_JITTER * (2 * torch.rand(len(z), generator=generator) - 1)
        return points

    def lift(self, points: Tensor) -> Tensor:
        """Latents of map coordinates, (N, 2) -> (N, D): the nearest z in the map's plane."""
        return self.origin + points @ self.axes.T


def axes_projection(latent_dim: int, first: int = 0, second: int = 1) -> Projection:
    """Show two of the latent's own coordinates; the others stay at 0.

    A latent_dim of 1 gives a strip.

    Raises:
        InvalidInputError: for an axis that is not there, or twice the same.
    """
    axes = torch.zeros(latent_dim, 2)
    if latent_dim == 1:
        axes[0, 0] = 1.0
        return Projection(torch.zeros(1), axes, ("z1", ""))
    if first == second or not all(0 <= axis < latent_dim for axis in (first, second)):
        raise InvalidInputError(
            f"Map axes {first} and {second} received; expected two different numbers from 0 to "
            f"{latent_dim - 1}."
        )
    axes[first, 0] = axes[second, 1] = 1.0
    return Projection(torch.zeros(latent_dim), axes, (f"z{first + 1}", f"z{second + 1}"))


def pca_projection(means: Tensor) -> Projection:
    """Show the plane of greatest variance of `means`, (N, D), D >= 2.

    The sign of each axis is fixed (its largest entry is positive), so that maps of the same model
    always look the same.
    """
    origin = means.mean(0)
    _, singular, rows = torch.linalg.svd(means - origin, full_matrices=False)
    axes = rows[:2].T
    signs = axes.gather(0, axes.abs().argmax(0, keepdim=True)).sign()
    share = (singular.square() / singular.square().sum().clamp_min(1e-12))[:2]
    names = tuple(f"PCA {i + 1} ({100 * float(s):.0f} %)" for i, s in enumerate(share))
    return Projection(origin, axes * signs, (names[0], names[1]))


def class_centres(points: Tensor, labels: Tensor, num_classes: int) -> Tensor:
    """Where the names of the classes belong on a map.

    Args:
        points: (N, 2).
        labels: (N,) from 0 to num_classes - 1.

    Returns:
        (num_classes, 2) medians of the classes; nan for a class that is not there.
    """
    nowhere = points.new_full((2,), torch.nan)
    masks = [labels == label for label in range(num_classes)]
    return torch.stack([points[m].median(0).values if bool(m.any()) else nowhere for m in masks])


def manifold(
    model: LatentModel,
    projection: Projection,
    limits: tuple[float, float, float, float],
    num: int,
    conditions: Mapping[str, Tensor] = NO_CONDITIONS,
) -> Tensor:
    """Decode a grid of places over the map.

    Args:
        limits: (left, right, bottom, top) of the map's axes.
        num: places along each axis. Each picture stands at the centre of its cell, so the grid
            of pictures stretched over `limits` shows each one where it belongs.
        conditions: what a conditional model is told at every place, each (1, ...).

    Returns:
        (num * num, C, H, W) in [0, 1], row by row from the top left.
    """
    return decode(model, projection.lift(grid(limits, num)), conditions)


def grid(limits: tuple[float, float, float, float], num: int) -> Tensor:
    """Middles of num x num cells, (num * num, 2), row by row from the top left; see `manifold`."""
    left, right, bottom, top = limits
    centres = (torch.arange(num) + 0.5) / num
    x = left + (right - left) * centres
    y = top - (top - bottom) * centres
    return torch.stack([x.repeat(num), y.repeat_interleave(num)], dim=1)
