"""Restoring damaged images: with a trained model, and with a classical baseline beside it."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from scipy.ndimage import median_filter as scipy_median_filter
from torch import Tensor

from vae_core.corruption import corrupt
from vae_core.inference import reconstruct
from vae_core.metrics import psnr_db, ssim
from vae_core.models import NO_CONDITIONS, LatentModel

MEDIAN_SIZE = 3


@dataclass(frozen=True)
class Restored:
    """One method's pictures and how close they are to the clean ones.

    Attributes:
        images: (N, C, H, W) in [0, 1].
        psnr_db: mean over images of the peak signal-to-noise ratio, data range 1.
        ssim: mean over images.
    """

    images: Tensor
    psnr_db: float
    ssim: float


def denoise(
    model: LatentModel, x: Tensor, conditions: Mapping[str, Tensor] = NO_CONDITIONS
) -> Tensor:
    """One pass: the likelihood's mean at the posterior's mean of the damaged image.

    Args:
        x: (N, C, H, W) in [0, 1], damaged.
        conditions: what a conditional model is told of the images, each (N, ...).
    """
    return reconstruct(model, x, conditions)


def median_filter(x: Tensor) -> Tensor:
    """Median of each 3x3 neighbourhood (scipy.ndimage), edges mirrored."""
    return torch.from_numpy(
        scipy_median_filter(x.numpy(), size=(1, 1, MEDIAN_SIZE, MEDIAN_SIZE), mode="reflect")
    )


def compare_denoising(
    models: Mapping[str, LatentModel],
    clean: Tensor,
    kind: str,
    level: float,
    seed: int,
    conditions: Mapping[str, Tensor] = NO_CONDITIONS,
) -> dict[str, Restored]:
    """Damage images once and restore them by every method, so that the numbers compare.

    Args:
        models: name -> model.
        clean: (N, C, H, W) in [0, 1].
        kind: a name in CORRUPTIONS.
        level: 0 to 1.
        seed: of the damage.
        conditions: what conditional models are told of the images, each (N, ...).

    Returns:
        "noisy" and "median filter", then each model's name -> result.
    """
    noisy = corrupt(clean, kind, level, torch.Generator().manual_seed(seed))
    pictures = {"noisy": noisy, "median filter": median_filter(noisy)}
    pictures |= {name: denoise(model, noisy, conditions) for name, model in models.items()}
    return {
        name: Restored(
            images, float(psnr_db(images, clean).mean()), float(ssim(images, clean).mean())
        )
        for name, images in pictures.items()
    }
