"""How close pictures are: means over images, data range 1."""

import torch
from torch import Tensor
from torchmetrics.functional.image import structural_similarity_index_measure

from vae_core.errors import InvalidInputError

UNIFORM_BELOW = 11  # the Gaussian window of SSIM is 11 pixels wide


def mse(images: Tensor, target: Tensor) -> Tensor:
    """Mean over the pixels of (image - target)^2 of each image, (N, C, H, W) -> (N,)."""
    if images.shape != target.shape or images.ndim != 4:
        raise InvalidInputError(
            f"Images of shapes {tuple(images.shape)} and {tuple(target.shape)} received; "
            "expected two batches (N, C, H, W) of the same shape."
        )
    return (images - target).square().flatten(1).mean(1)


def psnr_db(images: Tensor, target: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of each image, -10 log10(mse), (N,), in dB; 100 at most.

    10 log10(peak^2 / mse) with a peak of 1 (Hore & Ziou 2010, "Image Quality Metrics: PSNR vs.
    SSIM"). Values in [0, 1]; noisy images are clipped first, as shown.
    """
    return -10.0 * torch.log10(mse(images, target).clamp_min(1e-10))


def ssim(images: Tensor, target: Tensor) -> Tensor:
    """Structural similarity of each image, (N,), at most 1 (Wang et al. 2004).

    Gaussian window of sigma 1.5 over the full image; images smaller than that window (8x8) use
    a uniform one of 7x7. Values of the two windows are not comparable.
    """
    if min(images.shape[-2:]) < UNIFORM_BELOW:
        value = structural_similarity_index_measure(
            images,
            target,
            gaussian_kernel=False,
            kernel_size=7,
            data_range=1.0,
            reduction="none",
        )
    else:
        value = structural_similarity_index_measure(
            images, target, sigma=1.5, data_range=1.0, reduction="none"
        )
    assert isinstance(value, Tensor)
    return value.reshape(len(images))
