"""Binarised data sets: each grey pixel becomes a coin with P(1) = its brightness.

Salakhutdinov & Murray 2008 made MNIST binary this way. "static" does it once. "dynamic" (Burda et
al. 2016) draws the training images anew at each use, which keeps a model from learning one draw
by heart; validation and test are drawn once here too, and are those of "static", so that numbers
are about the same images whoever measures them.
"""

from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor

from vae_core.data.base import SPLITS, Dataset, DataSpec, ImageSource, SplitName
from vae_core.data.coins import flip_coins
from vae_core.errors import InvalidInputError

Binarisation = Literal["static", "dynamic"]
WORDS: dict[str, str] = {"static": "binarised once", "dynamic": "binarised anew"}
SEED = 0
CHUNK = 4096


def binarised_spec(spec: DataSpec, how: Binarisation) -> DataSpec:
    """What an item of the binarised data set is.

    Raises:
        InvalidInputError: when `how` is neither static nor dynamic.
    """
    if how not in WORDS:
        raise InvalidInputError(f"Binarisation {how!r} received; expected static or dynamic.")
    return spec.evolve(name=f"{spec.name}-{how}", title=f"{spec.title}, {WORDS[how]}", levels=2)


def binarise(dataset: Dataset, how: Binarisation, seed: int = SEED) -> Dataset:
    """Make a data set binary; the same seed gives the same images on every machine.

    Args:
        dataset: of grey images.
        how: "static", or "dynamic" for training batches that are drawn anew from `grey` whenever
            `ImageSource.batch` is given a generator.
        seed: of the draws made here; each split has its own.

    Raises:
        InvalidInputError: when `how` is neither static nor dynamic.
    """
    spec = binarised_spec(dataset.spec, how)

    def split(name: SplitName) -> ImageSource:
        grey = dataset.split(name)
        generator = torch.Generator().manual_seed(len(SPLITS) * seed + SPLITS.index(name))
        binary = ImageSource(spec, _drawn_once(grey, generator), grey.labels)
        return replace(binary, grey=grey) if how == "dynamic" and name == "train" else binary

    return Dataset(spec, split("train"), split("val"), split("test"))


def _drawn_once(grey: ImageSource, generator: torch.Generator) -> Tensor:
    """Flip every coin, (N, C, H, W) uint8; in chunks, as floats are four times as big."""
    images = torch.empty_like(grey.images)
    for start in range(0, len(grey), CHUNK):
        images[start : start + CHUNK] = flip_coins(grey.pixels(start, start + CHUNK), generator)
    return images
