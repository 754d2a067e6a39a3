"""How strongly classical filters work: chosen on validation images, kept in parameters.json.

`python -m benchmarks.classical_parameters` makes the file again. It holds MNIST (28x28) and
digits (8x8); other data sets take what was chosen for the one of the two that is as large.
"""

import itertools
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from vae_core.corruption import CORRUPTIONS, Damaged, damage
from vae_core.data import Dataset, dataset_entry
from vae_core.errors import InvalidInputError
from vae_core.files import read_json
from vae_core.metrics import mean_psnr_db, psnr_db
from vae_core.restoration.filters import FILTERS, MISSING, Parameters, Way

FILE = Path(__file__).with_name("parameters.json")
LARGE, SMALL = "mnist", "digits"
SMALL_SIDE = 16  # images of at most this many pixels a side are like digits
NUM_IMAGES, SEED = 50, 0
LEVELS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
MISSING_LEVELS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 0.9)  # at 1 nothing is known
STRIDE = 3  # from one strength that is tried first to the next
WORTH_DB = 1e-4  # smaller gains are rounding


@dataclass(frozen=True)
class Choice:
    """What is best for one kind and level of damage.

    Attributes:
        dataset: whose validation images decided.
        kind: a name in CORRUPTIONS.
        level: in the unit of that kind.
        method: a name in FILTERS.
        parameters: the best of the filter's grid.
        psnr_db: mean over the images with them, 40 dB of each at most, rounded.
        damaged_db: the same of the damaged images.
    """

    dataset: str
    kind: str
    level: float
    method: str
    parameters: Parameters
    psnr_db: float
    damaged_db: float


def chosen(dataset: str, kind: str, level: float, method: str) -> Parameters:
    """Look up what is best at the nearest level that was measured, of two the lower.

    Returns:
        By name; empty for a filter of which nothing can be set.

    Raises:
        UnknownNameError: for a data set that is not registered.
        KeyError: for damage that the filter is not meant for.
    """
    way = FILTERS[method].way(kind)
    if way is not None and not way.grid:
        return {}
    height, width = dataset_entry(dataset).spec.event_shape[-2:]
    measured = _table()[SMALL if max(height, width) <= SMALL_SIDE else LARGE, kind, method]
    return measured[min(measured, key=lambda known: abs(known - level))]


@lru_cache(maxsize=1)
def _table() -> dict[tuple[str, str, str], dict[float, Parameters]]:
    """(data set, kind, method) -> level, rising -> parameters."""
    table: dict[tuple[str, str, str], dict[float, Parameters]] = {}
    for choice in read_choices():
        key = choice.dataset, choice.kind, choice.method
        table.setdefault(key, {})[choice.level] = choice.parameters
    return table


def read_choices() -> list[Choice]:
    """Everything in the file."""
    return [Choice(**row) for row in read_json(FILE)]


def as_json(choices: list[Choice]) -> str:
    """The file's text: one choice a line, so that a change is seen for what it is."""
    return "[\n" + ",\n".join(json.dumps(asdict(choice)) for choice in choices) + "\n]\n"


def levels(kind: str) -> tuple[float, ...]:
    """At which levels a kind of damage is measured, rising."""
    possible = CORRUPTIONS[kind].levels
    if possible.is_stepped:
        return possible.choices[1:]  # the first changes nothing
    return MISSING_LEVELS if kind in MISSING else LEVELS


def cells() -> list[tuple[str, float, str]]:
    """(kind, level, method) wherever there is something to choose, in order."""
    return [
        (kind, level, method)
        for kind in CORRUPTIONS
        for method, filter_ in FILTERS.items()
        if (way := filter_.way(kind)) is not None and way.grid
        for level in levels(kind)
    ]


def choose(data: Dataset, kind: str, level: float, method: str) -> Choice:
    """Choose a filter's parameters for one kind and level of damage.

    The mean PSNR of the first 50 validation images decides. For each setting of the other
    parameters every third strength is tried, then the best one's neighbours, as long as they are
    better.

    Raises:
        KeyError: for damage that the filter is not meant for.
    """
    way = FILTERS[method].way(kind)
    if way is None:
        raise KeyError(kind)
    clean = data.val.pixels(0, NUM_IMAGES)
    damaged = damage(clean, kind, level, torch.Generator().manual_seed(SEED))
    (strength, values), *others = way.grid.items()
    found = []
    for setting in itertools.product(*(options for _, options in others)):
        fixed = dict(zip((name for name, _ in others), setting, strict=True))
        parameters = [{strength: value} | fixed for value in values]
        heights = _Heights(way, damaged, clean, parameters)
        place = heights.top()
        found.append((heights[place], parameters[place]))
    after, best = max(found, key=lambda pair: pair[0])
    before = mean_psnr_db(psnr_db(damaged.images, clean))
    return Choice(data.spec.name, kind, level, method, best, round(after, 3), round(before, 3))


class _Heights(dict[int, float]):
    """The mean PSNR with each of several parameters, measured when it is asked for."""

    def __init__(
        self, way: Way, damaged: Damaged, clean: Tensor, parameters: Sequence[Parameters]
    ) -> None:
        super().__init__()
        self.way, self.damaged, self.clean, self.parameters = way, damaged, clean, parameters

    def __missing__(self, place: int) -> float:
        try:
            images = self.way.apply(self.damaged, **self.parameters[place])
            self[place] = mean_psnr_db(psnr_db(images, self.clean).double())
        except InvalidInputError:  # the images are too small for these
            self[place] = -math.inf
        return self[place]

    def top(self) -> int:
        """The best of every third place, then the better neighbour until none is better."""
        place = max(range(0, len(self.parameters), STRIDE), key=self.__getitem__)
        while True:
            around = [i for i in (place - 1, place + 1) if 0 <= i < len(self.parameters)]
            best = max(around, key=self.__getitem__)
            if self[best] <= self[place] + WORTH_DB:
                break
            place = best
        while place > 0 and self[place - 1] > self[place] - WORTH_DB:
            place -= 1  # as good, and weaker
        return place
