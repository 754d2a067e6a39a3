"""What the command line says to wrong use (exit code 2), and to what is absent or damaged (1)."""

import re
import shutil
from pathlib import Path

import pytest

from tests.unit._cli import TRAIN, refuses, truncate
from tests.unit._runs import ROOT
from vae_core.record import RECORD_FILE


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("train",), "Expected either --dataset NAME"),
        (("train", "--dataset", "digit"), "Unknown data set 'digit'. Expected one of: digits, fas"),
        ((*TRAIN, "--model", "cnv"), "Unknown model 'cnv'. Expected one of: conv, mlp"),
        ((*TRAIN, "--noise", "fog"), "Unknown corruption 'fog'. Expected one of: blur, down"),
        ((*TRAIN, "--level", "0.5"), "--level 0.5 received without --noise"),
        (
            (*TRAIN, "--noise", "gaussian", "--level", "1.5"),
            "Noise level 1.5 received; expected a number from 0 to 1",
        ),
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
