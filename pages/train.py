"""How does it learn? Set up a run, watch it, pause, step, stop, save."""

import streamlit as st

from ui import errors, links, live, originals, run_controls, settings, told
from ui.texts import plain
from vae_core import runs
from vae_core.data import dataset_entry
from vae_core.errors import VAELabError
from vae_core.record import RunRecord

REFRESH_S = {"queued": 1.0, "running": 0.3}


def main() -> None:
    """Draw the page; while something is at work, it draws itself again and again."""
    run, status = _run_of_this_page()
    st.fragment(_watch, run_every=REFRESH_S.get(status), key="poll")(run, status)


def _run_of_this_page() -> tuple[runs.Run | None, str]:
    """The run in the address, else the one this person watched last, and its status."""
    run_id = st.query_params.get("run") or st.session_state.get("run")
    if run_id is None:
        return None, "none"
    try:
        run = runs.open_run(run_id)
        status = run.record().status
    except VAELabError as error:
        run_controls.watch(None)
        st.warning(plain(str(error)))
        links.to_page("train", "Train a new model")
        links.to_page("explore", "Explore the models that are here")
        st.stop()
    run_controls.watch(run.id)
    return run, status


def _watch(run: runs.Run | None, status: str) -> None:
    with errors.shown(), st.container(key="watch"):
        record = run.record() if run is not None else None
        if record is not None and record.status != status:
            st.rerun()  # another status has another timer
        _show(run, record)


def _show(run: runs.Run | None, record: RunRecord | None) -> None:
    """Draw the same page before, during and after a run, so that only its contents change."""
    if record is not None:
        settings.start_from_once(record.config)
    rows = run.metrics() if run is not None else []
    last = next((row for row in reversed(rows) if row["kind"] == "progress"), None)
    bar, drawer = st.columns([4, 1], vertical_alignment="center")
    with drawer:
        settings.drawer("Settings")
    with bar, st.container(key="bar", horizontal=True, vertical_alignment="center"):
        chosen = settings.chosen(record.config if record is not None else None)
        run_controls.show_buttons(run, record, chosen)
        config = record.config if record is not None else chosen
        said = run_controls.sentence(run, record, last)
        st.markdown(f"{said}  \n:small[:gray[{settings.sentence(config)}]]", width="stretch")
    if record is not None and record.status in run_controls.ENDED and run.is_usable():
        run_controls.show_save(run, record)
    elif record is None:
        run_controls.show_undo()
    else:
        st.progress(last["step"] / last["num_steps"] if last else 0.0)

    entry = dataset_entry(config.dataset)
    if not entry.is_present():
        with errors.shown():
            entry.load()  # says where it was looked for and what to do
        originals.offer_download(entry.spec)
        return
    frame = run.live_frame() if run is not None else None
    if frame is None:  # nothing trained yet: what the network makes of the pictures until then
        frame = live.untrained(config)
    left, right = st.columns([500, 460], gap="medium")
    with left:
        live.show_map(frame, entry.spec, is_mixed=told.CLASS in told.names(config.model))
    with right:
        live.show_loss(last, config)
        live.show_curves(rows, config)
        live.show_probes(frame, config.dataset)


with errors.shown():
    main()
