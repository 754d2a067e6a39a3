"""How close pictures are: means over images, data range 1."""

import torch
from torch import Tensor
from torch.nn import functional

from vae_core.errors import InvalidInputError

WHOLE_DB = 99.99  # `psnr_db` ends at 100: no error at all
MOST_DB = 40.0  # a picture counts for so much at most: nobody sees the difference to a whole one
UNIFORM_BELOW = 11  # the Gaussian window of SSIM is 11 pixels wide
UNIFORM, SIGMA = 7, 1.5
C1, C2 = 0.01**2, 0.03**2  # of Wang et al., for a data range of 1


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
    """Structural similarity of each image, (N,), at most 1 (Wang et al. 2004, eq. 13).

    Mean over a window around each pixel of the full image, which is mirrored at its border:
    Gaussian of sigma 1.5, 11 pixels wide; images smaller than that (8x8) use a uniform one of 7x7.
    Values of the two windows are not comparable. What torchmetrics gives, which is tested: every
    process that trains measures it, and torchmetrics brings 160 MB of torchvision's compiler.
    """
    mse(images, target)  # says what is wrong with shapes
    window = _window(min(images.shape[-2:]) >= UNIFORM_BELOW).to(images)
    border = [window.shape[-1] // 2] * 4
    x, y = (
        functional.pad(batch.flatten(0, 1)[:, None], border, "reflect")
        for batch in (images, target)
    )
    moments = [functional.conv2d(values, window) for values in (x, y, x * x, y * y, x * y)]
    mean_x, mean_y, square_x, square_y, product = moments
    var_x = (square_x - mean_x.square()).clamp_min(0)
    var_y = (square_y - mean_y.square()).clamp_min(0)
    covariance = product - mean_x * mean_y
    likeness = (2 * mean_x * mean_y + C1) * (2 * covariance + C2)
    likeness /= (mean_x.square() + mean_y.square() + C1) * (var_x + var_y + C2)
    return likeness.reshape(len(images), -1).mean(1)


def mean_psnr_db(each_db: Tensor) -> float:
    """Mean over images, each of which counts for 40 dB at most.

    Damage spares some images wholly, at 100 dB: a few of those would hide all others in a mean.
    """
    return float(each_db.clamp_max(MOST_DB).mean())


def _window(is_gaussian: bool) -> Tensor:
    """Weights of the pixels around one, (1, 1, K, K), of sum 1."""
    if not is_gaussian:
        return torch.full((1, 1, UNIFORM, UNIFORM), 1 / UNIFORM**2)
    place = torch.arange(UNIFORM_BELOW) - UNIFORM_BELOW // 2
    weights = torch.exp(-0.5 * (place / SIGMA).square())
    weights /= weights.sum()
    return (weights[:, None] * weights)[None, None]
