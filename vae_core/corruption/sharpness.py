"""Lost detail: blurred, squeezed into a small file, or made smaller."""

import io

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn import functional

from vae_core.corruption.base import Changed

WIDEST = 10  # blur of level 1 has a standard deviation of the side / 10
REACH = 3  # standard deviations that a blur looks away
BEST_QUALITY = 95  # of JPEG, as Pillow advises


def blur(x: Tensor, level: float, generator: torch.Generator) -> Changed:
    """Blur with a Gaussian of standard deviation `level` times a tenth of the shorter side."""
    # It brings a compiler, 160 MB, which no other damage needs.
    from torchvision.transforms.v2.functional import gaussian_blur

    sigma, reach = extent_of_blur(level, min(x.shape[-2:]))
    if reach < 1:
        return Changed(x.clone())
    blurred: Tensor = gaussian_blur(x, [2 * reach + 1] * 2, [sigma] * 2)
    return Changed(blurred)


def extent_of_blur(level: float, shorter: int) -> tuple[float, int]:
    """Standard deviation and reach of the blur's kernel, in pixels; a reach of 0 is no blur.

    Args:
        level: of the blur.
        shorter: side of the images, pixels.
    """
    sigma = level * shorter / WIDEST
    # Mirrored edges leave no more room than the side.
    return sigma, min(round(REACH * sigma), shorter - 1)


def jpeg(x: Tensor, level: float, generator: torch.Generator) -> Changed:
    """Write and read each image as JPEG; level 1 is the lowest quality there is."""
    if level == 0:
        return Changed(x.clone())
    quality = max(1, round((1 - level) * BEST_QUALITY))
    pixels = (x.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()
    read = np.stack([_through_file(picture, quality) for picture in pixels])
    images = torch.from_numpy(read).reshape(pixels.shape).permute(0, 3, 1, 2)
    return Changed(images.to(x.device, x.dtype) / 255)


def _through_file(pixels: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """One picture, (H, W, 1 or 3).

    By Pillow: torchvision's `jpeg` gives the same pixels, but 0.29 warns that it will be removed.
    """
    buffer = io.BytesIO()
    flat = pixels[:, :, 0] if pixels.shape[2] == 1 else pixels
    Image.fromarray(flat).save(buffer, format="JPEG", quality=quality)
    return np.array(Image.open(buffer))


def down_sample(x: Tensor, level: float, generator: torch.Generator) -> Changed:
    """Average each `level` x `level` pixels to one; sides that do not divide are rounded up."""
    factor = round(level)
    height, width = x.shape[-2:]
    small = functional.adaptive_avg_pool2d(x, (-(-height // factor), -(-width // factor)))
    return Changed(functional.interpolate(small, (height, width)), factor=factor)
