"""What a data set is to the rest of the library: images resident as bytes, split three ways."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from vae_core.data.coins import flip_coins
from vae_core.data.conditions import CategorySpec, ConditionSpec, LazyConditions, VectorSpec
from vae_core.data.moments import STROKE_ENTRIES, stroke_moments
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
        conditions: what a model can be told beside the picture; none in descriptions from before
            there were any.
    """

    kind: Literal["image"] = "image"
    name: str
    title: str
    item: str
    event_shape: tuple[int, int, int]
    levels: int
    class_names: tuple[str, ...]
    conditions: tuple[ConditionSpec, ...] = ()


def class_and_strokes(class_names: tuple[str, ...]) -> tuple[CategorySpec, VectorSpec]:
    """The conditions of every labelled set of images: its classes, and how the ink lies."""
    return (
        CategorySpec(name="class", class_names=class_names),
        VectorSpec(name="strokes", entries=STROKE_ENTRIES),
    )


@dataclass(frozen=True)
class Batch:
    """Items for one step.

    Attributes:
        x: (B, C, H, W) float32 in [0, 1]: what the encoder sees.
        target: like x: what the decoder is asked for (x itself unless x was damaged).
        conditions: everything that the data set offers, each (B, ...): "class" int64 labels, -1
            where unknown; "strokes" float32 (B, 3), NaN where unknown. Models pick what they were
            configured with.
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
        reference: the split whose mean and spread standardise "strokes"; None is this one.
            `Dataset` sets it, for validation and test, to the training split.
        grey: of a dynamically binarised split, the pictures whose brightness is the chance of a
            white pixel; `images` then holds one draw of them. None where every use is the same.
    """

    spec: DataSpec
    images: Tensor
    labels: Tensor
    reference: "ImageSource | None" = None
    grey: "ImageSource | None" = None

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, indices: Tensor, generator: torch.Generator | None = None) -> Batch:
        """Gather items as float32 in [0, 1], on the images' device.

        Args:
            indices: (B,) int64, on the same device.
            generator: of the coins of a dynamically binarised split, drawn anew with it; without
                one, and for every other split, `images` are returned as they are.
        """
        if self.grey is not None and generator is not None:
            x = flip_coins(self.grey._gather(indices), generator)
        else:
            x = self._gather(indices)
        return Batch(x=x, target=x, index=indices, conditions=self.conditions(indices))

    def to(self, device: torch.device) -> "ImageSource":
        """Return the split on a device: itself where it is there already."""
        if self.images.device == device:
            return self
        grey = None if self.grey is None else self.grey.to(device)
        images, labels = self.images.to(device), self.labels.to(device)
        # The reference lends two small tensors and stays where it is.
        reference = self.reference or self
        return replace(self, images=images, labels=labels, grey=grey, reference=reference)

    def _gather(self, indices: Tensor) -> Tensor:
        return self.images.index_select(0, indices).float().div_(self.spec.levels - 1)

    def pixels(self, start: int = 0, stop: int | None = None) -> Tensor:
        """Items start to stop, in order: (B, C, H, W) float32 in [0, 1]."""
        return self.images[start:stop].float().div_(self.spec.levels - 1)

    def conditions(self, rows: Tensor | slice = slice(None)) -> LazyConditions:
        """What the data set offers beside the pictures of some items, computed when asked for.

        Args:
            rows: (B,) int64, or a slice.

        Returns:
            "class": (B,) int64. "strokes": (B, 3) float32, each entry of `stroke_moments` less
            its mean over the training split, in its standard deviations; NaN where unknown.
        """
        return LazyConditions(
            {"class": lambda: self.labels[rows], "strokes": lambda: self._strokes[rows]}
        )

    @cached_property
    def _strokes(self) -> Tensor:
        moments = self._moments
        mean, std = (part.to(moments.device) for part in (self.reference or self)._stroke_scale)
        return (moments - mean) / std

    @cached_property
    def _moments(self) -> Tensor:
        return stroke_moments(self.images, self.spec.levels)

    @cached_property
    def _stroke_scale(self) -> tuple[Tensor, Tensor]:
        known = self._moments[self._moments.isfinite().all(1)]
        if not len(known):
            return torch.zeros(len(STROKE_ENTRIES)), torch.ones(len(STROKE_ENTRIES))
        # Where all are alike, a tiny difference is no large one.
        return known.mean(0), known.std(0, correction=0).clamp_min(1e-6)


@dataclass(frozen=True)
class Dataset:
    """Three splits: `train` learns, `val` chooses, `test` reports and never chooses."""

    spec: DataSpec
    train: ImageSource
    val: ImageSource
    test: ImageSource

    def __post_init__(self) -> None:
        for name in ("val", "test"):
            source = replace(getattr(self, name), reference=self.train)
            object.__setattr__(self, name, source)

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
        """Hash of all images (grey ones too) and labels: a run can tell which data it saw."""
        digest = hashlib.blake2b(digest_size=16)
        for name in SPLITS:
            source = self.split(name)
            digest.update(source.images.numpy().data)
            if source.grey is not None:
                digest.update(source.grey.images.numpy().data)
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
