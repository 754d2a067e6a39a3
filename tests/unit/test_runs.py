"""A run's folder: made, opened, read while half written."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.unit._runs import fill_disk, frame, leftovers, small
from vae_core import runs
from vae_core.errors import CheckpointError, RunError
from vae_core.record import RECORD_FILE
from vae_core.runs import Run


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


def test_a_full_disk_keeps_the_old_description(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (run.folder / RECORD_FILE).read_bytes()
    fill_disk(monkeypatch, RECORD_FILE)
    with pytest.raises(RunError, match="what was written before is still there"):
        run.update(status="paused")
    assert (run.folder / RECORD_FILE).read_bytes() == before
    assert leftovers(run.folder) == []


def test_changes_of_a_description_at_the_same_time_are_all_kept(run: Run) -> None:
    def name() -> None:
        for number in range(50):
            run.update(name=f"name {number}")

    def count() -> None:
        for number in range(50):
            run.update(num_done=number)

    with ThreadPoolExecutor(2) as pool:
        for done in (pool.submit(name), pool.submit(count)):
            done.result()
    assert (run.record().name, run.record().num_done) == ("name 49", 49)
