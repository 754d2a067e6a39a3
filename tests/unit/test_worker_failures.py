"""What can go wrong while a run trains, and what it says then."""

import resource
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.unit._runs import at_step, fill_disk, leftovers, small, weights
from vae_core import (
    MLPConfig,
    RunConfig,
    TrainConfig,
    load_checkpoint,
    runs,
    worker,
)
from vae_core.errors import CheckpointError, DatasetError, RunError, TrainingDivergedError
from vae_core.frames import read_frame
from vae_core.runs import Run
from vae_core.training import Finished, Progress, Started, TrainEvent
from vae_core.worker import execute


@pytest.mark.parametrize(
    "name", ["model.safetensors", "latents.safetensors", "live.npz", "00000000.npz"]
)
def test_a_full_disk_fails_the_run_and_says_disk(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    run = runs.create(small(1))
    fill_disk(monkeypatch, name)
    with pytest.raises(RunError, match=r"No space left on device.*Free some space on that disk"):
        execute(run)
    record = run.record()
    assert record.status == "failed"
    assert record.error is not None
    assert name in record.error
    assert "Free some space on that disk" in record.error
    assert leftovers(run.folder) == []


@pytest.mark.parametrize("name", ["resume.safetensors", "model.safetensors", "live.npz"])
def test_a_disk_that_fills_up_costs_nothing_that_was_there(
    undisturbed: Run, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    run = runs.create(small(3))
    execute(run, on_event=at_step(run, 8, lambda: run.ask("stop")))
    run.ask("run")
    before = {
        path.name: path.read_bytes()
        for path in run.folder.iterdir()
        if path.suffix in (".safetensors", ".npz", ".jsonl")
    }
    with monkeypatch.context() as full:
        fill_disk(full, name)
        with pytest.raises(RunError, match="No space left on device"):
            execute(run, on_event=at_step(run, 16, lambda: run.ask("stop")))
    run.ask("run")
    after = {path.name: path.read_bytes() for path in run.folder.iterdir() if path.is_file()}
    assert {"resume.safetensors", "model.safetensors", "live.npz"} <= before.keys()
    assert after[name] == before[name]
    assert run.record().status == "failed"
    execute(run)  # there is room again
    assert weights(run) == weights(undisturbed)
    assert run.record().error is None


def test_a_limit_of_the_system_in_mid_file_is_a_clear_error_too() -> None:
    run = runs.create(small(1))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(event: TrainEvent) -> None:
        if isinstance(event, Finished):
            resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, hard))

    try:
        with pytest.raises(RunError, match=r"could not be written \(File too large\)"):
            execute(run, on_event=limit)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert run.record().status == "failed"
    assert leftovers(run.folder) == []
    assert not run.is_usable()


def test_metrics_that_meet_a_full_disk_fail_the_run() -> None:
    run = runs.create(small(1))

    def fill(event: TrainEvent) -> None:
        if isinstance(event, Started):
            path = run.folder / "metrics.jsonl"
            path.unlink()
            path.symlink_to("/dev/full")

    with pytest.raises(RunError, match=r"metrics\.jsonl could not be written \(No space left"):
        execute(run, on_event=fill)
    assert run.record().status == "failed"


@pytest.mark.parametrize("interval", [60.0, 0.0], ids=["unwatched", "watched at each step"])
def test_a_run_that_diverges_goes_back_and_says_so_with_advice(
    interval: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "FRAME_INTERVAL_S", interval)
    run = runs.create(small(3))
    learners = []

    def break_weights(event: TrainEvent) -> None:
        if isinstance(event, Started):
            learners.append(event.learner)
        elif isinstance(event, Progress) and event.step == 9:
            learners[0].model.head.weight.data.fill_(torch.inf)

    with pytest.raises(TrainingDivergedError, match="between steps 9 and 10"):
        execute(run, on_event=break_weights)
    record = run.record()
    assert record.status == "diverged"
    assert record.error is not None
    assert "Lower the learning rate or beta, or choose a smaller model" in record.error
    assert [row["step"] for row in run.metrics()] == list(range(1, 10))
    assert record.num_done == 0  # the last snapshot: none was due yet
    kept = load_checkpoint(run.folder).model.state_dict()
    assert all(value.isfinite().all() for value in kept.values())


def test_settings_that_send_the_numbers_beyond_all_bounds_can_still_be_watched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "FRAME_INTERVAL_S", 0.0)
    run = runs.create(
        RunConfig(
            model=MLPConfig(hidden=(256,) * 8),
            train=TrainConfig(epochs=1, batch_size=256, learning_rate=1.0, schedule="constant"),
        )
    )
    execute(run, max_steps=4)
    assert run.record().status == "paused"
    for path in run.frame_paths():
        assert np.isfinite(read_frame(path).means).all()
    assert np.abs(read_frame(run.frame_paths()[-1]).points).max() > np.finfo(np.float16).max


def test_a_damaged_resume_point_fails_the_run_and_names_the_file() -> None:
    run = runs.create(small(3))
    execute(run, max_steps=5)
    path = run.folder / "resume.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CheckpointError, match=r"resume\.safetensors cannot be read"):
        execute(run)
    assert run.record().status == "failed"
    assert "resume.safetensors" in (run.record().error or "")


def test_absent_data_fails_the_run_and_names_folder_and_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path / "empty"))
    run = runs.create(small(dataset="mnist"))
    with pytest.raises(DatasetError, match=r"empty/MNIST/raw.*VAELAB_DATA.*'digits'"):
        execute(run)
    assert run.record().status == "failed"
    assert "VAELAB_DATA" in (run.record().error or "")


def test_a_bug_is_recorded_and_surfaces(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any) -> None:
        raise ZeroDivisionError("by nought")

    monkeypatch.setattr(worker, "make_frame", broken)
    run = runs.create(small(1))
    with pytest.raises(ZeroDivisionError):
        execute(run)
    assert run.record().status == "failed"
    assert run.record().error == "Internal error, ZeroDivisionError: by nought"


def test_a_run_deleted_while_it_trains_ends_with_a_clear_error() -> None:
    run = runs.create(small(3))
    act = at_step(run, 5, lambda: runs.delete(run))
    with pytest.raises((RunError, CheckpointError), match=r"could not be written|holds no run"):
        execute(run, on_event=act)


def test_warming_up_needs_no_mnist_and_survives_a_damaged_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path))
    worker._warm_up()
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for part in ("train", "t10k"):
        for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"):
            (raw / f"{part}-{kind}").write_bytes(b"damaged")
    worker._warm_up()
