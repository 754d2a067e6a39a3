"""Runs to be disturbed, and what they lead to when nobody disturbs them."""

import json
import secrets
from pathlib import Path

from tests.unit._runs import small, weights
from ui.owner import hash_of
from vae_core import MLPConfig, runs
from vae_core.leases import LEASE_FILE
from vae_core.runs import Run
from vae_core.worker import execute

BEGUN = 30  # in the middle of the second epoch, of 19 steps each


def begun(root: Path, token: str, seed: int, *, epochs: int = 4, hidden: int = 16) -> Run:
    """A run of whoever has the token, paused in the middle of an epoch."""
    config = small(epochs, seed=seed, model=MLPConfig(hidden=(hidden,)))
    run = runs.create(config, owner=hash_of(token), folder=root / secrets.token_hex(12))
    execute(run, max_steps=BEGUN)
    return run


def undisturbed(run: Run, folder: Path) -> bytes:
    """The weights to which the settings of a run lead."""
    whole = runs.create(run.record().config, folder=folder)
    execute(whole)
    return weights(whole)


def each_once(steps: list[int], last: int) -> bool:
    """Say whether steps rise, none of them twice, up to the last; one line may tell of several."""
    return sorted(set(steps)) == steps and steps[-1] == last


def step_of(run: Run) -> int:
    """The last step that is written down."""
    return steps_of(run)[-1]


def steps_of(run: Run) -> list[int]:
    """All steps that are written down, as they stand in the file."""
    return [row["step"] for row in run.metrics() if row["kind"] == "progress"]


def worker_of(run: Run) -> int:
    """The process that trains it."""
    return int(json.loads((run.folder / LEASE_FILE).read_text())["pid"])
