"""Buttons and sentences for each state of a run: what happened, and what can be done next."""

import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from ui import ownership, queueing, quotas, settings, state, told
from ui.errors import without_folders
from ui.workers import executor
from vae_core import runs
from vae_core.config import RunConfig
from vae_core.data import load_dataset
from vae_core.errors import RunError
from vae_core.record import RunRecord

BEGIN_S, STEP_S = 0.3, 1.0
LOW_DISK_BYTES = 50 * 2**20
AT_WORK = ("queued", "running")
ENDED = ("finished", "stopped", "diverged", "failed")
FIRST_PX, STEP_PX, SPEED_PX, STOP_PX = 128, 68, 124, 68  # widths of buttons that keep places


def start(config: RunConfig) -> None:
    """Make a run, queue it, and turn the page to it.

    Raises:
        DatasetError: when its data set is not on this computer.
        RunError: when it is larger than one person's runs may be, or the queue refuses it; nothing
            of it stays.
    """
    quotas.check_config(config)
    quotas.check_room(state.owner())
    load_dataset(config.dataset)
    run = runs.create(config, owner=state.owner())
    try:
        executor().submit(run, owner=state.owner())
    except RunError:
        runs.discard(run)
        raise
    settings.show_next_time(config)
    for name in ("deleted", "no_room"):
        st.session_state.pop(name, None)
    state.watch(run.id)
    _wait_while(run, ("queued",), BEGIN_S)


def _wait_while(run: runs.Run, statuses: tuple[str, ...], seconds: float) -> None:
    """Give a free worker the moment it needs, so that the buttons change once, not twice."""
    deadline = time.monotonic() + seconds
    while run.record().status in statuses and time.monotonic() < deadline:
        time.sleep(0.02)


@dataclass(frozen=True)
class Action:
    """One button.

    Attributes:
        label: on it.
        act: what it does.
        is_possible: now; it keeps its place when it is not.
        note: said under the pointer.
        width: in pixels; None for as wide as its label.
    """

    label: str
    act: Callable[[], None]
    is_possible: bool = True
    note: str | None = None
    width: int | None = None


def show_buttons(run: runs.Run | None, record: RunRecord | None, chosen: RunConfig) -> None:
    """Draw what can be done now, the likeliest first; `carry_out_pressed` does it.

    Args:
        run: on the page, if any.
        record: of the run.
        chosen: what the settings say.
    """
    for number, action in enumerate(_actions(run, record, chosen)):
        # A place of its own for each button: whatever it changes into, the others stay.
        with st.container(key=f"button_{number}", width=action.width or "content"):
            st.button(
                action.label,
                key="do_" + re.sub(r"\W+", "_", action.label.lower()).strip("_"),
                type="secondary" if number else "primary",
                width="stretch" if action.width else "content",
                disabled=not action.is_possible,
                help=action.note,
                on_click=_press,
                args=(action.label,),
            )


def _press(label: str) -> None:
    st.session_state.setdefault("pressed", []).append(label)


def is_pressed() -> bool:
    """Say whether a button waits to be carried out."""
    return "pressed" in st.session_state


def carry_out_pressed(run: runs.Run | None, chosen: RunConfig) -> None:
    """Do what the pressed buttons say, before the page is drawn as it is then.

    A run of the script that ends half-way, to be begun again, would take what it has not drawn off
    the page. A quick hand presses a second button before the page has answered.

    Args:
        run: on the page, if any.
        chosen: what the settings say.

    Raises:
        VAELabError: what was in the way; what was pressed after that is not done.
    """
    for label in st.session_state.pop("pressed"):
        actions = _actions(run, run.record() if run is not None else None, chosen)
        for action in actions:
            if action.label == label and action.is_possible:
                action.act()
        if st.session_state.get("run") != (run.id if run is not None else None):
            return  # the page has turned to another run, which nobody has seen yet


def _actions(run: runs.Run | None, record: RunRecord | None, chosen: RunConfig) -> list[Action]:
    if run is None or record is None:
        return [Action("Train", lambda: start(chosen), width=FIRST_PX)]
    other = Action("New seed", lambda: start(chosen.evolve(seed=settings.new_seed())))
    if ownership.is_anothers(run, record):  # whatever becomes of it, so that no press is lost
        return [Action("Train my own", lambda: start(chosen), width=FIRST_PX), other]
    if record.is_under_way:
        return _actions_under_way(run, record.status)
    again = Action("Train", lambda: start(chosen), width=FIRST_PX)
    if chosen == record.config:
        again = Action("Start again (same seed)", lambda: start(chosen))
    resume = Action("Resume", lambda: _go_on(run), width=FIRST_PX)
    go_on = Action("Resume", lambda: _go_on(run))
    return {
        "interrupted": [resume, again],
        "stopped": [again, *([go_on] if run.can_go_on() else []), other],
        "failed": [resume, again],
    }.get(record.status, [again, other])


def _actions_under_way(run: runs.Run, status: str) -> list[Action]:
    """Four buttons that stay where they are while a run trains, pauses and goes on."""
    is_paused, is_running = status == "paused", status == "running"

    def step() -> None:
        _submit(run, max_steps=1)
        _wait_while(run, AT_WORK, STEP_S)

    def slow() -> None:
        if is_paused:
            _go_on(run, "slow")
        else:
            _ask(run, "slow")

    first = Action("Pause", lambda: _ask(run, "pause"), is_running, width=FIRST_PX)
    if is_paused:
        first = Action("Resume", lambda: _go_on(run), width=FIRST_PX)
    note = "About one step a second, each of them shown."
    speed = Action("Slow motion", slow, is_paused or is_running, note, SPEED_PX)
    if is_running and run.asked() == "slow":
        speed = Action("Full speed", lambda: _ask(run, "run"), width=SPEED_PX)
    one = "One step, shown picture by picture." if is_paused else "Pause first, then step by step."
    steps = Action("Step", step, is_paused, one, STEP_PX)
    return [first, steps, speed, Action("Stop", lambda: _stop(run), width=STOP_PX)]


def _ask(run: runs.Run, want: runs.Want) -> None:
    ownership.check(run)
    run.ask(want)


def _submit(run: runs.Run, *, max_steps: int | None = None, want: runs.Want = "run") -> None:
    ownership.check(run)
    if want != "stop":  # to write down what it has learnt takes no step
        quotas.check_config(run.record().config)
    executor().submit(run, owner=state.owner(), max_steps=max_steps, want=want)


def _go_on(run: runs.Run, want: runs.Want = "run") -> None:
    _submit(run, want=want)
    _wait_while(run, ("queued",), BEGIN_S)


def _stop(run: runs.Run) -> None:
    ownership.check(run)
    if executor().withdraw(run):
        return
    run.ask("stop")  # before the status is read: a worker that pauses now looks once more
    if run.record().status not in AT_WORK:  # a worker has to write the model
        _submit(run, want="stop")
        _wait_while(run, AT_WORK, STEP_S)


def sentence(run: runs.Run | None, record: RunRecord | None) -> str:
    """Say what the run is doing, or how it ended; the page itself says how training goes on."""
    if run is None or record is None:
        return "An untrained network puts every picture in one place. Press Train."
    if record.status == "queued":
        return queueing.sentence(run.id)
    if record.status == "running":
        return "Starting."
    where = f"step {record.num_done:,} of {record.num_steps:,}"
    error = without_folders(record.error or "")
    epochs = f"{record.config.train.epochs} epochs"
    if record.num_done < record.num_steps:
        num = record.num_done * record.config.train.epochs // record.num_steps
        epochs = f"{num} of {epochs}, then it no longer got better,"
    return {
        "paused": f"Paused at {where}.",
        "finished": f"Finished: {epochs} in {record.elapsed_s:.1f} s. {_result(record)}",
        "stopped": (
            f"Stopped at {where}. What it has learnt is kept."
            if run.is_usable()
            else "Stopped before it began."
        ),
        "interrupted": _interrupted(run, record, where),
        "diverged": error or "The loss stopped being a number.",
        "failed": error or "The run failed.",
    }[record.status]


def _interrupted(run: runs.Run, record: RunRecord, where: str) -> str:
    if shutil.disk_usage(run.folder).free < LOW_DISK_BYTES:
        return "Interrupted: the disk is full. Free some space, then Resume goes on."
    if not record.num_done:
        return "Interrupted before anything was kept. Resume begins it again."
    return f"Interrupted at or after {where}. Nothing is lost: Resume goes on from there."


def _result(record: RunRecord) -> str:
    if record.summary is None:
        return ""
    bound, share = record.summary.elbo_nats, record.summary.knn_accuracy
    elbo = "" if bound is None else f"ELBO {bound:.1f} nats, ".replace("-", "\N{MINUS SIGN}")
    among = f"{100 * share:.0f} % lie among their own class."
    if told.CLASS in told.names(record.config.model):
        among = "the map holds how they are drawn, not their class, which is told."
    return f"{record.summary.num_images:,} test images: {elbo}{among}"
