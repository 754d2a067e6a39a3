"""How does it learn? Set up a run, watch it, pause, step, stop, save."""

import streamlit as st

from ui import (
    errors,
    links,
    originals,
    ownership,
    run_controls,
    run_room,
    run_saving,
    settings,
    state,
)
from ui.components import live
from ui.texts import plain
from vae_core import catalogue, runs
from vae_core.config import RunConfig
from vae_core.data import dataset_entry
from vae_core.errors import VAELabError
from vae_core.record import RunRecord


@st.fragment
def main() -> None:
    """Draw the page, the same before, during and after a run: only its contents change.

    A fragment, since its script is then never interrupted by news of the run: Streamlit forgets a
    button whose script is interrupted, and may leave half done what it does.
    """
    with st.container(key="watch"):
        run, record = _prepared()
        if run_controls.is_pressed():
            with errors.kept():
                run_controls.carry_out_pressed(run, _chosen(record))
            run, record = _prepared()
        _show(run, record)


def _prepared() -> tuple[runs.Run | None, RunRecord | None]:
    """The run of this page, and the settings as its drawer will show them."""
    run, record = _run_of_this_page()
    settings.prepare(record.config if record is not None else None)
    return run, record


def _chosen(record: RunRecord | None) -> RunConfig:
    return settings.chosen(record.config if record is not None else None)


def _run_of_this_page() -> tuple[runs.Run | None, RunRecord | None]:
    run_id = state.watched()
    if run_id is None:
        return None, None
    try:
        run = catalogue.open_run(run_id)
        record = run.record()
    except VAELabError as error:
        state.watch(None)
        st.warning(plain(errors.without_folders(str(error))))
        links.to_page("train", "Train a new model")
        links.to_page("explore", "Explore the models that are here")
        st.stop()
    state.watch(run.id)
    return run, record


def _show(run: runs.Run | None, record: RunRecord | None) -> None:
    bar, drawer = st.columns([5, 1], vertical_alignment="center")
    with st.container():
        errors.show_kept()
        run_room.show()
    with drawer:
        settings.drawer("Settings")
    chosen = _chosen(record)
    config = record.config if record is not None else chosen
    with bar, st.container(key="bar", horizontal=True, vertical_alignment="center"):
        run_controls.show_buttons(run, record, chosen)
        if run is not None and record is not None and ownership.is_anothers(run, record):
            st.markdown(f":gray[{ownership.NOT_YOURS}]")
        if record is None:
            run_saving.show_undo()
        elif record.status in run_controls.ENDED and run.is_usable():
            run_saving.show_save(run, record)

    entry = dataset_entry(config.dataset)
    has_film = run is not None and run.has_frames()
    if run is not None and run.is_usable() and not has_film:
        st.info(
            "This model came here without the film of its training: there are no kept moments to "
            f"show. {plain(record.story)} Start again to see one."
        )
        return
    if not (entry.is_present() or has_film):
        st.markdown(f":gray[{settings.sentence(config)}]")
        with errors.shown():
            entry.load()  # says where it was looked for and what to do
        originals.offer_download(entry.spec)
        return
    live.show(run, record, config, run_controls.sentence(run, record))
    if not entry.is_present():
        originals.offer_download(entry.spec)


with errors.shown():
    main()
