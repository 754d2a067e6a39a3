"""Where it breaks: quality against the level of damage, measured on request for whoever asks."""

import math

import streamlit as st

from ui import (
    cache,
    errors,
    limits_methods,
    limits_result,
    originals,
    state,
)
from ui.components import again
from ui.limits_methods import MAX_METHODS, NUM_IMAGES, Chosen
from ui.measuring import Seen, Wanted, measurements
from ui.restoring_setting import Setting
from ui.texts import plain
from vae_core.corruption import CORRUPTIONS


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
        # Asked for only now: a quick hand presses before the page has heard of a new choice.
        if st.session_state.pop("limits_pressed", False):
            with errors.shown():
                measurements().ask(wanted, state.owner())
        seen = measurements().look(wanted, state.owner())
        _show_state(wanted, chosen, seen)
        if seen is not None and seen.rows:
            limits_result.show(wanted, chosen, seen)


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


def _press() -> None:
    st.session_state["limits_pressed"] = True


def _show_state(wanted: Wanted, chosen: Chosen, seen: Seen | None) -> None:
    """What can be done now, or how far it is."""
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
        st.button("Measure", key="limits_measure", type="primary", on_click=_press)
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
