"""Frames and metrics of a run over time."""

import pytest

from tests.unit._runs import fill_disk, frame, leftovers
from vae_core import runs
from vae_core.errors import RunError
from vae_core.runs import Run


def test_frames_are_read_back_as_they_were_kept(run: Run) -> None:
    kept = frame(7)
    run.keep_frame(kept)
    for found in (run.live_frame(), runs.read_frame(run.frame_paths()[0])):
        assert found is not None
        assert (found.step, found.limit, found.axis_labels) == (7, 4.0, ("z1", "z2"))
        assert found.means.tobytes() == kept.means.tobytes()
        assert (found.manifold, dict(found.numbers)) == (kept.manifold, {"loss_nats": 1.5})


@pytest.mark.parametrize("room", [5, 6])
def test_frames_beyond_the_limit_lose_every_other_one_never_the_first_or_newest(
    run: Run, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    run.keep_frame(frame(0))
    size = run.frame_paths()[0].stat().st_size
    monkeypatch.setattr(runs, "MAX_FRAME_BYTES", room * size + size // 2)
    for step in range(1, 60):
        run.keep_frame(frame(step))
        steps = [int(path.stem) for path in run.frame_paths()]
        assert steps[0] == 0
        assert steps[-1] == step
        assert len(steps) <= room
        assert steps == sorted(steps)
    assert len(steps) > room // 2


def test_forgetting_drops_what_came_later_and_keeps_the_rest(run: Run) -> None:
    for step in range(5):
        run.append_metrics({"kind": "progress", "step": step, "loss_nats": step / 3})
        run.keep_frame(frame(step))
    before = run.metrics()
    run.forget_after(2)
    assert run.metrics() == before[:3]
    assert [path.stem for path in run.frame_paths()] == ["00000000", "00000001", "00000002"]
    run.append_metrics({"kind": "progress", "step": 3})
    assert [row["step"] for row in run.metrics()] == [0, 1, 2, 3]
    run.forget_after(-1)
    assert run.metrics() == []
    assert run.frame_paths() == []


def test_a_full_disk_while_forgetting_loses_no_metrics(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in range(5):
        run.append_metrics({"kind": "progress", "step": step})
    before = run.metrics()
    fill_disk(monkeypatch, "metrics.jsonl")
    with pytest.raises(RunError, match=r"metrics\.jsonl could not be written \(No space left"):
        run.forget_after(2)
    assert run.metrics() == before
    assert leftovers(run.folder) == []
