"""Augmentation: small random changes of training images, other ones for each image.

Not torchvision's transforms: those draw one set of parameters for a whole batch.
"""

import math

import torch
from pydantic import Field
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from vae_core.schema import Config


class AugmentationConfig(Config):
    """How far each image may be moved, turned, stretched: uniform within plus or minus.

    Attributes:
        shift: share of the image's side, along each axis.
        rotate: degrees.
        scale: relative change of size.
        shear: horizontal, as a share of the height.
    """

    shift: float = Field(default=0.05, ge=0.0, le=0.5)
    rotate: float = Field(default=10.0, ge=0.0, le=180.0)
    scale: float = Field(default=0.1, ge=0.0, le=0.5)
    shear: float = Field(default=0.0, ge=0.0, le=1.0)


def augment(x: Tensor, config: AugmentationConfig, generator: torch.Generator) -> Tensor:
    """Change each image by an affine map of its own, with bilinear sampling.

    Args:
        x: (B, C, H, W) in [0, 1]; what comes in from outside is 0.
        config: how far.
        generator: of the maps.

    Returns:
        A new tensor like x.
    """
    u = torch.empty(len(x), 5, device=x.device).uniform_(-1.0, 1.0, generator=generator)
    angle = math.radians(config.rotate) * u[:, 0]
    # The map goes from places in the result to places in x, whose sides are 2 units long.
    size = 1.0 / (1.0 + config.scale * u[:, 1])
    cos, sin = size * torch.cos(angle), size * torch.sin(angle)
    shear = config.shear * u[:, 2]
    right, down = 2 * config.shift * u[:, 3], 2 * config.shift * u[:, 4]
    # Those units differ between the axes where the sides do.
    ratio = x.shape[-2] / x.shape[-1]
    rows = (cos, (shear * cos - sin) * ratio, right, sin / ratio, shear * sin + cos, down)
    theta = torch.stack(rows, dim=1).view(-1, 2, 3)
    grid = affine_grid(theta, list(x.shape), align_corners=False)
    return grid_sample(x, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
