"""The notebook of a run: it trains the run again, to the same results."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit._runs import ROOT, small
from vae_core import catalogue, runs
from vae_core.export.notebook import notebook
from vae_core.models import ConditionConfig
from vae_core.record import RunRecord
from vae_core.worker import execute


def trained(tmp_path: Path, **changes: object) -> RunRecord:
    run = runs.create(small(epochs=1, **changes), folder=tmp_path / "run")
    execute(run)
    return run.record()


def code(text: str) -> list[str]:
    return [cell["source"] for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]


def carried_out(text: str, folder: Path) -> str:
    """Run its cells one after the other in a process of their own, as a kernel does."""
    script = folder / "cells.py"
    script.write_text("\n\n".join(code(text)))
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "VAELAB_RUNS": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"model": small().model.evolve(posterior="point")},
        {"model": small().model.evolve(latent_dim=3, conditions=(ConditionConfig(name="class"),))},
    ],
    ids=["a VAE", "an autoencoder", "told the class"],
)
def test_it_trains_the_run_again_to_the_same_results(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    record = trained(tmp_path, **changes)
    said = carried_out(notebook(record), tmp_path)
    lines = dict(line.split(": ", 1) for line in said.splitlines() if ", then " in line)
    assert {"elbo_nats", "psnr_db", "knn_accuracy"} <= lines.keys()
    for name, line in lines.items():
        now, then = line.split(", then ")
        if then == "None":
            assert now == "None", name
        else:
            assert float(now) == pytest.approx(float(then), rel=1e-3, abs=1e-4), name


def test_it_starts_from_the_weights_that_the_run_started_from(tmp_path: Path) -> None:
    record = trained(tmp_path, init_from="digits-2d", model=catalogue.bundled()[3].config.model)
    assert "load_weights" in notebook(record)
    said = carried_out(notebook(record), tmp_path)
    elbo = next(line for line in said.splitlines() if line.startswith("elbo_nats"))
    now, then = (float(part) for part in elbo.removeprefix("elbo_nats: ").split(", then "))
    assert now == pytest.approx(then, rel=1e-3)


def introduction(record: RunRecord) -> str:
    return json.loads(notebook(record))["cells"][0]["source"].replace("\\", "")


def test_of_a_run_that_was_stopped_it_says_how_far_it_got(tmp_path: Path) -> None:
    record = trained(tmp_path)
    assert "trains it again" in introduction(record)
    said = introduction(record.evolve(status="stopped", num_done=7))
    assert f"stopped at step 7 of {record.num_steps}." in said
    assert "trains it again" not in said
    assert "the same settings to its end: its numbers will differ" in said


def test_of_a_run_that_started_from_weights_elsewhere_it_says_so() -> None:
    said = introduction(catalogue.bundled()[0].evolve(started_from="my [base]"))
    assert "Started from the weights of my [base], which are not on this computer." in said
    assert "to its end, from random weights: its numbers will differ" in said


def test_it_is_a_notebook_of_format_4_5() -> None:
    for record in catalogue.bundled():
        whole = json.loads(notebook(record))
        assert (whole["nbformat"], whole["nbformat_minor"]) == (4, 5)
        ids = [cell["id"] for cell in whole["cells"]]
        assert len(set(ids)) == len(ids)
        for cell in whole["cells"]:
            needed = {"cell_type", "metadata", "source", "id"}
            code_only = {"outputs", "execution_count"} if cell["cell_type"] == "code" else set()
            assert cell.keys() == needed | code_only
        for source in code(json.dumps(whole)):
            compile(source, "cell", "exec")


def test_a_name_stays_text_whatever_was_typed() -> None:
    record = catalogue.bundled()[0].evolve(name='x"""\n# <script>alert(1)</script> [a](b)')
    whole = json.loads(notebook(record))
    first = whole["cells"][0]["source"]
    assert "<script>" not in first
    assert r"\[a\]\(b\)" in first
    assert all("script" not in source for source in code(json.dumps(whole)))
