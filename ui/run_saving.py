"""Keeping a run: a name under which every page offers it, and a way back from Delete."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui import errors, links, state
from ui.run_controls import watch
from ui.texts import plain
from vae_core import runs
from vae_core.record import RunRecord

_ROW = {"horizontal": True, "vertical_alignment": "center", "gap": "small"}


def show_save(run: runs.Run, record: RunRecord, below: DeltaGenerator) -> None:
    """Save a run that has weights under a name, so that every page offers it.

    Args:
        run: to save.
        record: of the run.
        below: where an error is told.
    """
    if record.name is not None:
        with st.container(key="saved", width="content", **_ROW):
            _show_saved(run, record.name)
        return
    with st.form("save", border=False, width="content"), st.container(**_ROW):
        name = st.text_input(
            "Name",
            max_chars=runs.MAX_NAME_LENGTH,
            placeholder="Name it, to keep it",
            label_visibility="collapsed",
            width=200,
        )
        pressed = st.form_submit_button("Save")
    if pressed:
        with below, errors.shown():
            runs.save_as(run, name)
            state.choose_next_time(run.id)
            st.rerun()


def _show_saved(run: runs.Run, name: str) -> None:
    st.markdown(f"Saved as **{plain(name)}**", width="content")
    if state.chosen().id == run.id:
        links.to_page("explore", "Explore it")
    elif st.button("Choose it", type="tertiary"):
        state.choose_next_time(run.id)
        st.rerun()
    if st.button("Delete", type="tertiary"):
        runs.delete(run)
        watch(None)
        st.session_state["deleted"] = run.id, name
        st.rerun()


def show_undo(below: DeltaGenerator) -> None:
    """Offer to bring the run back that was deleted last; `below` is where an error is told."""
    if "deleted" not in st.session_state:
        return
    run_id, name = st.session_state["deleted"]
    with st.container(width="content", **_ROW):
        st.markdown(f"**{plain(name)}** was deleted.", width="content")
        if st.button("Undo"):
            with below, errors.shown():
                watch(runs.undelete(run_id).id)
                del st.session_state["deleted"]
                st.rerun()
