"""What a watcher is told of a run: every row once, changes of status, the end after the rest."""

import json
import random
import time
from typing import Any

import numpy as np
import pytest

from tests.pages.watching import Watcher, append, run_at_work, write
from tests.unit._runs import frame
from ui.api import following
from ui.api.following import ENDED, Follower
from vae_core import runs
from vae_core.runs import METRICS_FILE, Run


@pytest.fixture(autouse=True)
def attentive(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look reads the status."""
    monkeypatch.setattr(following, "STATUS_EVERY_S", 0.0)


@pytest.fixture
def run() -> Run:
    return run_at_work()


@pytest.fixture
def watcher(run: Run) -> Watcher:
    return Watcher(run)


# Rows


def test_whoever_comes_gets_all_rows_so_far_at_once(run: Run, watcher: Watcher) -> None:
    append(run, 1, 2, 3)
    assert watcher.look() == ["rows", "status"]
    assert (watcher.rows, watcher.num_restarts) == (run.metrics(), 1)
    assert watcher.look() == []
    append(run, 4)
    assert watcher.look() == ["rows"]
    assert (watcher.rows, watcher.num_restarts) == (run.metrics(), 1)


def test_a_run_without_rows_has_none_to_tell_until_there_is_one(run: Run, watcher: Watcher) -> None:
    assert watcher.look() == ["status"]
    run.forget_after(-1)  # training begins: an empty file
    watcher.look()
    append(run, 1)
    watcher.look()
    assert (watcher.rows, watcher.num_restarts) == (run.metrics(), 1)


@pytest.mark.parametrize("seed", range(40))
def test_every_row_arrives_once_whatever_is_cut_and_rewritten(run: Run, seed: int) -> None:
    chance, watcher = random.Random(seed), Watcher(run)
    for step in range(1, 60):
        match chance.randrange(9):
            case 0 | 1 | 2:
                append(run, step, step + 1)
            case 3:  # somebody looks, or comes, while a line is being written
                text = json.dumps({"step": step})
                place = chance.randrange(len(text))
                write(run, text[:place])
                watcher.look(chance.choice([None, 0, 1]))
                write(run, text[place:] + "\n")
            case 4:  # it resumes from an earlier step
                run.forget_after(chance.randrange(step))
            case 5:
                run.keep_frame(frame(step))
            case 6:
                watcher.look(chance.randrange(4))
            case _:
                watcher.look()
                assert watcher.rows == run.metrics()
    watcher.look()
    assert watcher.rows == run.metrics()


@pytest.mark.parametrize("is_cut", [False, True])
@pytest.mark.parametrize(
    ("last", "restarts"), [(-1, 2), (2, 2), (3, 1)], ids=["all dropped", "dropped", "kept"]
)
def test_all_comes_anew_only_where_rows_were_dropped_that_the_watcher_has(
    run: Run, watcher: Watcher, last: int, restarts: int, is_cut: bool
) -> None:
    append(run, 1, 2, 3)
    watcher.look(arriving=9 if is_cut else None)
    append(run, 4)  # not seen by anybody
    run.forget_after(last)
    append(run, 8, 9)
    watcher.look()
    assert (watcher.rows, watcher.num_restarts) == (run.metrics(), restarts)


def test_rows_of_the_same_length_in_the_place_of_others_are_noticed(
    run: Run, watcher: Watcher
) -> None:
    """A disk may give the number of a deleted file to the next one."""
    append(run, 1, 2, 3)
    watcher.look()
    path = run.folder / METRICS_FILE
    path.write_text(path.read_text().replace('"step": 2', '"step": 7'))
    watcher.look()
    assert [row["step"] for row in watcher.rows] == [1, 7, 3]


def test_half_a_line_waits_for_its_other_half(run: Run, watcher: Watcher) -> None:
    append(run, 1)
    write(run, '{"step": 2, "loss')
    watcher.look()
    assert [row["step"] for row in watcher.rows] == [1]
    assert watcher.look() == []
    write(run, '_nats": 0.5}\n{"st')
    assert watcher.look() == ["rows"]
    assert watcher.rows[1:] == [{"step": 2, "loss_nats": 0.5}]


def test_a_damaged_line_is_left_out_and_those_after_it_are_not(run: Run, watcher: Watcher) -> None:
    append(run, 1)
    with (run.folder / METRICS_FILE).open("ab") as file:
        file.write(b'{"step": 2, "lo{"step": 3}\n\xff\xfe\n\n')
    append(run, 4)
    watcher.look(arriving=9)
    append(run, 5)
    watcher.look()
    assert [row["step"] for row in watcher.rows] == [1, 4, 5]


def test_what_is_no_number_becomes_null(run: Run, watcher: Watcher) -> None:
    run.append_metrics({"step": 1, "best": float("nan"), "extra": {"mmd": [float("inf"), 1.0]}})
    watcher.look()
    assert watcher.rows == [{"step": 1, "best": None, "extra": {"mmd": [None, 1.0]}}]


NINES = "9" * 5_000
NO_PLACES = ["rows", "rows:1", "rows:-1:0", "rows:1e3:0", "frame:0:0", "rows:0:0:0", "rows:٣:٣"]
NOT_HERE = ["rows:5:1", "rows:99999:0", f"rows:{10**14}:1", f"rows:{NINES}:0", f"rows:0:{NINES}"]


@pytest.mark.parametrize("after", NO_PLACES + NOT_HERE, ids=lambda after: after[:20])
def test_the_id_of_no_place_in_the_file_means_from_the_beginning(run: Run, after: str) -> None:
    append(run, 1, 2)
    watcher = Watcher(run)
    watcher.follower = Follower(run, after)
    watcher.look()
    assert (watcher.rows, watcher.num_restarts) == (run.metrics(), 1)


# Status and end


def test_a_status_is_told_when_it_the_step_or_the_error_changes(run: Run, watcher: Watcher) -> None:
    watcher.look()
    run.update(elapsed_s=2.5)  # alone no news: every row says it
    assert watcher.look() == []
    run.update(num_done=4)
    assert watcher.look() == ["status"]
    run.update(status="paused")
    assert watcher.look() == ["status"]
    expected = {"status": "paused", "num_done": 4, "num_steps": 38, "elapsed_s": 2.5, "error": None}
    assert watcher.newest("status") == expected | {"waiting": None, "is_slow": False}
    run.update(status="queued")
    assert watcher.look() == ["status"]
    assert not watcher.follower.is_over


def test_a_run_that_waits_is_told_its_place_whenever_that_changes(run: Run) -> None:
    places = iter(["place 2", "place 2", "place 1", "nowhere"])
    follower = Follower(run, waiting=lambda run_id: f"{run_id} at {next(places)}")
    run.update(status="queued")
    told = []
    for status in ("queued", "queued", "queued", "running"):
        run.update(status=status)
        follower._asked_at = -1.0
        told += [json.loads(event["data"])["waiting"] for event in follower.news()]
    assert told == [f"{run.id} at place 2", f"{run.id} at place 1", None]


def test_what_went_wrong_is_told_without_where_runs_lie(run: Run) -> None:
    run.update(status="failed", error=f"{run.folder.resolve()}/live.npz could not be written.")
    (status,) = [event for event in Follower(run).news() if event["event"] == "status"]
    assert json.loads(status["data"])["error"] == f"{run.id}/live.npz could not be written."


def test_the_status_is_read_four_times_a_second(
    run: Run, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(np.arange(0.0, 2.0, 0.05))
    monkeypatch.setattr(following, "STATUS_EVERY_S", 0.25)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    num_told = 0
    for step in range(40):
        run.update(num_done=step)
        num_told += watcher.look() == ["status"]
    assert num_told in (7, 8)


@pytest.mark.parametrize("status", ENDED)
def test_all_that_a_run_has_left_is_told_before_its_end(
    run: Run, watcher: Watcher, status: Any
) -> None:
    watcher.look()
    append(run, 1, 2)
    run.keep_frame(frame(2))
    if status == "interrupted":
        run.end_lease()  # the worker was killed
    else:
        run.update(status=status, error="why")
    assert watcher.look() == ["frame", "rows", "status", "end"]
    assert watcher.follower.is_over
    assert (watcher.rows, watcher.newest("status")["status"]) == (run.metrics(), status)
    assert (watcher.newest("frame")["step"], watcher.newest("end")) == (2, {})


def test_what_is_written_while_a_watcher_looks_is_told_before_the_end(
    run: Run, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ends just after its status was read: the end is told at the next look."""
    read = Run.record

    def record(self: Run) -> Any:
        before = read(self)
        if before.status == "running":
            append(run, 1)
            run.keep_frame(frame(1))
            run.update(status="finished")
        return before

    monkeypatch.setattr(Run, "record", record)
    assert watcher.look() == ["frame", "rows", "status"]
    assert watcher.look() == ["status", "end"]


@pytest.mark.parametrize("has_begun", [False, True])
def test_a_run_that_is_deleted_ends_the_stream(run: Run, watcher: Watcher, has_begun: bool) -> None:
    append(run, 1)
    if has_begun:
        watcher.look()
    runs.delete(run)
    assert watcher.look() == ["end"]
    assert watcher.follower.is_over
