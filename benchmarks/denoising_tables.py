"""The readable results of `benchmarks.denoising`, and their places in docs/DENOISING.md."""

import re
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import common
from benchmarks.denoising_protocol import (
    CHAMPION,
    CLASSICAL,
    DAMAGES,
    FIRST,
    METHODS,
    NOISY,
    SEARCH,
)
from benchmarks.denoising_verdicts import BASELINE, MEASURES, Results, best
from vae_core.corruption import CORRUPTIONS

TITLES = {"psnr_db": "PSNR, dB", "ssim": "SSIM", "accuracy": "Digits still read, %"}
WORDS = {
    "psnr_db": "PSNR",
    "psnr_db_first": "PSNR",
    "ssim": "SSIM",
    "accuracy": "digits still read",
}
ABSENT = ""


def number(value: float, measure: str) -> str:
    """A value as people read it."""
    if measure == "accuracy":
        return f"{100 * value:.1f}"
    return f"{value:.3f}" if measure == "ssim" else f"{value:.2f}"


def names_of(results: Results) -> list[str]:
    """Every method that took part, in the order of the protocol."""
    taking_part = {name for rows in results.values() for name in rows}
    return [name for name in (NOISY, *METHODS) if name in taking_part]


def ranking(results: Results, measure: str) -> str:
    """Damages down, methods across; the best of each damage is bold. A search is elsewhere."""
    names = [name for name in names_of(results) if name != SEARCH]
    lines = []
    for key, rows in results.items():
        values = [rows[name][measure] if name in rows else None for name in names]
        lines.append([f"`{key}`", *_bold_best(values, measure)])
    return common.markdown(["", *names], lines)


def searched(results: Results) -> str:
    """PSNR of a search beside others, all on the same first images."""
    measure = "psnr_db_first"
    lines = []
    for key, rows in results.items():
        if SEARCH in rows:
            rival = best(rows, CLASSICAL, measure)
            names = ["vae", SEARCH, "denoising-vae", CHAMPION, rival]
            cells = _bold_best([rows[n][measure] if n in rows else None for n in names], "psnr_db")
            lines.append([f"`{key}`", *cells, rival or ABSENT])
    return common.markdown(["", "vae", SEARCH, "denoising-vae", CHAMPION, BASELINE, ""], lines)


def _bold_best(values: Sequence[float | None], measure: str) -> list[str]:
    """Values as cells: the highest bold, all of them where several read the same."""
    cells = [ABSENT if value is None else number(value, measure) for value in values]
    known = [value for value in values if value is not None]
    highest = number(max(known), measure) if known else None
    return [f"**{cell}**" if cell == highest else cell for cell in cells]


def times(results: Results) -> str:
    """Milliseconds an image of each method."""
    lines = []
    for name in names_of(results):
        ms = [rows[name]["ms_per_image"] for rows in results.values() if name in rows]
        if None not in ms:
            lines.append([name, *(f"{f(ms):.2f}" for f in (min, statistics.median, max))])
    return common.markdown(["processor ms an image", "least", "median over damages", "most"], lines)


def aims(verdicts: Sequence[Mapping[str, Any]]) -> str:
    """What was aimed at, and what came of it."""
    lines = [
        [
            f"`{it['key']}`: {it['method']} ahead of {it['rival']}",
            f"{it['needed_db']:g} dB" if it["needed_db"] else "any",
            f"{it['lead_db']:+.2f} dB",
            "met" if it["is_met"] else "**not met**",
        ]
        for it in verdicts
    ]
    return common.markdown(["aim", "by at least", "measured", ""], lines)


def wins(found: Sequence[Mapping[str, Any]]) -> str:
    """Where a baseline wins: over the champion one by one, over others by name."""
    lines = [
        [
            f"`{it['key']}`",
            WORDS[it["measure"]],
            f"{_called(it['baseline'])}, {number(it['value'], it['measure'])}",
            number(it["beats"][CHAMPION], it["measure"]),
        ]
        for it in found
        if CHAMPION in it["beats"]
    ]
    header = ["over the champion", "by", "baseline", CHAMPION]
    text = common.markdown(header, lines) if lines else "Over the champion: nowhere.\n"
    others = [("every VAE in one pass", "one pass", measure) for measure in MEASURES]
    others += [(f"the search, on the first {FIRST} images", SEARCH, "psnr_db_first")]
    for whom, group, measure in others:
        keys = [
            f"`{it['key']}` ({_called(it['baseline'])})"
            for it in found
            if it["measure"] == measure and group in it["beats"]
        ]
        text += f"\nOver {whom}, by {WORDS[measure]}: {', '.join(keys) or 'nowhere'}.\n"
    return text


def _called(name: str) -> str:
    return "doing nothing" if name == NOISY else name


def damages() -> str:
    """The damages and levels of the protocol."""
    lines = [
        [
            CORRUPTIONS[kind].title,
            f"`{kind}`",
            ", ".join(f"{level:g}" for level in levels),
            CORRUPTIONS[kind].levels.unit,
        ]
        for kind, levels in DAMAGES.items()
    ]
    return common.markdown(["damage", "kind", "levels", "unit of the level"], lines)


def sections(result: Mapping[str, Any]) -> dict[str, str]:
    """Every table of one data set, by name."""
    results = result["results"]
    return (
        {"aims": aims(result["aims"])}
        | {measure: ranking(results, measure) for measure in MEASURES}
        | {
            "clean": read_clean(result["clean"]),
            "search": searched(results),
            "wins": wins(result["baseline_wins"]),
            "times": times(results),
            "machine": common.described(result),
        }
    )


def read_clean(clean: Mapping[str, Any]) -> str:
    """The most that can be hoped for in reading digits."""
    accuracy = number(clean["accuracy"], "accuracy")
    return f"Of the undamaged images, `{clean['reader']}` reads {accuracy} %.\n"


HEADINGS = {
    "aims": "Aims",
    **TITLES,
    "search": f"PSNR of the first {FIRST} images, dB",
    "wins": "Where a baseline wins",
    "times": "Time",
}


def page(result: Mapping[str, Any], introduction: str) -> str:
    """The readable twin of a result file."""
    tables = sections(result)
    text = f"# Restoring damaged {result['title']}\n\n{introduction.strip()}\n"
    text += f"\nThe first {result['num_images']} test images of {result['title']}.\n"
    for name, heading in HEADINGS.items():
        text += f"\n## {heading}\n\n{tables[name]}"
        if name == "accuracy":
            text += f"\n{tables['clean']}"
    return text + "\n" + tables["machine"]


def filled(document: str, blocks: Mapping[str, str]) -> str:
    """Put text between `<!-- NAME -->` and `<!-- end -->`; other blocks stay as they are.

    Args:
        document: Markdown.
        blocks: name, such as "mnist aims" -> what stands there.
    """

    def replaced(found: re.Match[str]) -> str:
        name = found[1]
        return (
            f"<!-- {name} -->\n{blocks[name].strip()}\n<!-- end -->" if name in blocks else found[0]
        )

    return re.sub(r"<!-- ([a-z_ ]+) -->\n.*?<!-- end -->", replaced, document, flags=re.DOTALL)
