"""Keeping a run: a name under which every page offers it, and a way back from Delete.

What is pressed is done before the page is drawn again, and the whole of it, model picker and all.
"""

import streamlit as st

from ui import errors, links, ownership, state
from ui.texts import plain
from vae_core import catalogue, runs
from vae_core.record import RunRecord

_ROW = {"horizontal": True, "vertical_alignment": "center", "gap": "small"}


def show_save(run: runs.Run, record: RunRecord) -> None:
    """Save a run that has weights under a name, so that every page offers it.

    Args:
        run: to save.
        record: of the run.
    """
    if catalogue.is_bundled(run.folder):
        with st.container(key="saved", width="content", **_ROW):
            _show_chosen(f"**{record.name}** comes with VAE Lab")
        return
    if record.name is not None:
        with st.container(key="saved", width="content", **_ROW):
            _show_saved(run, record.name, may_delete=not ownership.is_anothers(run, record))
        return
    if ownership.is_anothers(run, record):
        return
    with st.form("save", border=False, width="content"), st.container(**_ROW):
        st.text_input(
            "Name",
            key="save_as",
            max_chars=runs.MAX_NAME_LENGTH,
            placeholder="Name it, to keep it",
            label_visibility="collapsed",
            width=200,
        )
        st.form_submit_button("Save", on_click=_save, args=(run,))


def _save(run: runs.Run) -> None:
    with errors.kept():
        ownership.check(run)
        runs.save_as(run, st.session_state["save_as"])
        st.rerun()  # the whole page: the picker turns to it


def _show_saved(run: runs.Run, name: str, *, may_delete: bool) -> None:
    _show_chosen(f"Saved as **{plain(name)}**")
    if may_delete:
        st.button("Delete", type="tertiary", on_click=_delete, args=(run, name))


def _show_chosen(said: str) -> None:
    st.markdown(said, width="content")
    links.to_page("explore", "Explore it")


def _delete(run: runs.Run, name: str) -> None:
    with errors.kept():
        ownership.check(run)
        runs.delete(run)
        st.session_state.pop("no_room", None)
        state.watch(None)
        st.session_state["deleted"] = run.id, name
        st.rerun()


def show_undo() -> None:
    """Offer to bring the run back that was deleted last."""
    if "deleted" not in st.session_state:
        return
    run_id, name = st.session_state["deleted"]
    with st.container(width="content", **_ROW):
        st.markdown(f"**{plain(name)}** was deleted.", width="content")
        st.button("Undo", on_click=_undo, args=(run_id,))


def _undo(run_id: str) -> None:
    with errors.kept():
        ownership.check(runs.deleted(run_id))
        state.watch(runs.undelete(run_id).id)
        del st.session_state["deleted"]
        st.rerun()
