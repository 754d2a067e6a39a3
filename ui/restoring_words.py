"""What is to be said of restored pictures, in plain words, from the numbers and the mask."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from ui import cache
from ui.restoring import noise, told_names

LEVEL = 1.05  # less than that many times closer is no closer
FAR = 100.0
ALL_OVER = 0.7  # of the picture: a box around missing pixels that is larger has no place
PATCH = 0.6  # of such a box is missing: it is one part
CLOSER_HELP = (
    "Closer than the damaged picture is. How far two pictures are from each other is the root of "
    "the mean squared difference of their pixels. 3.2 times closer is 10 dB more PSNR."
)
INVENTS = "A model invents plausible detail: what it draws may never have been there."
_PLACES = (
    ("in the upper left", "at the top", "in the upper right"),
    ("at the left", "in the middle", "at the right"),
    ("in the lower left", "at the bottom", "in the lower right"),
)


def closer(before: float, after: float, who: str, noun: str) -> str:
    """How much closer to the original one picture has come.

    Args:
        before: mean squared error of the damaged picture.
        after: the same of the restored one.
        who: restored it, as a sentence begins.
        noun: what one picture is called.

    Returns:
        A sentence without its full stop.
    """
    if before == 0.0:
        return f"Nothing is damaged here: the {noun} is the original"
    if after == 0.0:
        return f"{who} brings the original {noun} back, to the last pixel"
    ratio = math.sqrt(before / after)
    if ratio >= LEVEL:
        return f"{who} brings the {noun} {_times(ratio)} closer to the original"
    if ratio <= 1 / LEVEL:
        away = f"{_times(1 / ratio)} farther from the original"
        return f"{who} takes the {noun} {away}: here restoring does harm"
    return f"{who} brings the {noun} no closer to the original"


def _times(ratio: float) -> str:
    if ratio > FAR:
        return f"more than {FAR:g} times"
    return f"{ratio:.0f} times" if ratio >= 10 else f"{ratio:.1f} times"


def region(known: Tensor) -> str | None:
    """Where pixels of one picture are missing, (1, H, W) bool; None where none is.

    Whole rows make "the lower half" or "the lower 30 %"; a patch lies in a ninth of the picture,
    such as "the part in the upper left"; what lies all over is counted.
    """
    is_missing = ~known[0]
    height, width = is_missing.shape
    share = float(is_missing.float().mean())
    if share == 0.0:
        return None
    if share == 1.0:
        return "all of it"
    rows, columns = is_missing.any(1).nonzero()[:, 0], is_missing.any(0).nonzero()[:, 0]
    top, bottom = int(rows[0]), int(rows[-1])
    left, right = int(columns[0]), int(columns[-1])
    box = (bottom - top + 1) * (right - left + 1)
    if len(columns) == width and box == int(is_missing.sum()) and bottom == height - 1:
        return "the lower half" if abs(share - 0.5) < 0.03 else f"the lower {_per_cent(share)}"
    if box > ALL_OVER * height * width:
        return f"what was hidden, {_per_cent(share)} of the picture,"
    down, across = (top + bottom + 1) / (2 * height), (left + right + 1) / (2 * width)
    is_patch = int(is_missing.sum()) > PATCH * box
    what = "the part" if is_patch else "what was hidden"
    return f"{what} {_PLACES[_third(down)][_third(across)]}"


def _third(share: float) -> int:
    return 0 if share < 0.4 else 2 if share > 0.6 else 1


def _per_cent(share: float) -> str:
    return f"{max(1, round(100 * share))} %"


def _a(noun: str) -> str:
    """ "a 3", "an 8", as `dom.js` has it."""
    return f"an {noun}" if noun[:1] in "8aeiouAEIOU" else f"a {noun}"


def of_picture(
    before: float,
    after: float,
    who: str,
    noun: str,
    known: Tensor | None,
    family: str,
    misread: str | None = None,
) -> str:
    """The sentence about one restored picture: how much closer, and what of it is no memory.

    Args:
        before, after, who, noun: see `closer`.
        known: (1, H, W) bool, where pixels were left; None where it is not known.
        family: of the method.
        misread: the class that it shows now, where that is another one than the original's.
    """
    said = closer(before, after, who, noun)
    place = None if known is None else region(known)
    if place is None:
        is_said = misread is not None and before > 0.0
        return f"{said}; the {noun} now reads as {_a(misread)}." if is_said else f"{said}."
    origin = "filled in from the pixels around" if family == "classical" else "invented"
    return f"{said}; {place} is {origin}."


@dataclass(frozen=True)
class Result:
    """What is known of one row, for remarks.

    Attributes:
        title: of the row.
        family: classical, model or champion.
        psnr_db: mean over its pictures.
        model: what it works through, if anything.
        is_idle: whether it leaves the damaged pictures as they are.
    """

    title: str
    family: str
    psnr_db: float
    model: cache.Choice | None = None
    is_idle: bool = False


def remarks(
    damaged_db: float,
    is_whole: bool,
    results: Sequence[Result],
    kind: str,
    is_told: bool = True,
) -> list[str]:
    """What is to be said of all rows: who was trained for this, who loses to a simple filter.

    Args:
        damaged_db: mean PSNR of the damaged pictures.
        is_whole: whether these are the clean ones.
        results: of the rows that are shown.
        kind: of damage.
        is_told: whether anything is known of the pictures that conditional models are told.
    """
    through_models = [result for result in results if result.model is not None]
    learned = [result for result in results if result.family != "classical"]
    if is_whole:
        said = [
            "There is no damage: these pictures are the clean ones, and all that a method changes "
            "is a loss."
        ]
    else:
        said = _trained(through_models, kind) + _untrained(results, through_models, kind)
        said += _beaten(results, learned)
        if results and max(result.psnr_db for result in results) < damaged_db:
            said.append("By PSNR, nothing here beats leaving the pictures as they are.")
    said += _told(through_models) if is_told else []
    if learned:
        said.append(INVENTS)
    return said


def _beaten(results: Sequence[Result], learned: Sequence[Result]) -> list[str]:
    """Which filter, or doing nothing, is better than what has learned, and by how much."""
    filters = [result for result in results if result.family == "classical"]
    if not filters:
        return []
    best = max(filters, key=lambda result: result.psnr_db)
    losers = [result for result in learned if result.psnr_db < best.psnr_db]
    if not losers:
        return []
    simple = f"the simple {best.title[0].lower()}{best.title[1:]}"
    who = "leaving the pictures as they are" if best.is_idle else simple
    numbers = ", ".join(f"{result.psnr_db:.1f}" for result in losers)
    return [f"Here {who} beats {_names(losers)} (PSNR {best.psnr_db:.1f} against {numbers} dB)."]


def _trained(results: Sequence[Result], kind: str) -> list[str]:
    """Who was trained to remove this damage, and who another one."""
    said = []
    same = [result for result in results if _trained_on(result) == kind]
    if same:
        were = _were(same)
        said.append(f"{_models(same)} {were} trained to remove this kind of damage.")
    for other in dict.fromkeys(_trained_on(result) for result in results):
        if other not in (None, kind):
            those = [result for result in results if _trained_on(result) == other]
            said.append(
                f"{_models(those)} {_were(those)} trained to remove {noise(str(other))}, not this."
            )
    return said


def _models(results: Sequence[Result]) -> str:
    return " and ".join(dict.fromkeys(r.model.title for r in results if r.model is not None))


def _were(results: Sequence[Result]) -> str:
    return "was" if len({r.model.id for r in results if r.model is not None}) == 1 else "were"


def _trained_on(result: Result) -> str | None:
    corruption = result.model.record.config.train.corruption if result.model else None
    return corruption.kind if corruption else None


def _untrained(results: Sequence[Result], models: Sequence[Result], kind: str) -> list[str]:
    """Who was trained on clean pictures, and what came of it here."""
    clean = [result for result in models if _trained_on(result) is None]
    if not clean:
        return []
    said = f"{_models(clean)} {_were(clean)} trained on clean pictures, "
    best = max(clean, key=lambda result: result.psnr_db)
    if best.psnr_db == max(result.psnr_db for result in results):
        who = "" if len(clean) == 1 else f"{best.title} "
        return [f"{said}not for this, and {who}still scores best here (PSNR)."]
    better = [r for r in models if _trained_on(r) == kind and r.psnr_db > best.psnr_db]
    if better:
        scores = "scores" if len(clean) == 1 else "score"
        return [f"{said}not for this, and {scores} lower than {_names(better)}."]
    return [f"{said}not for this."]


def _told(results: Sequence[Result]) -> list[str]:
    """Who knows more of each picture than what it shows."""
    said: Mapping[str, str] = {
        result.model.id: f"{result.model.title} is told "
        f"{' and '.join(f'the {name}' for name in told_names(result.model))} of each picture, "
        "which the damaged picture alone does not show."
        for result in results
        if result.model is not None and told_names(result.model)
    }
    return list(said.values())


def _names(results: Sequence[Result]) -> str:
    return " and ".join(result.title for result in results)
