"""How a picture's ink lies: three numbers from its moments, in one pass over all pictures."""

import torch
from torch import Tensor

STROKE_ENTRIES = ("ink", "slant", "width")
CHUNK = 4096


def stroke_moments(images: Tensor, levels: int) -> Tensor:
    """Measure ink, slant and width of each picture.

    With the brightness of each pixel (mean over channels, 0 to 1) as its mass, x to the right, y
    upwards and the central moments of second order mu_xx, mu_xy, mu_yy:

    - ink: the mean brightness, 0 to 1;
    - slant: mu_xy / mu_yy, pixels to the right for each pixel upwards: the shear that deslanting
      undoes (0 is upright, positive leans to the right);
    - width: sqrt(mu_xx - mu_xy^2 / mu_yy) / W, the standard deviation of the ink from left to
      right once that shear is undone, as a share of the picture's width.

    Args:
        images: (N, C, H, W) uint8, values 0 to levels - 1.
        levels: number of brightness steps.

    Returns:
        (N, 3) float32; a row of NaN where there is nothing to measure: a blank picture, or one
        whose ink lies in a single row.
    """
    parts = [_measure(part, levels) for part in torch.split(images, CHUNK)]
    return (
        torch.cat(parts)
        if parts
        else images.new_empty((0, len(STROKE_ENTRIES)), dtype=torch.float32)
    )


def _measure(images: Tensor, levels: int) -> Tensor:
    mass = images.float().mean(1) / (levels - 1)  # (B, H, W)
    height, width = mass.shape[1:]
    x = torch.arange(width, device=mass.device) - (width - 1) / 2
    y = (height - 1) / 2 - torch.arange(height, device=mass.device)
    total = mass.sum((1, 2))
    rows, columns = mass.sum(2) / total[:, None], mass.sum(1) / total[:, None]
    mean_x, mean_y = columns @ x, rows @ y
    mu_xx = columns @ x.square() - mean_x.square()
    mu_yy = rows @ y.square() - mean_y.square()
    mu_xy = (mass @ x / total[:, None]) @ y - mean_x * mean_y
    slant = mu_xy / mu_yy
    across = (mu_xx - mu_xy * slant).clamp_min(0.0).sqrt() / width
    measured = torch.stack([total / (height * width), slant, across], dim=1)
    flat = (mu_yy < 1e-4) | ~measured.isfinite().all(1)
    return measured.masked_fill(flat[:, None], torch.nan)
