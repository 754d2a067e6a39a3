import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit._runs import DEAD_PID, fill_disk, frame, leftovers, small, until
from vae_core import runs
from vae_core.errors import CheckpointError, RunError
from vae_core.record import RECORD_FILE
from vae_core.runs import Run


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VAELAB_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def run() -> Run:
    return runs.create(small())


@pytest.fixture
def trained() -> Callable[[str], Run]:
    """Make runs that look trained, as far as the listing can tell."""

    def make(name: str | None = None) -> Run:
        run = runs.create(small())
        (run.folder / "model.safetensors").write_bytes(b"weights")
        run.update(status="finished", name=name)
        return run

    return make


def write_lease(run: Run, **changes: Any) -> None:
    run.renew_lease()
    path = run.folder / "lease.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


# Create and open


def test_a_new_run_lies_in_the_folder_that_vaelab_runs_names(root: Path) -> None:
    run = runs.create(small(), owner="me")
    assert run.folder.parent == root
    assert runs.open_run(run.id) == run
    assert (run.record().config, run.record().owner) == (small(), "me")


def test_without_vaelab_runs_the_folder_is_runs_below_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for unset in (None, ""):
        if unset is None:
            monkeypatch.delenv("VAELAB_RUNS")
        else:
            monkeypatch.setenv("VAELAB_RUNS", unset)
        assert runs.runs_root() == Path("runs")
    assert runs.open_run(runs.create(small()).id).folder.resolve().parent == tmp_path / "runs"


def test_ids_are_long_random_and_never_the_same() -> None:
    ids = {runs.create(small()).id for _ in range(20)}
    assert len(ids) == 20
    assert all(len(run_id) == 24 and int(run_id, 16) > 0 for run_id in ids)


@pytest.mark.parametrize(
    "run_id",
    [
        "",
        ".",
        "..",
        "../x",
        "../runs",
        "/etc/passwd",
        "%00",
        "\0",
        "%2e%2e%2f",
        "a" * 5000,
        "0" * 24,
        "0" * 23 + "\n",
        ".trash",
        "é" * 24,
    ],
)
def test_an_unknown_or_hostile_id_is_not_here(run: Run, run_id: str) -> None:
    with pytest.raises(RunError, match=r"^This run is not here\. It may have been deleted"):
        runs.open_run(run_id)
    with pytest.raises(RunError, match="not in the trash any more"):
        runs.undelete(run_id)


def test_an_id_that_leads_out_of_the_folder_is_refused_even_if_a_run_lies_there(
    root: Path,
) -> None:
    runs.create(small(), folder=root.parent / "elsewhere")
    with pytest.raises(RunError, match="not here"):
        runs.open_run("../elsewhere")


def test_an_id_with_a_line_break_behind_it_is_refused(run: Run) -> None:
    with pytest.raises(RunError, match="not here"):
        runs.open_run(run.id + "\n")


def test_a_folder_that_holds_a_run_is_refused_and_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    runs.create(small(), folder=folder)
    before = (folder / RECORD_FILE).read_bytes()
    with pytest.raises(RunError, match="mine already holds a run; name a new folder"):
        runs.create(small(5), folder=folder)
    assert (folder / RECORD_FILE).read_bytes() == before


@pytest.mark.parametrize("place", ["file", "file/below", "n" * 300])
def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunError, match=r"could not be written .* Check that the folder"):
        runs.create(small(), folder=tmp_path / place)


def test_a_full_disk_at_creation_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill_disk(monkeypatch, "run.json")
    with pytest.raises(RunError, match=r"No space left on device.* Free some space on that disk"):
        runs.create(small(), folder=tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


# Status and lease


@pytest.mark.parametrize("status", ["queued", "running"])
def test_work_with_a_living_worker_and_a_fresh_heartbeat_keeps_its_status(
    run: Run, status: str
) -> None:
    run.update(status=status)
    run.renew_lease()
    assert run.record().status == status


@pytest.mark.parametrize("status", ["queued", "running"])
@pytest.mark.parametrize(
    "changes",
    [
        {"heartbeat": time.time() - runs.LEASE_S - 1},
        {"pid": DEAD_PID},
        {"boot": "before the power cut", "heartbeat": time.time() - 60},
        {"host": "another", "heartbeat": time.time() - 60},
    ],
    ids=["expired heartbeat", "dead worker", "restarted computer", "another server"],
)
def test_work_without_a_living_worker_is_interrupted(
    run: Run, status: str, changes: dict[str, Any]
) -> None:
    run.update(status=status)
    write_lease(run, **changes)
    assert run.record().status == "interrupted"


def test_a_worker_on_another_server_is_believed_by_its_heartbeat(run: Run) -> None:
    run.update(status="running")
    write_lease(run, host=socket.gethostname() + "-2", pid=DEAD_PID)
    assert run.record().status == "running"


@pytest.mark.parametrize("status", ["paused", "finished", "stopped", "diverged", "failed"])
def test_work_that_has_ended_keeps_its_status_without_a_lease(run: Run, status: str) -> None:
    run.update(status=status)
    assert run.record().status == status


@pytest.mark.parametrize(
    "text", ["", "{", '{"host": "x"', "[]", "null", '{"host": 1, "boot": 2, "pid": "x"}', "\0" * 40]
)
def test_a_damaged_lease_counts_as_none(run: Run, text: str) -> None:
    run.update(status="running")
    (run.folder / "lease.json").write_text(text)
    assert run.record().status == "interrupted"


def test_a_lease_is_renewed_while_it_is_held(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "HEARTBEAT_S", 0.01)
    run.update(status="running")
    path = run.folder / "lease.json"
    with run.lease():
        write_lease(run, heartbeat=0)
        until(lambda: json.loads(path.read_text())["heartbeat"] > 0, 5)
        assert run.record().status == "running"


def test_a_heartbeat_that_meets_a_full_disk_beats_on(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "HEARTBEAT_S", 0.01)
    beats: list[float] = []
    renew = Run.renew_lease

    def fails_twice(self: Run) -> None:
        beats.append(time.time())
        if len(beats) in (2, 3):
            raise RunError("no space")
        renew(self)

    monkeypatch.setattr(Run, "renew_lease", fails_twice)
    with run.lease():
        until(lambda: len(beats) > 4, 5)


# Half-written files


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot be read .* damaged"),
        (b'{"format": 1, "id": "x"', "cannot be read .* damaged"),
        (b"\x80\x81\xff", "cannot be read .* damaged"),
        (b"[]", "not a description that this version knows"),
        (b"{}", "not a description that this version knows.*status: .*field required"),
        (b'{"format": 2}', "not a description that this version knows.*format: received 2"),
    ],
)
def test_a_half_written_description_is_a_clear_error(
    run: Run, content: bytes, message: str
) -> None:
    (run.folder / RECORD_FILE).write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        run.record()


def test_a_description_that_vanished_is_a_clear_error(run: Run) -> None:
    (run.folder / RECORD_FILE).unlink()
    with pytest.raises(CheckpointError, match=r"holds no run\.json; expected the folder of a run"):
        run.record()


def test_a_metrics_line_cut_short_is_ignored_and_the_others_are_read(run: Run) -> None:
    run.append_metrics({"kind": "progress", "step": 1})
    path = run.folder / "metrics.jsonl"
    path.write_bytes(path.read_bytes() + b'{"kind": "prog\n\0\0\0\n\xff\xfe\n')
    run.append_metrics({"kind": "progress", "step": 2})
    path.write_bytes(path.read_bytes() + b'{"kind": "progress", "ste')
    assert [row["step"] for row in run.metrics()] == [1, 2]


def test_no_metrics_yet_is_an_empty_list(run: Run) -> None:
    assert run.metrics() == []


def test_metrics_that_meet_a_full_disk_are_a_clear_error(run: Run) -> None:
    (run.folder / "metrics.jsonl").symlink_to("/dev/full")
    with pytest.raises(RunError, match=r"metrics\.jsonl could not be written \(No space left"):
        run.append_metrics({"kind": "progress", "step": 1})


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"want": "dance"}', '{"wants": "stop"}'])
def test_a_damaged_request_counts_as_none(run: Run, text: str) -> None:
    assert run.asked() == "run"
    (run.folder / "control.json").write_text(text)
    assert run.asked() == "run"


def test_what_is_asked_of_a_run_is_read_back(run: Run) -> None:
    for want in ("pause", "slow", "stop", "run"):
        run.ask(want)
        assert run.asked() == want


def test_a_damaged_live_frame_is_a_clear_error(run: Run) -> None:
    assert run.live_frame() is None
    run.keep_frame(frame(3))
    path = run.folder / "live.npz"
    whole = path.read_bytes()
    for content in (b"", b"not a zip", whole[: len(whole) // 2], whole[:-30], b"\x80\x04K\x01."):
        path.write_bytes(content)
        with pytest.raises(RunError, match=r"live\.npz cannot be read"):
            run.live_frame()


# Saved runs


def test_saved_lists_named_runs_with_weights_newest_first(trained: Callable[..., Run]) -> None:
    old, new = trained("old"), trained("new")
    old.update(created_at="2020-01-01T00:00:00+00:00")
    trained(None)
    runs.create(small())
    assert [record.name for record in runs.saved()] == ["new", "old"]
    assert runs.saved()[0].id == new.id


def test_saved_is_empty_before_the_first_run() -> None:
    assert runs.saved() == []


def test_a_run_that_cannot_be_read_does_not_take_the_others_with_it(
    trained: Callable[..., Run], root: Path
) -> None:
    trained("good")
    broken = trained("broken")
    (broken.folder / RECORD_FILE).write_text('{"format": 1')
    foreign = root / "not-a-run"
    foreign.mkdir()
    (foreign / RECORD_FILE).write_text("{}")
    (root / "file").write_text("")
    assert [record.name for record in runs.saved()] == ["good"]


@pytest.mark.parametrize(
    "name", ["", "   ", "\n\t", "x" * 61, "a\0b", "bell\a", "right\u202eleft", "\u200b"]
)
def test_a_name_that_is_empty_too_long_or_unprintable_is_refused(
    trained: Callable[..., Run], name: str
) -> None:
    run = trained()
    with pytest.raises(RunError, match="was received; expected 1 to 60 characters"):
        runs.save_as(run, name)
    assert run.record().name is None


def test_a_name_that_is_taken_is_refused_but_a_run_may_keep_its_own(
    trained: Callable[..., Run],
) -> None:
    first, second = trained(), trained()
    runs.save_as(first, "Mine")
    with pytest.raises(RunError, match="already a model called 'Mine'; choose another name"):
        runs.save_as(second, "  Mine ")
    assert runs.save_as(first, "Mine").name == "Mine"
    assert runs.save_as(first, "Yours").name == "Yours"
    assert runs.save_as(second, "Mine").name == "Mine"


def test_a_run_cannot_take_the_name_of_a_bundled_model(trained: Callable[..., Run]) -> None:
    with pytest.raises(RunError, match="already a model called 'digits-2d'"):
        runs.save_as(trained(), "digits-2d")


def test_a_run_without_a_model_cannot_be_saved(run: Run) -> None:
    with pytest.raises(RunError, match="no model yet; let it finish, or stop it"):
        runs.save_as(run, "Mine")


@pytest.mark.parametrize(
    "name", ["<b>x</b>", "[/red]", "**x** `y` $z$", ":smile:", "数字 é", "60" * 30]
)
def test_a_name_is_kept_as_it_was_typed_whatever_it_means_elsewhere(
    trained: Callable[..., Run], name: str
) -> None:
    assert runs.save_as(trained(), name).name == name
    assert [record.name for record in runs.saved()] == [name]


def test_white_space_within_a_name_is_made_single(trained: Callable[..., Run]) -> None:
    assert runs.save_as(trained(), " a \n  b\t").name == "a b"


# Delete with undo


def test_a_deleted_run_is_gone_and_undelete_brings_it_back_whole(
    trained: Callable[..., Run],
) -> None:
    run = trained("mine")
    files = sorted(path.name for path in run.folder.iterdir())
    runs.delete(run)
    assert runs.saved() == []
    with pytest.raises(RunError, match="not here"):
        runs.open_run(run.id)
    assert runs.undelete(run.id) == run
    assert [record.name for record in runs.saved()] == ["mine"]
    assert sorted(path.name for path in run.folder.iterdir()) == files


def test_deleting_twice_says_that_it_is_deleted_already(run: Run) -> None:
    runs.delete(run)
    with pytest.raises(RunError, match="not here any more; it has been deleted already"):
        runs.delete(run)


def test_the_trash_keeps_the_newest_twenty() -> None:
    made = [runs.create(small()) for _ in range(23)]
    for run in made:
        runs.delete(run)
        os.utime(runs.runs_root() / ".trash" / run.id)  # the clock of some file systems is coarse
        time.sleep(0.005)
    with pytest.raises(RunError, match="not in the trash any more"):
        runs.undelete(made[0].id)
    assert [runs.undelete(run.id).id for run in made[3:]] == [run.id for run in made[3:]]


# Frames and metrics over time


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


def test_a_full_disk_keeps_the_old_description(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (run.folder / RECORD_FILE).read_bytes()
    fill_disk(monkeypatch, RECORD_FILE)
    with pytest.raises(RunError, match="what was written before is still there"):
        run.update(status="paused")
    assert (run.folder / RECORD_FILE).read_bytes() == before
    assert leftovers(run.folder) == []
