"""How does it learn? Set up a run, watch it, pause, step, stop, save."""

import streamlit as st

from ui import errors, links, live, originals, run_controls, settings
from vae_core import runs
from vae_core.data import dataset_entry
from vae_core.errors import RunError
from vae_core.record import RunRecord

REFRESH_S = 0.3


def main() -> None:
    """Draw the page; while something is at work, the part below the strip draws itself again."""
    run = _run_of_this_page()
    if run is None:
        _before()
        return
    record = run.record()
    if "set_dataset" not in st.session_state:
        settings.start_from(record.config)
    at_work = record.status in run_controls.AT_WORK
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


def _before() -> None:
    """Nothing trained yet: the same picture, of the untrained network."""
    bar, drawer = st.columns([3, 1], vertical_alignment="center")
    with drawer:
        settings.drawer("Settings")
    config = settings.chosen()
    with bar, st.container(horizontal=True, vertical_alignment="center"):
        run_controls.show_buttons(None, None, config)
        what = settings.sentence(config)
        st.markdown(
            f"The network has not seen a picture yet. Press Train.  \n:small[:gray[{what}]]"
        )
    spec = dataset_entry(config.dataset).spec
    if not dataset_entry(config.dataset).is_present():
        st.info(f"{spec.title} is not on this computer.")
        originals.offer_download(spec)
        return
    frame = live.untrained(config)
    left, right = st.columns([500, 460], gap="medium")
    with left:
        live.show_map(frame, spec)
    with right:
        live.show_probes(frame, config.dataset)


def _watch(run: runs.Run, was_at_work: bool) -> None:
    with errors.shown(), st.container(key="watch"):
        record = run.record()
        if was_at_work != (record.status in run_controls.AT_WORK):
            st.rerun()  # starts or stops the timer
        _show(run, record)


def _show(run: runs.Run, record: RunRecord) -> None:
    rows = run.metrics()
    last = next((row for row in reversed(rows) if row["kind"] == "progress"), None)
    bar, drawer = st.columns([3, 1], vertical_alignment="center")
    with drawer:
        settings.drawer("Settings")
    with bar, st.container(horizontal=True, vertical_alignment="center"):
        run_controls.show_buttons(run, record, settings.chosen())
        what = settings.sentence(record.config)
        st.markdown(f"{run_controls.sentence(run, record, last)}  \n:small[:gray[{what}]]")
    if record.status in run_controls.ENDED and run.is_usable():
        run_controls.show_save(run, record)
    else:
        st.progress(last["step"] / last["num_steps"] if last else 0.0)

    frame = run.live_frame()
    left, right = st.columns([500, 460], gap="medium")
    with left:
        if frame is not None:
            live.show_map(frame, record.spec)
    with right:
        live.show_loss(last)
        live.show_curves(rows, record)
        if frame is not None:
            live.show_probes(frame, record.config.dataset)


with errors.shown():
    main()
