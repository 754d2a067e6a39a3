"""The levels at which methods break: another one gets better, or nothing does any good."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vae_core.restoration.comparing import DAMAGED, does_nothing
from vae_core.restoration.levels import LevelRow, Quality

Event = Literal["overtakes", "better than nothing", "worse than nothing", "unreadable"]
Numbers = NDArray[np.float64]

MAX_CROSSINGS = 5
READABLE = 0.9  # share of images that a classifier should read rightly
SURE = 2.0  # standard errors of a mean difference: less of a lead may be chance
TOLERANCE: Mapping[Quality, float] = {"psnr_db": 0.1, "ssim": 0.005, "read": 0.01}
_RANK: Mapping[Event, int] = {"worse than nothing": 2, "better than nothing": 1}


@dataclass(frozen=True)
class Crossing:
    """Where something changes as damage gets stronger.

    Attributes:
        event: "overtakes": `better` gets better than `worse`. "better than nothing": so it gets
            than the images as they are, and these than `worse` at "worse than nothing".
            "unreadable": a classifier reads fewer than 90 % of what `worse` makes.
        level: of the crossing, on straight lines between the measured levels.
        from_level: the first measured level at which it has surely happened.
        value: the quality at the crossing.
        better, worse: methods, above that level; `better` is None at "unreadable".
        is_lead: whether the best of all methods changes here.
        lead: by how much the one led before, or the other leads after, whichever is less.
        num_images: it was measured on.
    """

    event: Event
    level: float
    from_level: float
    value: float
    better: str | None
    worse: str
    is_lead: bool
    lead: float
    num_images: int


def crossings(rows: Iterable[LevelRow], quality: Quality) -> list[Crossing]:
    """Find where methods overtake each other, and where they stop doing any good.

    It counts where one surely led before and the other surely leads after: by two standard errors
    of the mean difference over the same images, and by more than a tolerance (0.1 dB, 0.005 of
    SSIM, 1 % of the images).

    Args:
        rows: as `measure_levels` yields them; a level that is half measured is left out.
        quality: which one is looked at; "read" finds nothing without a classifier.

    Returns:
        All of them, from weak damage to strong; see `most_important`.
    """
    levels, lines = _lines(rows, quality)
    found = [
        crossing
        for one, other in combinations(lines, 2)
        for crossing in _between(one, other, levels, lines, TOLERANCE[quality])
    ]
    if quality == "read":
        for name in lines:
            found += _unreadable(name, levels, lines)
    return sorted(found, key=lambda it: it.level)


def most_important(found: Iterable[Crossing]) -> list[Crossing]:
    """A few crossings, from weak damage to strong.

    All methods that become unreadable, and of others so many that they are five together: first
    those that change who is best, then methods that get worse than doing nothing, the earliest
    first, then those with the larger leads.
    """
    found = list(found)
    kept = [it for it in found if it.event == "unreadable"]
    others = sorted((it for it in found if it not in kept), key=_importance, reverse=True)
    kept += others[: max(0, MAX_CROSSINGS - len(kept))]
    return sorted(kept, key=lambda it: it.level)


def _importance(it: Crossing) -> tuple[bool, int, float]:
    # Whoever breaks early has had no time to lead by much.
    is_harm = it.event == "worse than nothing"
    return it.is_lead, _RANK.get(it.event, 0), -it.level if is_harm else it.lead


def _lines(rows: Iterable[LevelRow], quality: Quality) -> tuple[Numbers, dict[str, Numbers]]:
    """Levels (L,), and each method's values of each image at each of them, (L, N)."""
    by_level: dict[float, dict[str, Numbers]] = {}
    for row in rows:
        values = row.values(quality)
        if values is not None:
            by_level.setdefault(row.level, {})[row.method] = values
    names = list(next(iter(by_level.values()), {}))
    whole = sorted(level for level, found in by_level.items() if found.keys() == set(names))
    lines = {name: np.stack([by_level[level][name] for level in whole]) for name in names if whole}
    return np.asarray(whole), lines


def _between(
    one: str, other: str, levels: Numbers, lines: Mapping[str, Numbers], tolerance: float
) -> Iterator[Crossing]:
    num = min(lines[one].shape[1], lines[other].shape[1])  # slow methods have the first few
    difference = lines[one][:, :num] - lines[other][:, :num]
    mean = difference.mean(1)
    error = difference.std(1, ddof=1) / np.sqrt(num) if num > 1 else np.zeros(len(levels))
    sure = np.flatnonzero(np.abs(mean) > np.maximum(SURE * error, tolerance))
    for before, after in pairwise(sure):
        if mean[before] * mean[after] > 0:
            continue
        step = next(k for k in range(before, after) if mean[k] * mean[k + 1] <= 0)
        if any(_is_idle(name, lines, step) for name in (one, other)):
            continue
        part = mean[step] / (mean[step] - mean[step + 1])
        level = float(levels[step] + part * (levels[step + 1] - levels[step]))
        better, worse = (one, other) if mean[after] > 0 else (other, one)
        values = {name: float(np.interp(level, levels, v.mean(1))) for name, v in lines.items()}
        others = (value for name, value in values.items() if name not in (one, other))
        yield Crossing(
            event=_event(better, worse),
            level=level,
            from_level=float(levels[after]),
            value=values[better],
            better=better,
            worse=worse,
            is_lead=values[better] >= max(others, default=-np.inf),
            lead=float(min(np.abs(mean[: before + 1]).max(), np.abs(mean[after:]).max())),
            num_images=num,
        )


def _is_idle(name: str, lines: Mapping[str, Numbers], step: int) -> bool:
    """Whether a method leaves the images as they are, of which the same is said then."""
    if name == DAMAGED or DAMAGED not in lines:
        return False
    around = slice(step, step + 2)
    num = lines[name].shape[1]
    return does_nothing(lines[name][around], lines[DAMAGED][around, :num])


def _event(better: str, worse: str) -> Event:
    if better == DAMAGED:
        return "worse than nothing"
    return "better than nothing" if worse == DAMAGED else "overtakes"


def _unreadable(name: str, levels: Numbers, lines: Mapping[str, Numbers]) -> Iterator[Crossing]:
    """The level above which a classifier reads too few, if it reads enough at some level."""
    share = lines[name].mean(1)
    enough = np.flatnonzero(share >= READABLE)
    if len(enough) == 0 or enough[-1] == len(levels) - 1:
        return
    last = int(enough[-1])
    if _is_idle(name, lines, last):
        return
    part = (share[last] - READABLE) / (share[last] - share[last + 1])
    yield Crossing(
        event="unreadable",
        level=float(levels[last] + part * (levels[last + 1] - levels[last])),
        from_level=float(levels[last + 1]),
        value=READABLE,
        better=None,
        worse=name,
        is_lead=False,
        lead=float(min(share.max() - READABLE, READABLE - share.min())),
        num_images=lines[name].shape[1],
    )


def sentence(crossing: Crossing, titles: Mapping[str, str], *, is_stepped: bool = False) -> str:
    """Say a crossing in plain words.

    Args:
        titles: what each method is called in the middle of a sentence.
        is_stepped: whether there is nothing between measured levels.
    """
    at = f"level {crossing.from_level:g}"
    above, below = (f"At {at}", f"Before {at}") if is_stepped else _around(crossing.level)
    worse = titles[crossing.worse] if crossing.worse != DAMAGED else ""
    if crossing.event == "unreadable":
        what = f"what {worse} restores" if worse else "the damaged pictures"
        return f"{above} a classifier reads fewer than {100 * READABLE:.0f} % of {what}."
    if crossing.event == "worse than nothing":
        return f"{above} leaving the pictures as they are beats {worse}."
    better = titles[crossing.better or DAMAGED]
    if crossing.event == "better than nothing":
        return f"{below} leaving the pictures as they are beats {better}."
    return f"{above} {better} beats {worse}."


def _around(level: float) -> tuple[str, str]:
    return f"Above level {level:.2f}", f"Below level {level:.2f}"
