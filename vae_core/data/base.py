"""What a data set is to the rest of the library: images resident as bytes, split three ways."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from vae_core.errors import InvalidInputError
from vae_core.schema import Config

SplitName = Literal["train", "val", "test"]
SPLITS: tuple[SplitName, ...] = ("train", "val", "test")


class DataSpec(Config):
    """What one item of a data set is.

    Attributes:
        name: the registry's name.
        title: the name for people.
        item: what one item is called in a sentence, such as "handwritten digit".
        event_shape: (C, H, W).
        levels: number of brightness steps: 256 for bytes, 17 for scikit-learn's digits.
        class_names: one for each label, in order.
    """

    kind: Literal["image"] = "image"
    name: str
    title: str
    item: str
    event_shape: tuple[int, int, int]
    levels: int
    class_names: tuple[str, ...]


@dataclass(frozen=True)
class Batch:
    """Items for one step.

    Attributes:
        x: (B, C, H, W) float32 in [0, 1]: what the encoder sees.
        target: like x: what the decoder is asked for (x itself unless x was damaged).
        conditions: named side information, each (B, ...); empty for unconditional models.
        mask: like x, 1 where a pixel counts; None when all count.
        index: (B,) int64: the items' places in their split.
    """

    x: Tensor
    target: Tensor
    index: Tensor
    conditions: Mapping[str, Tensor] = field(default_factory=dict)
    mask: Tensor | None = None


@dataclass(frozen=True)
class ImageSource:
    """One split, resident in memory.

    Attributes:
        spec: what an item is.
        images: (N, C, H, W) uint8, values 0 to spec.levels - 1.
        labels: (N,) int64, indices into spec.class_names.
    """

    spec: DataSpec
    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, indices: Tensor) -> Batch:
        """Gather items as float32 in [0, 1].

        Args:
            indices: (B,) int64.
        """
        x = self.images.index_select(0, indices).float().div_(self.spec.levels - 1)
        return Batch(x=x, target=x, index=indices)

    def pixels(self, start: int = 0, stop: int | None = None) -> Tensor:
        """Items start to stop, in order: (B, C, H, W) float32 in [0, 1]."""
        return self.images[start:stop].float().div_(self.spec.levels - 1)


@dataclass(frozen=True)
class Dataset:
    """Three splits: `train` learns, `val` chooses, `test` reports and never chooses."""

    spec: DataSpec
    train: ImageSource
    val: ImageSource
    test: ImageSource

    def split(self, name: str) -> ImageSource:
        """Return a split by its name.

        Raises:
            InvalidInputError: for another name than train, val or test.
        """
        if name not in SPLITS:
            raise InvalidInputError(f"Split {name!r} received; expected train, val or test.")
        source: ImageSource = getattr(self, name)
        return source

    @cached_property
    def fingerprint(self) -> str:
        """Hash of every image and label, so that a run can tell which data it saw."""
        digest = hashlib.blake2b(digest_size=16)
        for name in SPLITS:
            source = self.split(name)
            digest.update(source.images.numpy().data)
            digest.update(source.labels.numpy().data)
        return digest.hexdigest()


def epoch_plan(num_items: int, seed: int, epoch: int, rank: int = 0, world_size: int = 1) -> Tensor:
    """Order of the items in an epoch: a pure function, so that a run can be resumed anywhere.

    Args:
        num_items: size of the split.
        seed: of the run.
        epoch: from 0.
        rank, world_size: this process's share of the order.

    Returns:
        int64 indices, (num_items / world_size rounded up for the first ranks,).
    """
    order = np.random.default_rng((seed, epoch)).permutation(num_items)
    return torch.from_numpy(order[rank::world_size].astype(np.int64))
