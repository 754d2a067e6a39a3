"""The README tells the truth: its example runs, its numbers are those of the checkpoints."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from vae_core import catalogue
from vae_core.record import RunRecord

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def table_row(record: RunRecord) -> str:
    """A bundled model's line in the README."""
    kind = "VAE" if record.config.model.posterior == "gaussian" else "autoencoder"
    summary = record.summary
    assert summary is not None
    elbo = "none" if summary.elbo_nats is None else f"{summary.elbo_nats:.1f}"
    return (
        f"| `{record.id}` | {record.spec.title} | {kind}, {record.config.model.latent_dim} | "
        f"{elbo} | {summary.psnr_db:.1f} | {summary.ssim:.2f} | {summary.knn_accuracy:.2f} |"
    )


@pytest.mark.parametrize("record", catalogue.bundled(), ids=lambda record: record.id)
def test_the_table_of_bundled_models_is_what_was_measured(record: RunRecord) -> None:
    assert table_row(record) in README


def test_the_example_runs_as_it_is_printed() -> None:
    example = re.search(r"```python\n(.*?)```", README, re.DOTALL).group(1)
    assert len([line for line in example.splitlines() if line.strip()]) <= 10
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Evaluation(elbo_nats=-2" in done.stdout
    assert "torch.Size([16, 1, 8, 8])" in done.stdout


def test_every_path_in_the_annotated_tree_exists() -> None:
    tree = re.search(r"## What is where\n\n```\n(.*?)```", README, re.DOTALL).group(1)
    parent = ""
    for line in tree.splitlines():
        names = re.match(r"\s*((?:[\w./]+ )*[\w./]+?)(?:  |$)", line).group(1).split()
        parent = parent if line.startswith(" ") else ""
        for name in names:
            assert (ROOT / parent / name).exists(), name
        if not line.startswith(" ") and names[0].endswith("/"):
            parent = names[0]
