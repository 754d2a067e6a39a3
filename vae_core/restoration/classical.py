"""Classical filters, which learn nothing: baselines for everything that is trained."""

import torch
from scipy.ndimage import median_filter as scipy_median_filter
from torch import Tensor

MEDIAN_SIZE = 3


def median_filter(x: Tensor, size: int = MEDIAN_SIZE) -> Tensor:
    """Median of each neighbourhood of size x size (scipy.ndimage), edges mirrored."""
    return torch.from_numpy(scipy_median_filter(x.numpy(), size=(1, 1, size, size), mode="reflect"))
