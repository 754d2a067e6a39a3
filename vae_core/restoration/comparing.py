"""Several methods on the same damaged images, so that the numbers compare."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from torch import Tensor

from vae_core.corruption import Damaged
from vae_core.metrics import psnr_db, ssim
from vae_core.models import NO_CONDITIONS
from vae_core.restoration.base import Conditions, Method, Restored

DAMAGED = "damaged"
# Said of a filter that `does_nothing`: it is told how strong the damage is.
IDLE = "leaves these as they are: no strength of it helped"


@dataclass(frozen=True)
class Scored:
    """What a method made, and how close it is to the clean images.

    Attributes:
        restored: the images, and their spread where there is one.
        psnr_db: (N,) peak signal-to-noise ratio of each image, data range 1.
        ssim: (N,) structural similarity of each image.
        elapsed_s: for all images together, on this machine at this moment.
    """

    restored: Restored
    psnr_db: Tensor
    ssim: Tensor
    elapsed_s: float

    @property
    def images(self) -> Tensor:
        """The images, (N, C, H, W) in [0, 1]."""
        return self.restored.images


def compare(
    methods: Iterable[Method],
    clean: Tensor,
    damaged: Damaged,
    conditions: Conditions = NO_CONDITIONS,
    seed: int = 0,
) -> Mapping[str, Scored]:
    """Restore the same images by every method.

    Args:
        methods: each with another name.
        clean: (N, C, H, W) in [0, 1].
        damaged: what is left of them.
        conditions: what conditional models are told of the images, each (N, ...).
        seed: of what methods draw.

    Returns:
        "damaged", then each method's name -> result.
    """
    scored = {DAMAGED: _scored(Restored(damaged.images), clean, 0.0)}
    for method in methods:
        began = time.perf_counter()
        restored = method.restore(damaged, conditions, seed)
        scored[method.name] = _scored(restored, clean, time.perf_counter() - began)
    return scored


def does_nothing(made: ArrayLike, damaged: ArrayLike) -> bool:
    """Whether a method leaves images as they are, by their pixels or by any measure of each.

    Filters whose strength is chosen for each level do so where the damage is weak.
    """
    return np.array_equal(made, damaged)


def _scored(restored: Restored, clean: Tensor, elapsed_s: float) -> Scored:
    images = restored.images
    return Scored(restored, psnr_db(images, clean), ssim(images, clean), elapsed_s)
