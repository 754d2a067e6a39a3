"""What was measured of where methods break: chart, sentences, numbers."""

from collections.abc import Mapping

import streamlit as st

from ui import limits_figure, limits_table, pictures
from ui.components import figure
from ui.limits_methods import Chosen
from ui.measuring import Seen, Wanted
from ui.texts import plain
from vae_core.corruption import CORRUPTIONS
from vae_core.levels_worker import NUM_SLOW
from vae_core.metrics.extractor import reader_of
from vae_core.restoration import DAMAGED, Crossing, Quality, crossings
from vae_core.restoration.crossings import most_important, sentence

QUALITIES: Mapping[Quality, str] = {
    "psnr_db": "PSNR",
    "ssim": "SSIM",
    "read": "Read by a classifier",
}
EXPLAINED: Mapping[Quality, str] = {
    "psnr_db": "PSNR says how close the result is to the clean picture, pixel by pixel, in "
    "decibels: 10 more is a tenth of the squared error. More than 40 counts as 40.",
    "ssim": "SSIM says how alike the shapes are: 1 is the same, 0 has nothing in common.",
    "read": "A small classifier, taught on clean pictures, reads what was restored: the share that "
    "it reads rightly.",
}


def show(wanted: Wanted, chosen: Chosen, seen: Seen) -> None:
    """Draw the chart, say its crossings in words, and offer every number.

    Args:
        seen: with rows; while they still come there is the chart alone.
    """
    titles = {DAMAGED: "Left as it is"} | {name: one.title for name, one in chosen.items()}
    quality = _ask_quality(has_reader=seen.rows[0].is_read is not None)
    levels = CORRUPTIONS[wanted.request.kind].levels
    is_over = seen.status == "finished"
    found = crossings(seen.rows, quality) if is_over else []
    told = most_important(found)
    drawn, names = limits_figure.figure(seen.rows, titles, quality, levels)
    spoken = f"{QUALITIES[quality]} of {len(names)} methods against the level of damage."
    marks = [(crossing.level, crossing.value) for crossing in told]
    figure.show("limits_chart", drawn, names, marks, f"{spoken} The table below has the numbers.")
    st.markdown(_explained(wanted, chosen, quality))
    if not is_over:
        return
    st.markdown(_sentences(told, titles, is_stepped=levels.is_stepped) or "Nothing crosses here.")
    st.markdown(f"{_leader(seen, titles, quality)} {_left_out(len(found) - len(told))}")
    with st.expander("Numbers"):
        pictures.show(limits_table.table(seen.rows, titles, quality))
        st.download_button(
            "CSV",
            limits_table.to_csv(seen.rows, wanted.request.kind, wanted.request.seed),
            f"{wanted.request.dataset}-{wanted.request.kind}-levels.csv",
            "text/csv",
            key="limits_csv",
            on_click="ignore",
        )


def _ask_quality(*, has_reader: bool) -> Quality:
    options = [quality for quality in QUALITIES if has_reader or quality != "read"]
    return st.segmented_control(
        "Quality",
        options,
        default=options[0],
        required=True,
        format_func=QUALITIES.get,
        key="limits_quality",
        bind="query-params",
        label_visibility="collapsed",
    )


def _explained(wanted: Wanted, chosen: Chosen, quality: Quality) -> str:
    """What the lines and bands are."""
    said = [EXPLAINED[quality]]
    if quality == "read":
        reader = reader_of(wanted.request.dataset)
        if reader is not None:
            said.append(f"Of clean test pictures it reads {100 * reader.card.test_accuracy:.0f} %.")
    else:
        said.append("Lines are means over the pictures; a band holds eight of ten of them.")
    slow = [f"**{plain(one.title)}**" for one in chosen.values() if one.is_slow]
    if slow:
        said.append(f"{' and '.join(slow)} restored only the first {NUM_SLOW}.")
    return " ".join(said)


def _sentences(found: list[Crossing], titles: Mapping[str, str], *, is_stepped: bool) -> str:
    """The crossings as a numbered list, with the numbers of the chart."""
    bold = {name: f"**{plain(title)}**" for name, title in titles.items()}
    said = [sentence(crossing, bold, is_stepped=is_stepped) for crossing in found]
    return "\n".join(f"{number}. {text}" for number, text in enumerate(said, 1))


def _leader(seen: Seen, titles: Mapping[str, str], quality: Quality) -> str:
    """Who is best throughout."""
    means = {
        method: sum(row.mean(quality) or 0.0 for row in rows)
        for method, rows in limits_figure.by_method(seen.rows).items()
    }
    best = max(means, key=means.__getitem__)
    if best == DAMAGED:
        return "On the whole nothing does better than leaving the pictures as they are."
    return f"On the whole **{plain(titles[best])}** is best."


def _left_out(num: int) -> str:
    if not num:
        return ""
    many = "1 crossing of less weight is" if num == 1 else f"{num} crossings of less weight are"
    return f"{many} left out."
