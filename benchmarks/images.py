"""MNIST's 60,000 training images as one split, for this library and for peers alike."""

from functools import cache
from pathlib import Path

import numpy as np
import torch

from vae_core import load_dataset
from vae_core.data import Dataset, ImageSource


@cache
def whole_mnist(num_images: int | None = None) -> Dataset:
    """Return MNIST with every training image in `train`, as the peers have it.

    The usual 5,000 validate as well: training pays for its validation, and chooses nothing by it.

    Args:
        num_images: how many of them; None takes all.
    """
    data = load_dataset("mnist")
    parts = (data.train, data.val)
    images = torch.cat([part.images for part in parts])[:num_images]
    labels = torch.cat([part.labels for part in parts])[:num_images]
    return Dataset(data.spec, ImageSource(data.spec, images, labels), data.val, data.test)


def write(folder: Path) -> dict[str, str]:
    """Save what peers read: {split: .npy of (N, 1, 28, 28) uint8, split_labels: (N,) int64}."""
    data, paths = whole_mnist(), {}
    for split in ("train", "test"):
        source = data.split(split)
        for name, array in ((split, source.images), (f"{split}_labels", source.labels)):
            paths[name] = str(folder / f"{name}.npy")
            np.save(paths[name], array.numpy())
    return paths
