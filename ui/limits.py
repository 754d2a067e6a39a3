"""Where it breaks: quality against the level of damage, measured on request for whoever asks."""

import math
from collections.abc import Mapping

import streamlit as st

from ui import (
    cache,
    errors,
    limits_figure,
    limits_methods,
    limits_table,
    originals,
    pictures,
    state,
)
from ui.components import again, figure
from ui.limits_methods import MAX_METHODS, NUM_IMAGES, Chosen
from ui.measuring import Seen, Wanted, measurements
from ui.restoring_setting import Setting
from ui.texts import plain
from vae_core.corruption import CORRUPTIONS
from vae_core.levels_worker import NUM_SLOW
from vae_core.metrics.extractor import reader_of
from vae_core.restoration import (
    DAMAGED,
    Crossing,
    Quality,
    crossings,
)
from vae_core.restoration.crossings import sentence

QUALITIES: Mapping[Quality, str] = {
    "psnr_db": "PSNR",
    "ssim": "SSIM",
    "read": "Read by a classifier",
}
EXPLAINED: Mapping[Quality, str] = {
    "psnr_db": "PSNR says how close the result is to the clean picture, pixel by pixel, in "
    "decibels: 10 more is a tenth of the squared error.",
    "ssim": "SSIM says how alike the shapes are: 1 is the same, 0 has nothing in common.",
    "read": "A small classifier, taught on clean pictures, reads what was restored: the share that "
    "it reads rightly.",
}


@st.fragment
def show(choice: cache.Choice, rows: Chosen, above: Setting) -> None:
    """Draw the section; it runs by itself, without the page around it.

    Args:
        rows: all that the lab can show, by name.
        above: what the lab shows.
    """
    with st.container(key="limits"), errors.shown():
        st.subheader("Where it breaks", anchor=False)
        spec = choice.record.spec
        st.markdown(
            "How good the results are as the damage gets stronger, on "
            f"{NUM_IMAGES} test pictures that no model has learned from."
        )
        if cache.dataset(spec.name) is None:
            st.markdown(f"It needs {spec.title}, which is not on this computer.")
            originals.offer_download(spec, key="get_data_for_limits")
            return
        measurements().warm()
        left, right = st.columns([1, 3])
        with left:
            kind = _ask_kind(above.kind)
        with right:
            chosen = _ask_methods(choice, kind, rows, above.rows)
        if not chosen:
            st.markdown(":gray[Choose a method.]")
            return
        wanted = limits_methods.wanted(choice, kind, chosen)
        seen = measurements().look(wanted, state.owner())
        _show_state(wanted, chosen, seen)
        if seen is not None and seen.rows:
            _show_rows(wanted, chosen, seen)


def _ask_kind(above: str) -> str:
    """Which kind of damage: the lab's above, until another one is chosen here."""
    before = st.session_state.get("limits_follow", above)
    is_chosen = "limits_kind" in st.session_state or "limits_kind" in st.query_params
    if before != above or not is_chosen:
        st.session_state["limits_kind"] = above
    st.session_state["limits_follow"] = above
    return st.selectbox(
        "Damage",
        list(CORRUPTIONS),
        format_func=lambda name: CORRUPTIONS[name].title,
        key="limits_kind",
        bind="query-params",
    )


def _ask_methods(choice: cache.Choice, kind: str, rows: Chosen, above: list[str] | None) -> Chosen:
    """A few methods, in the order in which they are offered, whatever order they were chosen in."""
    fitting = limits_methods.fitting(rows, kind)
    names = st.multiselect(
        "Methods",
        list(fitting),
        limits_methods.default(choice, rows, kind, above),
        format_func=lambda name: fitting[name].title,
        key=f"limits_{choice.id}_{kind}",
        max_selections=MAX_METHODS,
        placeholder=f"Choose up to {MAX_METHODS} methods",
        persist_state="session",
    )
    return {name: row for name, row in fitting.items() if name in names[:MAX_METHODS]}


def _ask_for(wanted: Wanted) -> None:
    with errors.kept():
        measurements().ask(wanted, state.owner())


def _show_state(wanted: Wanted, chosen: Chosen, seen: Seen | None) -> None:
    """What can be done now, or how far it is."""
    errors.show_kept()
    if seen is not None and seen.status == "finished":
        return
    if seen is not None and seen.status in ("waiting", "measuring"):
        with st.container(horizontal=True, vertical_alignment="center"):
            share, said = _progress(wanted, seen)
            st.progress(share, said, width="stretch")
            if seen.is_mine:
                st.button("Stop", key="limits_stop", on_click=_stop)
        again.soon("again_limits")
        return
    if seen is not None and seen.error:
        st.error(plain(errors.without_folders(seen.error)))
    num_levels = len(wanted.request.levels)
    expected_s = limits_methods.expected_s(wanted.request, chosen)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Measure", key="limits_measure", type="primary", on_click=_ask_for, args=(wanted,)
        )
        st.markdown(f"{num_levels} levels, about {math.ceil(expected_s)} s.", width="content")


def _stop() -> None:
    measurements().leave(state.owner())


def _progress(wanted: Wanted, seen: Seen) -> tuple[float, str]:
    """How far it is, and that in words."""
    if seen.status == "waiting":
        turn = "it is next" if seen.place == 1 else f"it is number {seen.place} in the line"
        return 0.0, f"Another measurement is under way. This one waits: {turn}."
    done, num_rows = len(seen.rows), wanted.request.num_rows
    if not done:
        return 0.0, "Starting: a process of its own measures, so that this page stays quick."
    left_s = seen.pace_s * (num_rows - done)
    left = f", about {math.ceil(left_s)} s left" if left_s else ""
    return done / num_rows, f"Level {seen.rows[-1].level:g} measured{left}"


def _show_rows(wanted: Wanted, chosen: Chosen, seen: Seen) -> None:
    """The chart, what it says in words, and every number."""
    titles = {DAMAGED: "Left as it is"} | {name: one.title for name, one in chosen.items()}
    quality = _ask_quality(has_reader=seen.rows[0].is_read is not None)
    levels = CORRUPTIONS[wanted.request.kind].levels
    is_over = seen.status == "finished"
    found = crossings(seen.rows, quality) if is_over else []
    drawn, names = limits_figure.figure(seen.rows, titles, quality, levels)
    said = _sentences(found, titles, is_stepped=levels.is_stepped)
    spoken = f"{QUALITIES[quality]} of {len(names)} methods against the level of damage."
    marks = [(crossing.level, crossing.value) for crossing in found]
    figure.show("limits_chart", drawn, names, marks, f"{spoken} The table below has the numbers.")
    st.markdown(_explained(wanted, chosen, quality))
    if not is_over:
        return
    st.markdown(said or f"Nothing crosses here: {_leader(seen, titles, quality)}")
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
        return "nothing does better than leaving the pictures as they are."
    return f"**{plain(titles[best])}** is best on the whole."
