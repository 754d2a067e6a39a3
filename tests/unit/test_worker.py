"""What a worker makes of a run that nobody disturbs, and its process."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from tests.unit._runs import (
    ROOT,
    STEPS,
    small,
    until,
    weights,
)
from vae_core import (
    MLPConfig,
    encode,
    load_checkpoint,
    runs,
)
from vae_core.data import Dataset
from vae_core.frames import make_probe, read_frame
from vae_core.runs import Run
from vae_core.training import Finished, Progress, Started, TrainEvent, Validated
from vae_core.worker import execute


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
