"""Train a bundled checkpoint by its recipe, with a film of its training."""

import math
import shutil
from pathlib import Path

from vae_core.catalogue import BUNDLED
from vae_core.checkpoints import save_trained
from vae_core.data import load_dataset
from vae_core.frames import make_frame, make_probe
from vae_core.recipes import recipe
from vae_core.record import RunRecord
from vae_core.runs import FRAMES_FOLDER, METRICS_FILE, Run
from vae_core.training import Finished, Progress, Started, TrainEvent, Validated, train
from vae_core.worker import frame_numbers, metrics_row

NUM_FRAMES = 20
NO_NUMBERS: dict[str, float | None] = {}


def moments(num_steps: int, num_frames: int = NUM_FRAMES) -> list[int]:
    """Steps worth looking at, ascending: 0, the last one, and between them more of the early ones.

    They grow with the square, since a latent space changes most in its first moments.
    """
    shares = (place / (num_frames - 1) for place in range(num_frames))
    return sorted({math.ceil(share**2 * num_steps) for share in shares})


def bundle(name: str, root: Path = BUNDLED) -> RunRecord:
    """Train a recipe and write its checkpoint, rounded to float16, into `root / name`.

    The folder holds what a run's does: weights, latents, description, metrics, and at most 20
    frames. What the last frame shows are the rounded weights. When the disk is full or training
    is broken off, the weights that were there stay.

    Raises:
        UnknownNameError: for a name that is no recipe.
        DatasetError: when its data set is not on this computer.
        RunError: when the disk is full.
    """
    config = recipe(name)
    data, run = load_dataset(config.dataset), Run(root / name)
    run.folder.mkdir(parents=True, exist_ok=True)
    (run.folder / METRICS_FILE).unlink(missing_ok=True)
    shutil.rmtree(run.folder / FRAMES_FOLDER, ignore_errors=True)
    events = train(config, data)
    started = next(events)
    assert isinstance(started, Started)
    learner, probe, numbers = started.learner, make_probe(data), NO_NUMBERS
    wanted = moments(started.num_steps)
    event: TrainEvent = started
    while not isinstance(event, Finished):
        if isinstance(event, Progress | Validated):
            row = metrics_row(event)
            run.append_metrics(row)
            numbers = frame_numbers(row) if isinstance(event, Progress) else numbers
        if learner.num_done == wanted[0] < started.num_steps:
            run.keep_frame(make_frame(learner.shown, probe, wanted.pop(0), numbers))
        event = events.send(min(started.steps_per_event, wanted[0] - learner.num_done) or None)
    record = RunRecord(
        id=name,
        name=name,
        status="finished",
        config=config,
        spec=data.spec,
        elapsed_s=event.elapsed_s,
        num_done=event.step,
        num_steps=started.num_steps,
    )
    record = save_trained(run.folder, record, event.model, data, half=True)
    run.keep_frame(make_frame(event.model, probe, event.step, numbers))
    return record
