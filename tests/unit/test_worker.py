import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.unit._runs import ROOT, fill_disk, frame, leftovers, small, until, weights
from vae_core import (
    CorruptionConfig,
    MLPConfig,
    RunConfig,
    TrainConfig,
    encode,
    load_checkpoint,
    runs,
    worker,
)
from vae_core.checkpoints import load_resume
from vae_core.data import Dataset
from vae_core.errors import CheckpointError, DatasetError, RunError, TrainingDivergedError
from vae_core.frames import make_probe, read_frame
from vae_core.runs import Run
from vae_core.training import Finished, Progress, Started, TrainEvent, Validated
from vae_core.worker import execute

STEPS = 19  # an epoch of `small`: 1,197 images in batches of 64


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VAELAB_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of 3 epochs that nobody touched."""
    run = runs.create(small(3), folder=tmp_path_factory.mktemp("runs") / "undisturbed")
    execute(run)
    return run


def at_step(run: Run, step: int, act: Callable[[], None]) -> Callable[[TrainEvent], None]:
    """Do something once, when a step has been done."""
    todo = [act]

    def on_event(event: TrainEvent) -> None:
        if isinstance(event, Progress) and event.step >= step and todo:
            todo.pop()()

    return on_event


def without_times(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    clocks = ("elapsed_s", "images_per_s")
    return [{k: v for k, v in row.items() if k not in clocks} for row in rows]


# To the end


def test_a_run_ends_finished_with_its_summary(undisturbed: Run) -> None:
    record = undisturbed.record()
    assert (record.status, record.error, record.name) == ("finished", None, None)
    assert record.num_done == record.num_steps == 3 * STEPS
    assert record.elapsed_s > 0
    assert record.summary is not None
    assert record.summary.num_images == 300
    assert record.summary.split == "test"
    assert record.summary.elbo_nats is not None
    assert record.summary.kl_nats is not None
    assert record.summary.elbo_nats == pytest.approx(
        -(record.summary.recon_nats + record.summary.kl_nats)
    )
    assert len(record.kl_per_dim) == 2
    assert record.data_fingerprint


def test_the_quantiles_are_those_of_the_training_means(undisturbed: Run, digits: Dataset) -> None:
    found = load_checkpoint(undisturbed.folder)
    means = encode(found.model, digits.train.pixels()).mean.numpy()
    expected = np.quantile(means, [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99], axis=0).T
    np.testing.assert_allclose(found.record.latent_quantiles, expected, rtol=1e-4, atol=1e-6)


def test_the_latents_kept_are_those_of_the_model(undisturbed: Run, digits: Dataset) -> None:
    found = load_checkpoint(undisturbed.folder)
    assert len(found.latents) == 1797
    test = found.latents.split == 2
    expected = encode(found.model, digits.test.pixels())
    torch.testing.assert_close(found.latents.encoded.mean[test], expected.mean)
    assert found.latents.label[test].equal(digits.test.labels)


def test_the_live_frame_shows_the_final_models_means(undisturbed: Run, digits: Dataset) -> None:
    frame = undisturbed.live_frame()
    assert frame is not None
    assert frame.step == 3 * STEPS
    probe = make_probe(digits)
    means = encode(load_checkpoint(undisturbed.folder).model, probe.x).mean
    np.testing.assert_array_equal(frame.means, means.numpy().astype(np.float16))
    np.testing.assert_array_equal(frame.labels, probe.label.numpy())
    assert frame.labels[:300].tolist() == digits.val.labels.tolist()


def test_there_are_frames_of_the_first_and_the_last_step(undisturbed: Run) -> None:
    steps = [read_frame(path).step for path in undisturbed.frame_paths()]
    assert steps[0] == 0
    assert steps[-1] == 3 * STEPS
    assert [int(path.stem) for path in undisturbed.frame_paths()] == steps
    last = undisturbed.metrics()[-2]
    assert read_frame(undisturbed.frame_paths()[-1]).numbers["loss_nats"] == last["loss_nats"]


def test_the_metrics_add_up(undisturbed: Run) -> None:
    rows = undisturbed.metrics()
    progress = [row for row in rows if row["kind"] == "progress"]
    validated = [row for row in rows if row["kind"] == "validated"]
    assert [row["step"] for row in progress] == list(range(1, 3 * STEPS + 1))
    assert [(row["step"], row["epoch"]) for row in validated] == [
        (STEPS, 1),
        (2 * STEPS, 2),
        (3 * STEPS, 3),
    ]
    for row in progress:
        total = row["recon_nats"] + row["beta"] * row["kl_nats"]
        assert row["loss_nats"] == pytest.approx(total, abs=1e-9)
        assert row["epoch"] == pytest.approx(row["step"] / STEPS)
    for row in validated:
        assert row["elbo_nats"] == pytest.approx(-(row["recon_nats"] + row["kl_nats"]), abs=1e-4)
        assert sum(row["kl_per_dim"]) == pytest.approx(row["kl_nats"], rel=1e-4)


def test_the_folder_of_a_finished_run_holds_what_the_design_lists_and_no_more(
    undisturbed: Run,
) -> None:
    assert sorted(path.name for path in undisturbed.folder.iterdir()) == [
        "frames",
        "latents.safetensors",
        "lease.json",
        "live.npz",
        "metrics.jsonl",
        "model.safetensors",
        "run.json",
    ]


def test_every_event_reaches_the_one_who_listens() -> None:
    events: list[TrainEvent] = []
    execute(runs.create(small(2)), on_event=events.append)
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert sum(isinstance(event, Progress) for event in events) == 2 * STEPS
    assert sum(isinstance(event, Validated) for event in events) == 2


def test_an_autoencoder_has_no_kl_anywhere() -> None:
    run = runs.create(small(1, model=MLPConfig(hidden=(16,), posterior="point")))
    execute(run)
    summary, frame = run.record().summary, run.live_frame()
    assert summary is not None
    assert frame is not None
    assert (summary.elbo_nats, summary.kl_nats, run.record().kl_per_dim) == (None, None, ())
    assert {row["kl_nats"] for row in run.metrics()} == {None}
    assert frame.kl_per_dim.size == 0


# Pause, step, stop, resume


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


# What can go wrong


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


# The process


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "vae_core.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path_factory.mktemp("elsewhere"),
        env=os.environ | {"PYTHONPATH": str(ROOT), "VAELAB_DATA": "nowhere"},
    )
    with process:
        yield process
        process.kill()


def test_a_worker_process_answers_in_its_protocol_and_ends_with_its_pipe(
    process: "subprocess.Popen[str]", undisturbed: Run
) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"

    def send(run: Run, max_steps: int | None) -> None:
        message = {"folder": str(run.folder.resolve()), "max_steps": max_steps}
        process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "done\n"

    run, lost = runs.create(small(3)), runs.create(small(3))
    shutil.rmtree(lost.folder)
    send(run, 4)
    assert (run.record().status, run.record().num_done) == ("paused", 4)
    send(lost, None)  # a run that is gone does not take the worker with it
    process.send_signal(signal.SIGINT)  # Ctrl-C in the server's terminal reaches its workers
    send(run, None)
    assert run.record().status == "finished"
    assert weights(run) == weights(undisturbed)
    process.stdin.close()
    assert process.wait(10) == 0
    assert until(lambda: process.poll() is not None)
