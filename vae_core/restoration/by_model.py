"""Restoring with a trained autoencoder: through what it knows of clean images."""

from torch import Tensor

from vae_core.corruption import Damaged
from vae_core.inference import reconstruct
from vae_core.models import NO_CONDITIONS, LatentModel
from vae_core.restoration.base import Conditions


def denoise(model: LatentModel, x: Tensor, conditions: Conditions = NO_CONDITIONS) -> Tensor:
    """One pass: the likelihood's mean at the posterior's mean of the damaged image.

    Args:
        x: (N, C, H, W) in [0, 1], damaged.
        conditions: what a conditional model is told of the images, each (N, ...).
    """
    return reconstruct(model, x, conditions)


def keep_known(images: Tensor, damaged: Damaged) -> Tensor:
    """Put the pixels that are known to be right back in their places.

    Args:
        images: (N, C, H, W), restored.
    """
    return images if damaged.known is None else damaged.images.where(damaged.known, images)
