"""Buttons and sentences for each state of a run: what happened, and the one next thing to do."""

import secrets
import shutil
import time
from collections.abc import Callable

import streamlit as st

from ui import errors, links, settings, state, told
from ui.texts import plain
from ui.workers import executor
from vae_core import runs
from vae_core.config import RunConfig
from vae_core.data import load_dataset
from vae_core.errors import RunError
from vae_core.record import RunRecord

FIRST_STEP_S = 0.3
LOW_DISK_BYTES = 50 * 2**20
AT_WORK = ("queued", "running")
ENDED = ("finished", "stopped", "diverged", "failed")


def start(config: RunConfig) -> None:
    """Make a run, queue it, and turn the page to it.

    Raises:
        DatasetError: when its data set is not on this computer.
        RunError: when the queue refuses it; nothing of it stays.
    """
    load_dataset(config.dataset)
    run = runs.create(config)
    try:
        executor().submit(run, owner=_owner())
    except RunError:
        runs.discard(run)
        raise
    settings.show_next_time(config)
    st.session_state.pop("deleted", None)
    watch(run.id)
    # A free worker needs a tenth of a second: waiting for it here shows the first step at once
    # instead of at the next poll.
    deadline = time.monotonic() + FIRST_STEP_S
    while not run.metrics() and time.monotonic() < deadline:
        time.sleep(0.02)
    st.rerun()


def watch(run_id: str | None) -> None:
    """Turn the page to a run, in the address too, or away from any."""
    if run_id is None:
        st.session_state.pop("run", None)
        st.query_params.pop("run", None)
    else:
        st.session_state["run"] = run_id
        if st.query_params.get("run") != run_id:
            st.query_params["run"] = run_id


def show_buttons(run: runs.Run | None, record: RunRecord | None, chosen: RunConfig) -> None:
    """Draw what can be done now, the likeliest first."""
    for number, (label, action) in enumerate(_actions(run, record, chosen)):
        kind, width = ("secondary", "content") if number else ("primary", 128)
        key = "do_" + label.lower().replace(" ", "_")
        if st.button(label, key=key, type=kind, width=width):
            with errors.shown():
                action()
                st.rerun()


Action = tuple[str, Callable[[], None]]


def _actions(run: runs.Run | None, record: RunRecord | None, chosen: RunConfig) -> list[Action]:
    def begin() -> None:
        start(chosen)

    def begin_elsewhere() -> None:
        start(chosen.evolve(seed=settings.new_seed()))

    if run is None or record is None:
        return [("Train", begin)]

    def go_on() -> None:
        executor().submit(run, owner=_owner())

    def step() -> None:
        executor().submit(run, owner=_owner(), max_steps=1)

    def pause() -> None:
        run.ask("pause")

    def stop() -> None:
        if executor().withdraw(run):
            return
        if run.record().status in AT_WORK:
            run.ask("stop")
        else:  # a worker has to write the model
            executor().submit(run, owner=_owner(), want="stop")

    stops = ("Stop", stop)
    resume = ("Resume", go_on)
    pauses = ("Pause", pause)
    steps = ("Step", step)
    same = chosen == record.config
    again = ("Start again", begin) if same else ("Train", begin)
    other = ("New seed", begin_elsewhere)
    return {
        "queued": [stops],
        "running": [pauses, stops],
        "paused": [resume, steps, stops],
        "interrupted": [resume, again],
        "stopped": [again, resume, other],
        "failed": [resume, again],
    }.get(record.status, [again, other])


def sentence(run: runs.Run | None, record: RunRecord | None, last: dict[str, float] | None) -> str:
    """Say what the run is doing, or how it ended."""
    if run is None or record is None:
        return "An untrained network puts every picture in one place. Press Train."
    if record.status == "queued":
        waiting = executor().waiting(run.id)
        if waiting is None:
            return "Starting."
        wait = "" if waiting.expected_s is None else f", about {waiting.expected_s:.0f} s"
        return f"Waiting for a free worker: place {waiting.place}{wait}."
    if record.status == "running":
        return _progress(last)
    where = f"step {record.num_done:,} of {record.num_steps:,}"
    epochs = f"{record.config.train.epochs} epochs"
    if record.num_done < record.num_steps:
        num = record.num_done * record.config.train.epochs // record.num_steps
        epochs = f"{num} of {epochs}, then it no longer got better,"
    return {
        "paused": f"Paused at {where}.",
        "finished": f"Finished: {epochs} in {record.elapsed_s:.1f} s.",
        "stopped": (
            f"Stopped at {where}. What it has learnt is kept."
            if run.is_usable()
            else "Stopped before it began."
        ),
        "interrupted": _interrupted(run, record, where),
        "diverged": record.error or "The loss stopped being a number.",
        "failed": record.error or "The run failed.",
    }[record.status]


def _interrupted(run: runs.Run, record: RunRecord, where: str) -> str:
    if shutil.disk_usage(run.folder).free < LOW_DISK_BYTES:
        return "Interrupted: the disk is full. Free some space, then Resume goes on."
    if not record.num_done:
        return "Interrupted before anything was kept. Resume begins it again."
    return f"Interrupted at or after {where}. Nothing is lost: Resume goes on from there."


def _progress(last: dict[str, float] | None) -> str:
    if last is None:
        return "Starting."
    if last["step"] >= last["num_steps"]:
        return "Measuring the result on the test images."
    left = last["elapsed_s"] / last["step"] * (last["num_steps"] - last["step"])
    epochs = last["num_steps"] * last["epoch"] / last["step"]
    return (
        f"Training: epoch {last['epoch']:.0f} of {epochs:.0f}, about {max(left, 1):.0f} s left, "
        f"{last['images_per_s']:,.0f} images/s."
    )


def _result(record: RunRecord) -> str:
    if record.summary is None:
        return ""
    bound, share = record.summary.elbo_nats, record.summary.knn_accuracy
    elbo = "" if bound is None else f"ELBO {bound:.1f} nats, ".replace("-", "\N{MINUS SIGN}")
    among = f"{100 * share:.0f} % lie among their own class."
    if told.CLASS in told.names(record.config.model):
        among = "the map holds how they are drawn, not their class, which is told."
    return f"{record.summary.num_images:,} test images: {elbo}{among}"


def show_save(run: runs.Run, record: RunRecord) -> None:
    """Save a run that has weights under a name, so that every page offers it."""
    row = {"horizontal": True, "vertical_alignment": "center", "gap": "small"}
    if record.name is not None:
        with st.container(**row):
            _show_saved(run, record.name)
        return
    with st.form("save", border=False), st.container(**row):
        name = st.text_input(
            "Name",
            max_chars=runs.MAX_NAME_LENGTH,
            placeholder="Name this model, and every page offers it",
            label_visibility="collapsed",
            width=320,
        )
        pressed = st.form_submit_button("Save")
        st.markdown(_result(record))
    if pressed:
        with errors.shown():
            runs.save_as(run, name)
            state.choose_next_time(run.id)
            st.rerun()


def _show_saved(run: runs.Run, name: str) -> None:
    is_chosen = state.chosen().id == run.id
    st.markdown(f"Saved as **{plain(name)}**" + (" and chosen above." if is_chosen else "."))
    if is_chosen:
        links.to_page("explore", "Explore it")
        links.to_page("sliders", "Move its sliders")
    elif st.button("Choose it", type="tertiary"):
        state.choose_next_time(run.id)
        st.rerun()
    if st.button("Delete", type="tertiary"):
        runs.delete(run)
        watch(None)
        st.session_state["deleted"] = run.id, name
        st.rerun()


def show_undo() -> None:
    """Offer to bring the run back that was deleted last."""
    if "deleted" not in st.session_state:
        return
    run_id, name = st.session_state["deleted"]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(name)}** was deleted.", width="content")
        if st.button("Undo"):
            with errors.shown():
                watch(runs.undelete(run_id).id)
                del st.session_state["deleted"]
                st.rerun()


def _owner() -> str:
    """Who asks, for the queue's fairness: this browser session."""
    owner: str = st.session_state.setdefault("owner", secrets.token_hex(8))
    return owner
