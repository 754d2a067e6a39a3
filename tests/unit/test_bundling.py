"""Bundled checkpoints: trained by their recipes, each with a film of its training."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.unit._runs import small
from vae_core import RECIPES, load_checkpoint
from vae_core.bundling import NUM_FRAMES, bundle, moments
from vae_core.data import load_dataset
from vae_core.errors import UnknownNameError
from vae_core.frames import make_probe, read_frame
from vae_core.inference import encode
from vae_core.runs import Run


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setitem(RECIPES, "tiny", small())
    bundle("tiny", tmp_path)
    return Run(tmp_path / "tiny")


def test_moments_run_from_the_first_step_to_the_last_and_are_closer_at_the_beginning() -> None:
    steps = moments(2_150)
    assert len(steps) == NUM_FRAMES
    assert (steps[0], steps[-1]) == (0, 2_150)
    assert (np.diff(steps, 2) >= -1).all()


def test_a_short_training_has_no_more_moments_than_steps() -> None:
    assert moments(3) == [0, 1, 2, 3]


def test_the_film_ends_with_the_weights_that_are_stored(made: Run) -> None:
    found = load_checkpoint(made.folder)
    last = read_frame(made.frame_paths()[-1])
    assert last.step == found.record.num_done
    probe = make_probe(load_dataset("digits"))
    means = encode(found.model, probe.x).mean
    torch.testing.assert_close(torch.from_numpy(last.means).float(), means, rtol=2e-3, atol=2e-3)
    assert made.live_frame() is not None


def test_its_metrics_reach_from_the_first_step_to_the_last(made: Run) -> None:
    rows = [row for row in made.metrics() if row["kind"] == "progress"]
    assert rows[-1]["step"] == rows[-1]["num_steps"] == made.record().num_done
    assert all(np.isfinite(row["loss_nats"]) for row in rows)
    assert [row["epoch"] for row in made.metrics() if row["kind"] == "validated"]


def test_each_frame_carries_the_newest_losses(made: Run) -> None:
    frames = [read_frame(path) for path in made.frame_paths()]
    assert len(frames) <= NUM_FRAMES
    losses = {row["step"]: row["loss_nats"] for row in made.metrics() if row["kind"] == "progress"}
    assert frames[0].numbers == {}
    for frame in frames[1:]:
        assert frame.numbers["loss_nats"] == losses[frame.step]


def test_training_it_again_leaves_nothing_of_the_film_before(
    made: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    num_rows = len(made.metrics())
    bundle("tiny", made.folder.parent)
    assert len(made.metrics()) == num_rows


def test_an_unknown_recipe_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Unknown recipe"):
        bundle("no-such", tmp_path)
    assert not list(tmp_path.iterdir())


def test_every_bundled_checkpoint_has_a_film_that_ends_where_it_stands(bundled: Path) -> None:
    for name in RECIPES:
        run = Run(bundled / name)
        paths = run.frame_paths()
        assert 2 <= len(paths) <= NUM_FRAMES, name
        first, last = read_frame(paths[0]), read_frame(paths[-1])
        assert (first.step, last.step) == (0, run.record().num_done)
        rows = [row for row in run.metrics() if row["kind"] == "progress"]
        assert rows[-1]["step"] == last.step
        found = load_checkpoint(run.folder)
        if found.record.kl_per_dim:
            assert len(last.kl_per_dim) == len(found.record.kl_per_dim)
