"""How does it learn? Set up a run, watch it, pause, step, stop, save."""

import streamlit as st

from ui import errors, links, live, originals, run_controls, settings
from vae_core import runs
from vae_core.data import dataset_entry
from vae_core.errors import RunError
from vae_core.record import RunRecord

REFRESH_S = 0.3


def main() -> None:
    """Draw the page; while something is at work, it draws itself again and again."""
    run = _run_of_this_page()
    at_work = run is not None and run.record().status in run_controls.AT_WORK
    st.fragment(_watch, run_every=REFRESH_S if at_work else None, key="poll")(run, at_work)


def _run_of_this_page() -> runs.Run | None:
    """The run in the address, else the one this person watched last."""
    run_id = st.query_params.get("run") or st.session_state.get("run")
    if run_id is None:
        return None
    try:
        run = runs.open_run(run_id)
    except RunError as error:
        run_controls.watch(None)
        st.warning(str(error))
        links.to_page("train", "Train a new model")
        links.to_page("explore", "Explore the models that are here")
        st.stop()
    run_controls.watch(run.id)
    return run


def _watch(run: runs.Run | None, was_at_work: bool) -> None:
    with errors.shown(), st.container(key="watch"):
        record = run.record() if run is not None else None
        if record is not None and was_at_work != (record.status in run_controls.AT_WORK):
            st.rerun()  # starts or stops the timer
        _show(run, record)


def _show(run: runs.Run | None, record: RunRecord | None) -> None:
    """Draw the same page before, during and after a run, so that only its contents change."""
    if record is not None:
        settings.start_from_once(record.config)
    rows = run.metrics() if run is not None else []
    last = next((row for row in reversed(rows) if row["kind"] == "progress"), None)
    bar, drawer = st.columns([3, 1], vertical_alignment="center")
    with drawer:
        settings.drawer("Settings")
    config = record.config if record is not None else settings.chosen()
    with bar, st.container(horizontal=True, vertical_alignment="center"):
        run_controls.show_buttons(run, record, settings.chosen())
        said = run_controls.sentence(run, record, last)
        st.markdown(f"{said}  \n:small[:gray[{settings.sentence(config)}]]")
    if record is not None and record.status in run_controls.ENDED and run.is_usable():
        run_controls.show_save(run, record)
    else:
        st.progress(last["step"] / last["num_steps"] if last else 0.0)

    entry = dataset_entry(config.dataset)
    if not entry.is_present():
        st.info(f"{entry.spec.title} is not on this computer.")
        originals.offer_download(entry.spec)
        return
    frame = run.live_frame() if run is not None else None
    if frame is None:  # nothing trained yet: what the network makes of the pictures until then
        frame = live.untrained(config)
    left, right = st.columns([500, 460], gap="medium")
    with left:
        live.show_map(frame, entry.spec)
    with right:
        live.show_loss(last)
        live.show_curves(rows, config)
        live.show_probes(frame, config.dataset)


with errors.shown():
    main()
