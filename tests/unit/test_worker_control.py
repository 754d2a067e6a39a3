"""A run that is paused, stepped, stopped or killed ends like an undisturbed one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit._runs import STEPS, at_step, frame, small, weights, without_times
from vae_core import (
    CorruptionConfig,
    TrainConfig,
    encode,
    load_checkpoint,
    runs,
    worker,
)
from vae_core.checkpoints import load_resume
from vae_core.data import Dataset
from vae_core.frames import make_probe, read_frame
from vae_core.runs import Run
from vae_core.training import Progress, TrainEvent
from vae_core.worker import execute


@pytest.mark.parametrize("step", [1, 7, STEPS, 2 * STEPS + 5])
@pytest.mark.parametrize("want", ["pause", "stop"])
def test_a_run_that_was_paused_or_stopped_ends_like_an_undisturbed_one(
    undisturbed: Run, want: runs.Want, step: int
) -> None:
    run = runs.create(small(3))
    execute(run, on_event=at_step(run, step, lambda: run.ask(want)))
    record = run.record()
    assert record.status == {"pause": "paused", "stop": "stopped"}[want]
    assert record.num_done == step
    assert run.is_usable() == (want == "stop")

    run.ask("run")
    execute(run)
    assert run.record().status == "finished"
    assert weights(run) == weights(undisturbed)
    assert without_times(run.metrics()) == without_times(undisturbed.metrics())
    assert run.record().summary == undisturbed.record().summary


def test_a_stopped_run_has_a_usable_model_at_the_step_where_it_stopped(digits: Dataset) -> None:
    run = runs.create(small(3))
    execute(run, on_event=at_step(run, 20, lambda: run.ask("stop")))
    found, frame = load_checkpoint(run.folder), run.live_frame()
    assert frame is not None
    assert frame.step == found.record.num_done == 20
    means = encode(found.model, make_probe(digits).x).mean
    np.testing.assert_array_equal(frame.means, means.numpy().astype(np.float16))
    assert found.record.summary is not None


def test_a_run_asked_to_stop_before_it_began_stops_with_a_model() -> None:
    run = runs.create(small(3))
    run.ask("stop")
    execute(run)
    assert (run.record().status, run.record().num_done) == ("stopped", 0)
    assert load_checkpoint(run.folder).record.summary is not None


def test_one_step_is_exactly_one_step(undisturbed: Run) -> None:
    run = runs.create(small(3))
    for step in range(1, STEPS + 3):
        execute(run, max_steps=1)
        assert (run.record().status, run.record().num_done) == ("paused", step)
    assert [path.stem for path in run.frame_paths()] == [f"{n:08d}" for n in range(STEPS + 3)]
    expected = undisturbed.metrics()[: STEPS + 3]
    assert without_times(run.metrics()) == without_times(expected)
    execute(run)
    assert weights(run) == weights(undisturbed)


def test_a_step_that_is_stopped_meanwhile_stops() -> None:
    run = runs.create(small(3))
    execute(run, max_steps=1, on_event=at_step(run, 1, lambda: run.ask("stop")))
    assert (run.record().status, run.record().num_done) == ("stopped", 1)
    assert run.is_usable()


def test_a_stop_asked_while_a_pause_is_written_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    run = runs.create(small(3))
    save = worker.save_resume

    def save_slowly(*args: Any) -> None:
        save(*args)
        run.ask("stop")

    monkeypatch.setattr(worker, "save_resume", save_slowly)
    execute(run, on_event=at_step(run, 5, lambda: run.ask("pause")))
    assert run.record().status == "stopped"
    assert run.is_usable()


def test_frames_keep_their_numbers_when_a_paused_run_goes_on() -> None:
    run = runs.create(small(3))
    for _ in range(3):
        execute(run, max_steps=1)
    losses = [row["loss_nats"] for row in run.metrics()]
    shown = [read_frame(path).numbers for path in run.frame_paths()]
    assert shown[0] == {}
    assert [numbers["loss_nats"] for numbers in shown[1:]] == losses


def test_more_steps_than_are_left_end_the_run() -> None:
    run = runs.create(small(1))
    execute(run, max_steps=10_000)
    assert (run.record().status, run.record().num_done) == ("finished", STEPS)


def test_a_denoising_run_resumes_to_the_bit(tmp_path: Path) -> None:
    train = TrainConfig(epochs=2, batch_size=64, corruption=CorruptionConfig(level=0.3))
    whole, parts = (runs.create(small(train=train)) for _ in range(2))
    execute(whole)
    execute(parts, max_steps=11)
    execute(parts, max_steps=13)
    execute(parts)
    assert weights(parts) == weights(whole)


def test_what_a_killed_worker_wrote_after_its_last_resume_point_is_written_again(
    undisturbed: Run,
) -> None:
    run = runs.create(small(3))
    execute(run, on_event=at_step(run, 10, lambda: run.ask("pause")))
    point = (run.folder / "resume.safetensors").read_bytes()
    run.ask("run")
    execute(run, on_event=at_step(run, 20, lambda: run.ask("pause")))
    run.ask("run")
    (run.folder / "resume.safetensors").write_bytes(point)  # as if killed at step 20
    run.keep_frame(frame(20))
    with (run.folder / "metrics.jsonl").open("a") as file:
        file.write('{"kind": "progress", "st')
    execute(run)
    assert weights(run) == weights(undisturbed)
    assert without_times(run.metrics()) == without_times(undisturbed.metrics())


def test_a_resume_point_is_written_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "SAVE_INTERVAL_S", 0.0)
    run = runs.create(small(1))
    saved: list[Any] = []

    def look(event: TrainEvent) -> None:
        if isinstance(event, Progress):
            saved.append((event.step, load_resume(run.folder), run.record().num_done))

    execute(run, on_event=look)
    for step, state, num_done in saved[1:]:
        assert state is not None
        assert state["num_done"] == num_done == step - 1


def test_a_resume_point_never_knows_a_validation_that_is_not_written_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker that is killed at any moment loses no epoch's row."""
    monkeypatch.setattr(worker, "SAVE_INTERVAL_S", 0.0)
    run = runs.create(small(3))
    save = worker.save_resume
    missing = []

    def watch(folder: Path, state: Any) -> None:
        rows = [row for row in run.metrics() if row["kind"] == "validated"]
        missing.append(state["num_done"] // STEPS - len(rows))
        save(folder, state)

    monkeypatch.setattr(worker, "save_resume", watch)
    execute(run)
    assert len(missing) >= 3
    assert set(missing) == {0}


def test_frames_are_taken_by_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "FRAME_INTERVAL_S", 0.0)
    run = runs.create(small(1))
    execute(run)
    assert [int(path.stem) for path in run.frame_paths()] == list(range(STEPS + 1))
