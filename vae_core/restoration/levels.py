"""Where methods break: quality against the level of damage, image by image."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vae_core.corruption import CORRUPTIONS, damage
from vae_core.errors import InvalidInputError, UnknownNameError
from vae_core.metrics import MOST_DB
from vae_core.metrics.extractor import Extractor
from vae_core.models import NO_CONDITIONS
from vae_core.restoration.base import Conditions, Method
from vae_core.restoration.comparing import Scored, compare

Quality = Literal["psnr_db", "ssim", "read"]
NUM_LEVELS = 9  # about so many
LOW, HIGH = 0.1, 0.9  # between these quantiles lie the images that a band shows: 80 % of them


@dataclass(frozen=True)
class Spread:
    """How a quality is spread over images: its mean, and its 10, 50 and 90 % quantiles.

    Quantiles lie between the values of two images by linear interpolation (numpy's default).
    """

    mean: float
    low: float
    median: float
    high: float


@dataclass(frozen=True)
class LevelRow:
    """What one method makes of images damaged to one level.

    In means and quantiles an image counts for 40 dB at most: damage spares some images wholly, at
    100 dB, and their mean with others would say nothing of either.

    Attributes:
        level: in the unit of the kind of damage.
        method: its name; "damaged" for the images as they are.
        psnr_db: of each image, data range 1, 100 at most.
        ssim: of each image.
        is_read: of each image, whether a classifier sees the right class in it; None without one.
    """

    level: float
    method: str
    psnr_db: tuple[float, ...]
    ssim: tuple[float, ...]
    is_read: tuple[bool, ...] | None = None

    @property
    def num_images(self) -> int:
        """How many images were restored: of slow methods, the first few."""
        return len(self.psnr_db)

    def values(self, quality: Quality) -> NDArray[np.float64] | None:
        """A quality of each image as it counts, (N,); "read" is 1 or 0, None if nothing reads."""
        if quality == "psnr_db":
            return np.minimum(self.psnr_db, MOST_DB)
        of_each = self.ssim if quality == "ssim" else self.is_read
        return None if of_each is None else np.asarray(of_each, np.float64)

    def spread(self, quality: Literal["psnr_db", "ssim"]) -> Spread:
        """How PSNR or SSIM is spread over the images."""
        return self._spreads[quality]

    @cached_property  # a page asks again and again
    def _spreads(self) -> dict[str, Spread]:
        return {name: _spread(self.values(name)) for name in ("psnr_db", "ssim")}

    @cached_property
    def share_read(self) -> float | None:
        """Share of the images that the classifier reads rightly; None without one."""
        values = self.values("read")
        return None if values is None else float(values.mean())

    def mean(self, quality: Quality) -> float | None:
        """Mean over the images; of "read" it is the share."""
        return self.share_read if quality == "read" else self.spread(quality).mean


def _spread(values: NDArray[np.float64] | None) -> Spread:
    assert values is not None
    low, median, high = np.quantile(values, (LOW, 0.5, HIGH))
    return Spread(float(np.mean(values)), float(low), float(median), float(high))


def measured_levels(kind: str) -> tuple[float, ...]:
    """About ten levels of a kind of damage, weak to strong, without the one that changes nothing.

    Raises:
        UnknownNameError: for a kind that is not registered.
    """
    if kind not in CORRUPTIONS:
        raise UnknownNameError("corruption", kind, CORRUPTIONS)
    first, *others = CORRUPTIONS[kind].levels.choices[1:]
    every = max(1, len(others) // NUM_LEVELS)
    return first, *others[::every]


def measure_levels(
    methods: Iterable[Method],
    clean: Tensor,
    labels: Tensor,
    kind: str,
    levels: Iterable[float],
    reader: Extractor | None = None,
    conditions: Conditions = NO_CONDITIONS,
    seed: int = 0,
    num_slow: int | None = None,
) -> Iterator[LevelRow]:
    """Damage the same images to every level, restore them by every method, and look at each.

    Every level draws its damage from the same seed, so that it grows on one pattern: the levels of
    one image compare.

    Args:
        methods: each with another name.
        clean: (N, C, H, W) in [0, 1].
        labels: (N,) int64, the classes that the reader should see.
        kind: a name in CORRUPTIONS.
        levels: each in the unit of that kind.
        reader: a classifier that was taught these classes; None where there is none.
        conditions: what conditional models are told of the images, each (N, ...).
        seed: of the damage, and of what methods draw.
        num_slow: so many images, the first, for methods that are slow; None for all.

    Yields:
        Level by level: the damaged images, the quick methods, the slow ones.

    Raises:
        UnknownNameError: for a kind that is not registered.
        InvalidInputError: for no images, or a level that this kind does not have.
    """
    if len(clean) == 0 or len(labels) != len(clean):
        raise InvalidInputError(
            f"{len(clean)} images with {len(labels)} labels received; expected as many labels as "
            "images, one at least."
        )
    methods = list(methods)
    quick = [method for method in methods if not method.is_slow]
    few = slice(num_slow)
    told_few = {name: value[few] for name, value in conditions.items()}
    for level in levels:
        damaged = damage(clean, kind, level, torch.Generator().manual_seed(seed))
        for name, scored in compare(quick, clean, damaged, conditions, seed).items():
            yield _row(level, name, scored, labels, reader)
        for method in methods:
            if method.is_slow:
                found = compare([method], clean[few], damaged.rows(few), told_few, seed)
                yield _row(level, method.name, found[method.name], labels[few], reader)


def _row(
    level: float, name: str, scored: Scored, labels: Tensor, reader: Extractor | None
) -> LevelRow:
    read = None if reader is None else reader.classify(scored.images) == labels
    return LevelRow(
        level,
        name,
        tuple(scored.psnr_db.tolist()),
        tuple(scored.ssim.tolist()),
        None if read is None else tuple(read.tolist()),
    )
