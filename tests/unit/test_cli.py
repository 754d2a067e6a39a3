"""`python -m vae_core train`: what it writes, and how it ends."""

import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.unit._cli import TRAIN, cli, finish, refuses, start
from tests.unit._runs import fill_disk, until
from vae_core import evaluate, load_checkpoint, load_dataset, runs
from vae_core.record import RECORD_FILE


@dataclass
class Processes:
    folder: Path
    long: "subprocess.Popen[str]"
    short: "subprocess.Popen[str]"
    wrong: "subprocess.Popen[str]"


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """Real processes, started together since most of their time goes into importing."""
    folder = tmp_path_factory.mktemp("real")
    short = ("--model", "mlp", "--latent-dim", 2, "--epochs", 2, "--seed", 0, "--out", "short")
    with (
        start(folder, *TRAIN, "--epochs", 1000, "--out", "long", "--json") as first,
        start(folder, *TRAIN, *short, "--json") as second,
        start(folder, *TRAIN, "--epochs", 1, "--out", "/dev/null/run") as third,
    ):
        yield Processes(folder, first, second, third)
        for process in (first, second, third):
            process.kill()


def test_ctrl_c_stops_the_training_with_a_usable_model(processes: Processes) -> None:
    folder = processes.folder / "long"
    metrics = folder / "metrics.jsonl"
    until(lambda: metrics.exists() and metrics.stat().st_size, 60, "the first step")
    processes.long.send_signal(signal.SIGINT)
    output = finish(processes.long)
    assert (output.code, output.json["status"]) == (0, "stopped"), output
    assert 0 < output.json["num_steps"] < 19_000
    checkpoint = load_checkpoint(folder)
    assert checkpoint.record.num_done == output.json["num_steps"]
    assert evaluate(checkpoint.model, load_dataset("digits")).mse == output.json["mse"]


def test_training_prints_one_json_object_last_and_leaves_a_run(processes: Processes) -> None:
    output = finish(processes.short)
    assert output.code == 0, output
    folder = processes.folder / "short"
    assert output.json["run"] == str(folder.resolve())
    assert f"Run finished: {folder.resolve()}\n" in output.stdout
    assert (folder / RECORD_FILE).is_file()
    record = load_checkpoint(folder).record
    assert (record.status, record.config.seed, record.config.train.epochs) == ("finished", 0, 2)
    assert (record.config.model.name, record.config.model.latent_dim) == ("mlp", 2)
    assert output.json == {
        "run": str(folder.resolve()),
        "status": "finished",
        "num_steps": 38,
        "elapsed_s": record.elapsed_s,
        **(record.summary.model_dump() if record.summary else {}),
    }
    assert "img/s" in output.stderr


def test_a_folder_that_cannot_be_made_is_one_clear_line_and_exit_code_1(
    processes: Processes,
) -> None:
    output = finish(processes.wrong)
    assert output.code == 1
    assert output.stdout == ""
    assert re.fullmatch(
        r"Error: /dev/null/run could not be written \(Not a directory\)\. Check that the folder "
        r"can be written to; .*\n",
        output.stderr,
    )


def test_training_twice_gives_the_same_weights(trained: Path, tmp_path: Path) -> None:
    assert cli(*TRAIN, "--epochs", 2, "--seed", 0, "--out", tmp_path / "again").code == 0
    first, again = (folder / "model.safetensors" for folder in (trained, tmp_path / "again"))
    assert first.read_bytes() == again.read_bytes()


def test_every_setting_reaches_the_run(tmp_path: Path) -> None:
    output = cli(
        *(*TRAIN, "--model", "conv", "--autoencoder", "--latent-dim", 3, "--beta", 0.5),
        *("--epochs", 1, "--batch-size", 400, "--learning-rate", 0.001, "--noise", "masked-square"),
        *("--level", 0.25, "--seed", 7, "--out", tmp_path / "run", "--json"),
    )
    assert output.code == 0, output
    config = load_checkpoint(tmp_path / "run").record.config
    assert (config.model.name, config.model.posterior, config.model.latent_dim) == (
        "conv",
        "point",
        3,
    )
    assert config.train.corruption is not None
    assert (config.train.corruption.kind, config.train.corruption.level) == ("masked-square", 0.25)
    train = config.train
    assert (train.beta, train.epochs, train.batch_size, train.learning_rate) == (0.5, 1, 400, 0.001)
    assert config.seed == 7
    assert output.json["elbo_nats"] is None
    assert output.json["kl_nats"] is None


def test_without_a_folder_a_new_run_lies_in_the_runs_folder(root: Path) -> None:
    output = cli(*TRAIN, "--epochs", 1, "--json")
    folder = Path(output.json["run"])
    assert folder.parent == root.resolve()
    assert runs.open_run(folder.name).record().status == "finished"


def test_a_folder_that_is_taken_is_refused_and_left_alone(trained: Path) -> None:
    before = (trained / RECORD_FILE).read_bytes()
    message = "run already holds a run; name a new folder, so that none is lost"
    refuses(1, message, *TRAIN, "--epochs", 1, "--out", trained)
    assert (trained / RECORD_FILE).read_bytes() == before


@pytest.mark.parametrize("name", ["run.json", "metrics.jsonl", "model.safetensors", "live.npz"])
def test_a_full_disk_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    fill_disk(monkeypatch, name)
    output = cli(*TRAIN, "--epochs", 1, "--out", tmp_path / "run")
    assert output.code == 1
    assert output.stdout == ""
    assert f"{name} could not be written (No space left on device)" in output.stderr
    assert "Free some space on that disk" in output.stderr


def test_a_path_with_markup_in_it_is_shown_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "[bold]x[" / "red] :smile:"
    output = cli(*TRAIN, "--epochs", 1, "--out", folder)
    assert f"Run finished: {folder}\n" in output.stdout
    refuses(1, re.escape(f"{folder} already holds a run"), *TRAIN, "--out", folder)
