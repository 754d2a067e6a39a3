import gzip
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import click
import pytest
import torchvision
from typer.main import get_command
from typer.testing import CliRunner

from tests.unit._runs import ROOT, fill_disk, until
from tests.unit.test_metrics import ABSENT_FOR_AUTOENCODERS
from tests.unit.test_mnist import made_files
from vae_core import compare_denoising, corrupt, evaluate, load_checkpoint, load_dataset, runs
from vae_core.cli import app
from vae_core.data import Dataset
from vae_core.metrics import METRICS, QUICK
from vae_core.record import RECORD_FILE

FACTS = [
    *("kl_per_dim", "num_images", "split", "seed", "num_samples", "extractor"),
    *("num_feature_images", "training_s", "training_images_per_s"),
]
COMMANDS = ["train", "evaluate", "denoise", "datasets", "models", "checkpoints"]
TRAIN = ("train", "--dataset", "digits")


@dataclass
class Output:
    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout.splitlines()[-1])


def cli(*words: object) -> Output:
    """Run the command line in this process. What is no SystemExit is a traceback: a bug."""
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    plain = click.unstyle(result.stderr)
    # Typer draws boxes around wrong use, and breaks lines in them.
    return Output(result.exit_code, click.unstyle(result.stdout), re.sub(r"[\s│]+", " ", plain))


def refuses(code: int, message: str, *words: object) -> Output:
    output = cli(*words)
    assert re.search(message, output.stderr), output
    assert output.code == code
    assert output.stdout == ""
    return output


def start(folder: Path, *words: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "vae_core", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "VAELAB_RUNS": str(folder / "runs")},
        preexec_fn=listen_to_ctrl_c,
    )


def listen_to_ctrl_c() -> None:
    """A shell's background job ignores Ctrl-C, and hands that on to what it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def finish(process: "subprocess.Popen[str]") -> Output:
    stdout, stderr = process.communicate(timeout=120)
    return Output(process.returncode, stdout, stderr)


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


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VAELAB_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short run, made by the command line."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    assert cli(*TRAIN, "--epochs", 2, "--seed", 0, "--out", folder).code == 0
    return folder


@pytest.fixture
def damaged(trained: Path, tmp_path: Path) -> Path:
    """A copy of that run, to be damaged."""
    return shutil.copytree(trained, tmp_path / "damaged")


# Real processes


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


# Train


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


# Wrong use: exit code 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("train",), "Expected either --dataset NAME"),
        (("train", "--dataset", "digit"), "Unknown data set 'digit'. Expected one of: digits, fas"),
        ((*TRAIN, "--model", "cnv"), "Unknown model 'cnv'. Expected one of: conv, mlp"),
        ((*TRAIN, "--noise", "fog"), "Unknown corruption 'fog'. Expected one of: gaussian, mask"),
        ((*TRAIN, "--level", "0.5"), "--level 0.5 received without --noise"),
        ((*TRAIN, "--noise", "gaussian", "--level", "1.5"), "level: received 1.5, but .* to 1"),
        ((*TRAIN, "--noise", "gaussian", "--level", "nan"), "level: received nan"),
        ((*TRAIN, "--epochs", "0"), "epochs: received 0, but .* greater than or equal to 1"),
        ((*TRAIN, "--epochs", "1001"), "epochs: received 1001, but .* equal to 1000"),
        ((*TRAIN, "--epochs", "many"), "Invalid value for '--epochs'"),
        ((*TRAIN, "--epochs", "1.5"), "Invalid value for '--epochs'"),
        ((*TRAIN, "--latent-dim", "0"), "latent_dim: received 0, but .* equal to 1"),
        ((*TRAIN, "--latent-dim", "65"), "latent_dim: received 65, but .* equal to 64"),
        ((*TRAIN, "--beta", "-1"), "beta: received -1.0, but .* equal to 0"),
        ((*TRAIN, "--beta", "inf"), "beta: received inf"),
        ((*TRAIN, "--batch-size", "0"), "batch_size: received 0"),
        ((*TRAIN, "--learning-rate", "0"), "learning_rate: received 0.0, but .* greater than 0"),
        ((*TRAIN, "--seed", "-1"), "seed: received -1"),
        ((*TRAIN, "--seed", str(2**40)), "seed: received 1099511627776"),
        ((*TRAIN, "--sed", "1"), "No such option.*--sed"),
        (
            ("evaluate", "digits-2d", "--metric", "fid"),
            "Unknown metric 'fid'. Expected one of: a",
        ),
        (("evaluate", "digits-2d", "--samples", "0"), "0 samples received; expected a number"),
        (("evaluate", "digits-2d", "--seed", "-1"), "Seed -1 received; expected a number from 0"),
        (("evaluate",), "Missing argument 'RUN_OR_CHECKPOINT'"),
        (("evaluate", "digits-2d", "--split", "exam"), "Split 'exam' received; expected train, va"),
        (("denoise", "digits-2d", "--noise", "fog"), "Unknown corruption 'fog'"),
        (("denoise", "digits-2d", "--level", "1.01"), "Noise level 1.01 received; .* 0 to 1"),
        (("denoise", "digits-2d", "--level", "nan"), "Noise level nan received"),
        (("denoise", "digits-2d", "--level", "much"), "Invalid value for '--level'"),
        (("denoise", "digits-2d", "--num-images", "0"), "0 images received; expected at least 1"),
        (
            ("denoise", "digits-2d", "--seed", "-1"),
            "Seed -1 received; expected a number from 0 to 2147483647",
        ),
        (
            ("denoise", "digits-2d", "--seed", str(10**30)),
            "Seed 1000000000000000000000000000000 received",
        ),
        (("datasets", "--download", "cifar"), "Unknown data set 'cifar'"),
        (("checkpoints", "--rebuild", "digits-9d"), "Unknown recipe 'digits-9d'"),
        (("paint",), "No such command 'paint'"),
    ],
)
def test_wrong_use_says_what_is_expected_and_ends_with_2(
    root: Path, words: tuple[str, ...], message: str
) -> None:
    refuses(2, message, *words)
    assert not root.exists()


# What is not there or damaged: exit code 1


@pytest.mark.parametrize(
    "words",
    [("train", "--dataset", "mnist"), ("evaluate", "mnist-2d"), ("denoise", "mnist-denoise-16d")],
)
def test_absent_data_names_the_folder_the_variable_and_the_embedded_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: Path, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path / "empty"))
    message = rf"MNIST is not on this computer: looked in {tmp_path}/empty/MNIST/raw\. "
    output = refuses(1, message, *words)
    for part in ("VAELAB_DATA", "datasets --download mnist", "'digits'"):
        assert part in output.stderr
    assert not root.exists()
    assert not (tmp_path / "empty").exists()


@pytest.mark.parametrize("command", ["evaluate", "denoise"])
@pytest.mark.parametrize("reference", ["digits-3d", "../checkpoints", "a" * 300, "[/red]", "\0"])
def test_an_unknown_model_names_those_there_are(command: str, reference: str) -> None:
    shown = re.escape(repr(reference[:60]))
    refuses(1, f"There is no model {shown} here.* Bundled: digits-2d, ", command, reference)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


@pytest.mark.parametrize("command", ["evaluate", "denoise"])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("run.json", r"run\.json cannot be read .* It is damaged; use another run"),
        ("model.safetensors", r"model\.safetensors cannot be read as safetensors"),
        ("latents.safetensors", r"latents\.safetensors cannot be read as safetensors"),
    ],
)
def test_a_damaged_checkpoint_names_the_file(
    damaged: Path, command: str, name: str, message: str
) -> None:
    truncate(damaged / name)
    refuses(1, message, command, damaged)


def test_a_foreign_file_is_no_checkpoint(damaged: Path, tmp_path: Path) -> None:
    weights = damaged / "model.safetensors"
    weights.write_bytes(b"\x80\x04K\x01.")  # a pickle
    refuses(1, "cannot be read as safetensors.*of another format", "evaluate", damaged)
    refuses(1, "There is no model", "evaluate", weights)
    weights.unlink()
    refuses(1, r"model\.safetensors is missing; expected the weights", "evaluate", damaged)
    (tmp_path / "photos").mkdir()
    refuses(1, r"photos holds no run\.json; expected the folder", "evaluate", tmp_path / "photos")
    (tmp_path / "photos" / RECORD_FILE).write_text('{"name": "holiday"}')
    refuses(1, "not a description that this version knows", "evaluate", tmp_path / "photos")


def test_the_weights_of_another_model_are_refused(damaged: Path) -> None:
    other = ROOT / "checkpoints" / "mnist-2d" / "model.safetensors"
    shutil.copy(other, damaged / "model.safetensors")
    refuses(1, r"does not fit its run\.json: tensor '.*' is .*, expected", "evaluate", damaged)


# Evaluate and denoise


def test_evaluating_prints_every_metric_and_what_it_rests_on(
    trained: Path, digits: Dataset
) -> None:
    output = cli("evaluate", trained, "--samples", 7, "--seed", 3, "--json")
    assert output.code == 0, output
    assert list(output.json) == [*METRICS, *FACTS]
    checkpoint = load_checkpoint(trained)
    measured = evaluate(checkpoint.model, digits, metrics=METRICS, seed=3, num_samples=7)
    assert output.json == measured.as_dict() | {
        "training_s": checkpoint.record.elapsed_s,
        "training_images_per_s": pytest.approx(2 * 1197 / checkpoint.record.elapsed_s),
    }
    assert (output.json["num_images"], output.json["split"]) == (300, "test")
    assert (output.json["num_samples"], output.json["seed"]) == (7, 3)
    assert (output.json["extractor"], output.json["num_feature_images"]) == ("mnist-conv-64", 300)
    assert output.json["elbo_nats"] == pytest.approx(
        -(output.json["recon_nats"] + output.json["kl_nats"])
    )
    assert sum(output.json["kl_per_dim"]) == pytest.approx(output.json["kl_nats"])
    for name, value in measured.values.items():
        assert re.search(rf"│ {name} +│ {re.escape(f'{value:.4f}')} ", output.stdout), name
    assert "importance samples 7; feature extractor mnist-conv-64" in output.stdout


def test_the_quick_metrics_are_those_of_the_runs_description(trained: Path) -> None:
    output = cli("evaluate", trained, "--quick", "--json")
    assert list(output.json) == [*QUICK, *FACTS]
    summary = load_checkpoint(trained).record.summary
    assert summary is not None
    assert summary.model_dump().items() <= output.json.items()
    assert output.json["extractor"] is None


def test_single_metrics_are_measured_on_request(trained: Path) -> None:
    words = ("--metric", "ssim", "--metric", "active_units", "--json")
    assert list(cli("evaluate", trained, *words).json) == ["ssim", "active_units", *FACTS]


def test_evaluating_a_bundled_autoencoder_gives_null_for_what_it_does_not_have() -> None:
    output = cli("evaluate", "digits-ae-2d", "--samples", 2, "--json")
    absent = {name for name in METRICS if output.json[name] is None}
    assert absent == ABSENT_FOR_AUTOENCODERS
    assert output.json["kl_per_dim"] == []
    assert output.stdout.count("not defined") == len(absent)


def test_evaluating_another_split_says_which() -> None:
    output = cli("evaluate", "digits-2d", "--split", "val", "--quick", "--json")
    assert (output.json["split"], output.json["num_images"]) == ("val", 300)
    assert output.json["knn_accuracy"] > 0.8


def test_ctrl_c_while_measuring_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_INTERACTIVE", "1")  # the bar is drawn as on a terminal
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    words = ("evaluate", ROOT / "checkpoints" / "digits-2d", "--metric", "nll_nats")
    with start(tmp_path, *words, "--samples", 1_000_000) as process:
        assert process.stderr is not None
        said = ""
        while "Negative" not in said:  # what is being measured is said at once
            said += process.stderr.read(1)
        process.send_signal(signal.SIGINT)
        try:
            output = finish(process)
        finally:
            process.kill()
    assert output.code == 130
    assert output.stdout == ""
    assert "Traceback" not in output.stderr


@pytest.mark.parametrize("noise", ["gaussian", "salt-and-pepper", "masked-square"])
def test_denoising_compares_the_model_with_a_median_filter(
    trained: Path, digits: Dataset, noise: str
) -> None:
    words = ("--noise", noise, "--level", 0.4, "--num-images", 40, "--seed", 5)
    output = cli("denoise", trained, *words, "--json")
    assert output.code == 0
    assert list(output.json) == [
        *("noisy", "median_filter", "restored"),
        *("noise", "level", "num_images", "seed"),
    ]
    model, clean = load_checkpoint(trained).model, digits.test.pixels(0, 40)
    rows = compare_denoising({"restored": model}, clean, noise, 0.4, 5)
    for name, row in rows.items():
        expected = {"psnr_db": row.psnr_db, "ssim": row.ssim}
        assert output.json[name.replace(" ", "_")] == expected
    assert (output.json["noise"], output.json["level"]) == (noise, 0.4)
    assert (output.json["num_images"], output.json["seed"]) == (40, 5)
    assert "trained on clean images, not to remove noise" in output.stdout


def test_the_noisy_row_is_that_of_the_clipped_image(digits: Dataset, seeded: Any) -> None:
    output = cli("denoise", "digits-denoise-16d", "--num-images", 20, "--json")
    clean = digits.test.pixels(0, 20)
    noisy = corrupt(clean, "gaussian", 0.5, seeded(0))
    psnr_db = -10 * (noisy - clean).square().mean((1, 2, 3)).log10().mean()
    assert output.json["noisy"]["psnr_db"] == pytest.approx(float(psnr_db), abs=1e-3)
    assert "trained to remove noise: Gaussian noise, level 0.3" in output.stdout


# Lists and help


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    output = cli(command, "--help")
    assert output.code == 0
    assert f"python -m vae_core {command}" in output.stdout.split("Examples:")[1]
    assert "--json" in output.stdout


def test_help_lists_every_command() -> None:
    output = cli("--help")
    assert output.code == 0
    for command in COMMANDS:
        assert re.search(rf"│ {command} ", output.stdout)


def test_the_examples_in_the_help_are_right_use() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    num_examples = 0
    for name in COMMANDS:
        for example in commands[name].epilog.split("python -m vae_core ")[1:]:
            command, *words = example.split()
            commands[command].make_context(command, words)
            num_examples += 1
    assert num_examples >= 2 * len(COMMANDS)


def test_the_lists_have_json_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path))
    datasets = cli("datasets", "--json")
    assert {name: row["present"] for name, row in datasets.json.items()} == {
        "digits": True,
        "mnist": False,
        "mnist-static": False,
        "mnist-dynamic": False,
        "fashion-mnist": False,
        "kmnist": False,
    }
    assert datasets.json["mnist"]["event_shape"] == [1, 28, 28]
    assert f"Folder: {tmp_path} (VAELAB_DATA)" in datasets.stdout
    models = cli("models", "--json").json
    assert set(models) == {"mlp", "conv"}
    assert models["mlp"]["settings"]["latent_dim"] == 2


def test_checkpoints_lists_bundled_models_and_saved_runs(trained: Path, root: Path) -> None:
    folder = shutil.copytree(trained, root / ("a" * 24))
    runs.Run(folder).update(id="a" * 24)
    runs.save_as(runs.Run(folder), "[/red] mine :smile:")
    shutil.copytree(trained, root / ("b" * 24))  # has no name: not offered
    output = cli("checkpoints", "--json")
    assert output.code == 0
    rows = output.json
    assert {"digits-2d", "mnist-denoise-16d", "a" * 24} <= rows.keys()
    assert "b" * 24 not in rows
    assert rows["a" * 24]["name"] == "[/red] mine :smile:"
    assert rows["a" * 24]["knn_accuracy"] > 0
    assert rows["digits-ae-2d"]["posterior"] == "point"
    assert cli("evaluate", "[/red] mine :smile:").code == 0


# Download, from a server on loopback


@dataclass
class Mirror:
    url: str
    server: ThreadingHTTPServer
    thread: Thread

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    served = tmp_path / "served"
    served.mkdir()
    resources = []
    for name, content in made_files().items():
        packed = gzip.compress(content)
        (served / f"{name}.gz").write_bytes(packed)
        resources.append((f"{name}.gz", hashlib.md5(packed).hexdigest()))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(served)))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/"
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "mirrors", [url])
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "resources", resources)
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path / "data"))
    mirror = Mirror(url, server, thread)
    yield mirror
    if thread.is_alive():
        mirror.stop()


def test_a_data_set_is_fetched_on_request_and_can_be_trained_on(
    mirror: Mirror, tmp_path: Path
) -> None:
    output = cli("datasets", "--download", "fashion-mnist", "--json")
    assert output.code == 0, output
    assert output.json["fashion-mnist"]["present"] is True
    assert sorted(path.name for path in (tmp_path / "data").rglob("*")) == sorted(
        ["FashionMNIST", "raw", *made_files()]
    )
    mirror.stop()
    assert cli("datasets", "--download", "fashion-mnist").code == 0  # it is there already
    words = ("--dataset", "fashion-mnist", "--epochs", 1, "--out", tmp_path / "run", "--json")
    assert cli("train", *words).json["num_images"] == 5


def test_a_server_that_is_gone_is_a_clear_error_and_nothing_stays_behind(
    mirror: Mirror, tmp_path: Path
) -> None:
    mirror.stop()
    words = ("datasets", "--download", "fashion-mnist")
    output = refuses(1, "Fashion-MNIST could not be fetched .*; nothing was kept", *words)
    assert "VAELAB_DATA" in output.stderr
    assert "'digits'" in output.stderr
    assert list((tmp_path / "data").rglob("*")) == []


def test_a_damaged_download_is_not_kept(mirror: Mirror, tmp_path: Path) -> None:
    truncate(tmp_path / "served" / "t10k-images-idx3-ubyte.gz")
    refuses(1, "wrong checksum after", "datasets", "--download", "fashion-mnist")
    assert list((tmp_path / "data").rglob("*")) == []


def test_the_embedded_data_set_needs_no_download() -> None:
    output = cli("datasets", "--download", "digits")
    assert output.code == 0
    assert "Digits 8x8 is embedded; nothing to fetch." in output.stdout
