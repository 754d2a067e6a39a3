"""What a worker process executes: one run after another, told through a pipe.

Protocol: the parent writes one JSON line per job, `{"folder": ..., "max_steps": n or null}`; the
worker answers `ready` once when it is warm and `done` after each job. When the pipe closes the
worker ends: no worker outlives its parent.
"""

import importlib
import json
import math
import os
import queue
import sys
import time
import traceback
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Thread
from typing import Any

from vae_core import catalogue
from vae_core.anatomy import ANATOMY_FILE, look_at_next_step, read_anatomy, write_anatomy
from vae_core.checkpoints import (
    RESUME_FILE,
    load_resume,
    load_weights,
    save_resume,
    trained_files,
)
from vae_core.child import settle_in
from vae_core.data import Dataset, load_dataset
from vae_core.errors import (
    InvalidInputError,
    RunError,
    TrainingDivergedError,
    VAELabError,
)
from vae_core.frames import make_frame, make_probe
from vae_core.learner import Learner
from vae_core.recipes import default_config
from vae_core.runs import Run
from vae_core.training import Progress, Started, TrainEvent, Validated, train

FRAME_INTERVAL_S = 0.15  # at the second event, if those take as long as they should: five a second
EVENT_S = 0.08
SAVE_INTERVAL_S = 3.0
SLOW_STEP_S = 1.0
NAP_S = 0.05
NICENESS = 5


def execute(
    run: Run,
    *,
    max_steps: int | None = None,
    on_event: Callable[[TrainEvent], None] | None = None,
) -> None:
    """Train a run from where it stands until it ends or something else is asked of it.

    Writes metrics, frames and resume points into the run's folder as it goes. Whatever happens,
    the description ends in a status that says it.

    Args:
        max_steps: pause after so many steps.
        on_event: called with every training event.

    Raises:
        RunError: when another process trains it.
        VAELabError: what stopped it, after the description says so.
    """
    with run.lease():
        try:
            run.update(status="running", error=None)
            _train(run, max_steps, on_event)
        except TrainingDivergedError as error:
            _say(run, "diverged", str(error))
            raise
        except VAELabError as error:
            _say(run, "failed", str(error))
            raise
        except Exception as error:
            _say(run, "failed", f"Internal error, {type(error).__name__}: {error}")
            raise


def _say(run: Run, status: str, error: str) -> None:
    # On a full disk not even this can be written: the run then shows as interrupted once its
    # lease lapses, and what stopped it goes to whoever called.
    with suppress(VAELabError):
        run.update(status=status, error=error)


def _train(run: Run, max_steps: int | None, on_event: Callable[[TrainEvent], None] | None) -> None:
    config = run.record().config
    data = load_dataset(config.dataset)
    resume = load_resume(run.folder)
    _forget_after(run, int(resume["num_done"]) if resume else -1)
    is_new = resume is None and config.init_from is not None
    weights = load_weights(catalogue.find(config.init_from or "")) if is_new else None
    events = train(config, data, resume=resume, weights=weights)
    started = next(events)
    assert isinstance(started, Started)
    told = {} if started.transfer is None else {"transfer": str(started.transfer)}
    run.update(num_steps=started.num_steps, **told)

    learner = started.learner
    first = learner.num_done
    watcher = _Watcher(run, learner, data, on_event)
    watcher.see(started)
    last = None if max_steps is None else first + max_steps
    try:
        status = _follow(events, started, watcher, run, last)
    except TrainingDivergedError:
        with suppress(VAELabError):
            watcher.finish("diverged")  # the learner is back where its losses were finite
        raise
    watcher.finish(status)
    if status == "paused" and run.asked() == "stop":  # asked while the pause was being written
        watcher.finish("stopped")


def _forget_after(run: Run, step: int) -> None:
    """Drop what was seen of later steps: they are taken once more."""
    run.forget_after(step)
    path = run.folder / ANATOMY_FILE
    with suppress(RunError):  # none, or a damaged one: the next replaces it
        if read_anatomy(path).step > step:
            path.unlink()


def _follow(
    events: Generator[TrainEvent, int | None, None],
    started: Started,
    watcher: "_Watcher",
    run: Run,
    last: int | None,
) -> str:
    """Train until the end, step `last`, or a wish; return the status that this leads to."""
    learner, pace = started.learner, started.steps_per_event
    while not learner.is_done:
        left = None if last is None else last - learner.num_done
        want = run.asked()
        if left == 0 and want != "stop":
            want = "pause"
        if want in ("pause", "stop"):
            return "paused" if want == "pause" else "stopped"
        if want == "slow" or left == 1:
            watcher.look_into_step()
        num = 1 if want == "slow" else min(pace, left or pace)
        began = time.monotonic()
        event = events.send(num)
        # Fewer steps at a time where they take long: people watch, and may want to pause.
        paced = round(num * EVENT_S / (time.monotonic() - began))
        pace = min(started.steps_per_event, max(1, paced))
        is_validated = learner.num_done % started.steps_per_epoch == 0
        # The learner has seen the epoch's validation: it is not saved before its row is written.
        watcher.see(event, may_save=not is_validated)
        if is_validated:
            watcher.see(next(events))  # before a pause can lose it
        if want == "slow" and left != 1:
            _linger(run)
    for event in events:
        watcher.see(event)
    return "finished"


def _linger(run: Run) -> None:
    """Give people time to read a step, unless something else is asked meanwhile."""
    until = time.monotonic() + SLOW_STEP_S
    while time.monotonic() < until and run.asked() == "slow":
        time.sleep(NAP_S)


class _Watcher:
    """Writes what training looks like: cheap things at each event, costly ones by the clock."""

    def __init__(
        self,
        run: Run,
        learner: Learner,
        data: Dataset,
        on_event: Callable[[TrainEvent], None] | None,
    ) -> None:
        self.run, self.learner, self.data, self.on_event = run, learner, data, on_event
        self.probe = make_probe(data)
        self.looked_at = -math.inf
        self.saved_at = time.monotonic()
        row = run.newest_progress()
        self.numbers = frame_numbers(row) if row else {}

    def see(self, event: TrainEvent, *, may_save: bool = True) -> None:
        if self.on_event:
            self.on_event(event)
        if isinstance(event, Progress | Validated):
            row = metrics_row(event)
            self.run.append_metrics(row)
            if isinstance(event, Progress):
                self.numbers = frame_numbers(row)
        now = time.monotonic()
        if now - self.looked_at >= FRAME_INTERVAL_S:
            self.look()
        if may_save and now - self.saved_at >= SAVE_INTERVAL_S:
            self.save()

    def look(self) -> None:
        step = self.learner.num_done
        # Losses are read now and then: a model that has just diverged has nothing to show.
        with suppress(InvalidInputError):
            self.run.keep_frame(make_frame(self.learner.shown, self.probe, step, self.numbers))
        self.looked_at = time.monotonic()

    def look_into_step(self) -> None:
        """Keep what the next step will do to its batch."""
        seen = look_at_next_step(self.learner, self.data.train)
        write_anatomy(self.run.folder / ANATOMY_FILE, seen)
        self.looked_at = -math.inf  # and a frame of what came of it

    def save(self) -> None:
        save_resume(self.run.folder, self.learner.state_dict())
        self._update()
        self.saved_at = time.monotonic()

    def finish(self, status: str) -> None:
        self.look()
        if status != "finished":
            self.save()
        self._update()
        files: dict[str, bytes] = {}
        measured: dict[str, Any] = {}
        if status != "paused":
            files, measured = trained_files(self.learner.result(), self.data)
        self.run.update(files, status=status, **measured)
        if status == "finished":
            (self.run.folder / RESUME_FILE).unlink(missing_ok=True)

    def _update(self) -> None:
        self.run.update(num_done=self.learner.num_done, elapsed_s=self.learner.elapsed_s)


def metrics_row(event: Progress | Validated) -> dict[str, Any]:
    """What the metrics keep of an event."""
    if isinstance(event, Progress):
        return {"kind": "progress"} | asdict(event)
    row = {"kind": "validated", "step": event.step, "epoch": event.epoch}
    return row | asdict(event.val) | {"best": event.best, "num_worse": event.num_worse}


def frame_numbers(row: dict[str, Any]) -> dict[str, float | None]:
    """What a frame keeps of the newest progress."""
    return {name: row[name] for name in ("loss_nats", "recon_nats", "kl_nats", "beta", "epoch")}


def main() -> None:
    """Serve jobs until the pipe closes."""
    answers = settle_in(NICENESS)
    jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    Thread(target=_listen, args=(jobs,), daemon=True).start()
    _warm_up()
    answers.write("ready\n")
    while True:
        job = jobs.get()
        run = Run(Path(job["folder"]))
        try:
            execute(run, max_steps=job["max_steps"])
        except VAELabError as error:  # the run's description says it too, if the disk let it
            sys.stderr.write(f"{run.id}: {error}\n")
        except Exception:  # noqa: BLE001  (one run's bug must not take the worker with it)
            traceback.print_exc()
        answers.write("done\n")


def _listen(jobs: "queue.SimpleQueue[dict[str, Any]]") -> None:
    for line in sys.stdin:
        jobs.put(json.loads(line))
    os._exit(0)  # the parent is gone; every file is replaced atomically, so nothing is torn


def _warm_up() -> None:
    """Take two steps, so that the first run does not pay for it."""
    # scikit-learn imports pandas where it can, 60 MB, to know data frames, which nobody here has.
    if "pandas" not in sys.modules:
        sys.modules["pandas"] = None  # type: ignore[assignment]
        try:
            importlib.import_module("sklearn.neighbors")
        finally:
            del sys.modules["pandas"]
    events = train(default_config("digits"), load_dataset("digits"))
    next(events)
    events.send(2)
    events.close()


if __name__ == "__main__":
    main()
