"""`python -m vae_core train`: any setting by its path, fine-tuning, going on after a kill."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit._cli import cli, refuses
from tests.unit._runs import ROOT, small, weights
from vae_core import runs
from vae_core.cli.settings import change_by_path
from vae_core.config import RunConfig
from vae_core.errors import VAELabError
from vae_core.objectives import IwaeConfig
from vae_core.record import read_record
from vae_core.worker import execute

KILLED = """
import os, signal, sys
from pathlib import Path
from vae_core import worker
from vae_core.runs import Run
from vae_core.training import Progress

worker.SAVE_INTERVAL_S = 0.0

def kill(event):
    if isinstance(event, Progress) and event.epoch > 4:
        os.kill(os.getpid(), signal.SIGKILL)

worker.execute(Run(Path(sys.argv[1])), on_event=kill)
"""


def test_four_epochs_then_kill_9_then_six_are_ten_to_the_bit(tmp_path: Path) -> None:
    config = small(10).evolve(train=small(10).train.evolve(ema_decay=0.9, patience=9))
    whole = runs.create(config, folder=tmp_path / "whole")
    execute(whole)
    run = runs.create(config, folder=tmp_path / "killed")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, str(run.folder)], cwd=ROOT, timeout=120, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert run.record().status == "interrupted"
    assert run.record().num_done == 4 * 19
    assert not run.is_usable()
    output = cli("train", "--resume", run.folder, "--json")
    assert output.code == 0
    assert output.json["status"] == "finished"
    assert output.json["run"] == str(run.folder)
    assert weights(run) == weights(whole)
    steps = [row["step"] for row in run.metrics() if row["kind"] == "validated"]
    assert steps == [19 * epoch for epoch in range(1, 11)]
    assert list(tmp_path.glob("runs/*")) == []  # no new run was made


def test_a_finished_run_has_nothing_to_resume(tmp_path: Path) -> None:
    run = runs.create(small(1), folder=tmp_path / "done")
    execute(run)
    refuses(1, r"has finished all its 19 steps.*--from", "train", "--resume", run.folder)


def test_a_run_at_work_is_not_trained_twice(tmp_path: Path) -> None:
    run = runs.create(small(1), folder=tmp_path / "busy")
    with run.lease():
        refuses(1, r"is being trained already \(status queued\)", "train", "--resume", run.folder)


def test_a_resumed_run_keeps_its_own_settings(tmp_path: Path) -> None:
    run = runs.create(small(1), folder=tmp_path / "own")
    words = ("train", "--resume", run.folder, "--epochs", 5, "--seed", 1)
    refuses(2, r"--resume received with other settings \(epochs, seed\)", *words)
    refuses(2, "Expected either --dataset NAME, or --recipe NAME", "train")
    refuses(2, "Expected either", "train", "--dataset", "digits", "--recipe", "digits-2d")


def test_a_run_that_is_not_there_cannot_be_resumed(tmp_path: Path) -> None:
    refuses(1, "There is no model 'nothing'", "train", "--resume", "nothing")


def test_any_setting_can_be_given_by_its_path(tmp_path: Path) -> None:
    words = ("train.objective.name=iwae", "train.objective.num_samples=2", "model.hidden=[8]",
             "train.augmentation.rotate=20", "matmul_precision=high")  # fmt: skip
    options = [word for setting in words for word in ("--set", setting)]
    output = cli(
        "train", "--recipe", "digits-2d", "--epochs", 1, *options, "--out", tmp_path / "run"
    )
    assert output.code == 0, output.stderr
    config = read_record(tmp_path / "run").config
    assert config.train.objective == IwaeConfig(num_samples=2)
    assert config.model.hidden == (8,)
    assert config.train.augmentation is not None
    assert config.train.augmentation.rotate == 20.0
    assert config.matmul_precision == "high"
    assert config.train.batch_size == 64  # the recipe's


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("train.patience", r"expected a path and a value, such as train.patience=20"),
        ("train.patiense=20", r"train\.patiense: received 20, but extra inputs"),
        ("train.patience=soon", r"train\.patience: received 'soon'"),
        ("seed.of.what=1", r"'seed' has no settings of its own|'of'"),
        ("=1", "expected a path and a value"),
        ("train.objective.name=elbow", "elbow"),
        ("train.beta=NaN", "beta"),
    ],
)
def test_a_wrong_path_or_value_is_refused_by_name(tmp_path: Path, word: str, text: str) -> None:
    refuses(2, text, "train", "--dataset", "digits", "--set", word)
    assert list(tmp_path.glob("runs/*")) == []


@pytest.mark.parametrize("name", ["elbo", "iwae", "beta-tc", "info-vae"])
def test_naming_an_objective_starts_from_its_own_defaults(name: str) -> None:
    before = change_by_path(RunConfig(), ["train.objective.name=beta-tc"])
    after = change_by_path(before, [f"train.objective.name={name}"])
    assert after.train.objective.name == name
    with pytest.raises(VAELabError, match="plain autoencoder"):
        change_by_path(RunConfig(), ["model.posterior=point", "train.objective.name=beta-tc"])


def test_fine_tuning_starts_from_a_checkpoint_and_says_what_was_taken_over(tmp_path: Path) -> None:
    shape = ("--set", "model.hidden=[256,128,64]", "--latent-dim", 3, "--epochs", 1)
    output = cli(
        "train",
        "--dataset",
        "digits",
        "--from",
        "digits-2d",
        *shape,
        "--out",
        tmp_path / "t",
        "--json",
    )
    assert output.code == 0, output.stderr
    told = output.json["transfer"]
    assert "of another shape, left as initialised" in told
    assert "head.weight" in told
    assert told in output.stdout.replace("\n", " ") or "tensors taken over" in output.stdout
    record = read_record(tmp_path / "t")
    assert record.config.init_from == "digits-2d"
    assert record.transfer == told
    refuses(1, "There is no model 'nothing'", "train", "--dataset", "digits", "--from", "nothing")


def test_a_run_outside_the_runs_folder_is_found_again_by_its_path(tmp_path: Path) -> None:
    first = runs.create(small(1), folder=tmp_path / "base")
    execute(first)
    words: tuple[Any, ...] = ("train", "--dataset", "digits", "--set", "model.hidden=[16]")
    output = cli(*words, "--epochs", 1, "--from", tmp_path / "base", "--out", tmp_path / "tuned")
    assert output.code == 0, output.stderr
    content = json.loads((tmp_path / "tuned" / "run.json").read_text())
    assert content["config"]["init_from"] == str(tmp_path / "base")
    assert "tensors taken over" in content["transfer"]
