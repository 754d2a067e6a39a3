"""Help and lists of the command line."""

import re
import shutil
from pathlib import Path

import pytest
from typer.main import get_command

from tests.unit._cli import cli
from vae_core import runs
from vae_core.cli import app

COMMANDS = [
    "train",
    "evaluate",
    "denoise",
    "inpaint",
    "upscale",
    "datasets",
    "models",
    "checkpoints",
]


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
