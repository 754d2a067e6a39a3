"""Models beside a median filter on the same noisy images."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.corruption import corrupt
from vae_core.metrics import psnr_db, ssim
from vae_core.models import NO_CONDITIONS, LatentModel
from vae_core.restoration.by_model import denoise
from vae_core.restoration.classical import median_filter


@dataclass(frozen=True)
class Denoised:
    """One method's pictures and how close they are to the clean ones.

    Attributes:
        images: (N, C, H, W) in [0, 1].
        psnr_db: mean over images of the peak signal-to-noise ratio, data range 1.
        ssim: mean over images.
    """

    images: Tensor
    psnr_db: float
    ssim: float


def compare_denoising(
    models: Mapping[str, LatentModel],
    clean: Tensor,
    kind: str,
    level: float,
    seed: int,
    conditions: Mapping[str, Tensor] = NO_CONDITIONS,
) -> dict[str, Denoised]:
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
        name: Denoised(
            images, float(psnr_db(images, clean).mean()), float(ssim(images, clean).mean())
        )
        for name, images in pictures.items()
    }
