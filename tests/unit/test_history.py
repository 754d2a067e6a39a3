from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.unit._runs import frame, small
from vae_core import runs
from vae_core.errors import RunError
from vae_core.frames import Frame, read_frame
from vae_core.history import read_history, read_moment
from vae_core.projection import pca_projection
from vae_core.runs import Run
from vae_core.worker import execute


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return runs.create(small(), folder=tmp_path / "run")


def wide(step: int, dim: int = 5) -> Frame:
    """A frame of a wide latent whose cloud grows and turns with the steps."""
    generator = torch.Generator().manual_seed(0)
    cloud = torch.randn(200, dim, generator=generator) * torch.tensor([3.0, 2, 1, 0.5, 0.1])
    turned = cloud.roll(step, 1) * (1 + step)
    means, labels = turned.numpy().astype(np.float16), np.zeros(200, np.uint8)
    plane = pca_projection(torch.from_numpy(means).float())
    points = plane.project(turned).numpy()
    return replace(frame(step), means=means, points=points, labels=labels, axis_labels=plane.labels)


def test_a_run_without_frames_has_an_empty_history(run: Run) -> None:
    assert read_history(run).steps == ()


def test_all_frames_fit_on_the_shared_axes(run: Run) -> None:
    for step, limit in ((0, 3.0), (7, 12.0), (9, 6.0)):
        run.keep_frame(replace(frame(step), limit=limit))
    history = read_history(run)
    assert (history.steps, history.limit) == ((0, 7, 9), 12.0)
    assert history.plane.labels == ("z1", "")
    moment = read_moment(run, 7, 9)
    assert moment.limit == 12.0
    assert moment.manifold == frame(7).manifold


def test_a_wide_latent_is_seen_from_one_side_throughout(run: Run) -> None:
    for step in range(3):
        run.keep_frame(wide(step))
    history = read_history(run)
    newest = read_frame(run.frame_paths()[-1])
    plane = pca_projection(torch.from_numpy(newest.means).float())
    reach = 0.0
    for step in history.steps:
        moment = read_moment(run, step, 2)
        means = torch.from_numpy(wide(step).means).float()
        np.testing.assert_allclose(moment.points, plane.project(means), atol=0.02)
        reach = max(reach, float(np.quantile(np.abs(moment.points).max(1), 0.995)))
        assert moment.axis_labels == history.plane.labels
        assert (moment.manifold == b"") == (step != 2)
    assert history.limit >= reach


def test_a_damaged_frame_is_left_out_and_one_that_is_gone_is_told(run: Run) -> None:
    for step in range(3):
        run.keep_frame(frame(step))
    first, middle, last = run.frame_paths()
    middle.write_bytes(middle.read_bytes()[:-40])
    assert read_history(run).steps == (0, 2)
    last.write_bytes(last.read_bytes()[:-40])
    assert read_history(run).steps == (0,)
    first.unlink()
    with pytest.raises(RunError, match=r"00000000\.npz"):
        read_moment(run, 0, 2)
    last.write_bytes(b"")
    assert read_history(run).steps == ()
    run.keep_frame(replace(frame(3), limit=8.0))
    assert read_history(run).steps == (3,)


def test_the_history_of_a_training_holds_its_means(run: Run) -> None:
    execute(run)
    history = read_history(run)
    assert history.steps[0] == 0
    assert history.steps[-1] == run.record().num_steps
    for step in history.steps:
        stored = read_frame(run.folder / "frames" / f"{step:08d}.npz")
        moment = read_moment(run, step, history.steps[-1])
        np.testing.assert_allclose(moment.points, stored.means.astype(np.float32), atol=5e-3)


def test_frames_dropped_while_they_are_listed_are_left_out(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in range(3):
        run.keep_frame(wide(step))
    paths = run.frame_paths()
    paths[1].unlink()
    monkeypatch.setattr(Run, "frame_paths", lambda _: paths)
    assert read_history(run).steps == (0, 2)
