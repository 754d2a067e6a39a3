"""The queue in front of the workers: fair, told, and never lost."""

import json
import shutil
import time

import pytest

from tests.unit._jobs import Stubs, Submit
from tests.unit._runs import small, until
from vae_core import jobs, runs
from vae_core.errors import CheckpointError, RunError
from vae_core.runs import Run
from vae_core.worker import execute


def test_jobs_of_one_person_begin_in_the_order_in_which_they_came(
    stubs: Stubs, submit: Submit
) -> None:
    executor = stubs.executor()
    first = submit(executor)
    stubs.wait_for(1)
    ids = [first.id, *(submit(executor).id for _ in range(3))]
    assert [executor.waiting(run_id) for run_id in ids] == [
        None,
        *(jobs.Waiting(place, None) for place in (1, 2, 3)),
    ]
    stubs.end(*ids)
    assert stubs.wait_for(4) == ids


@pytest.mark.parametrize("num_workers", [1, 2])
def test_nobody_waits_for_anothers_long_queue(
    stubs: Stubs, submit: Submit, num_workers: int
) -> None:
    executor = stubs.executor(num_workers)
    running = [submit(executor, "ann").id for _ in range(num_workers)]
    stubs.wait_for(num_workers)
    ann = [submit(executor, "ann").id for _ in range(3)]
    bob = [submit(executor, "bob").id for _ in range(2)]
    stubs.end(running[0])
    assert stubs.wait_for(num_workers + 1)[-1] == bob[0]
    stubs.end(*running, *ann, *bob)
    assert set(stubs.wait_for(num_workers + 5)) == {*running, *ann, *bob}


def test_people_take_turns_and_the_place_told_is_the_order_that_comes(
    stubs: Stubs, submit: Submit
) -> None:
    executor = stubs.executor()
    running = submit(executor, "ann").id
    stubs.wait_for(1)
    ann = [submit(executor, "ann").id for _ in range(3)]
    bob = [submit(executor, "bob").id for _ in range(2)]
    cy = [submit(executor, "cy").id]
    expected = [bob[0], cy[0], ann[0], bob[1], ann[1], ann[2]]
    places = {run_id: executor.waiting(run_id) for run_id in expected}
    assert [waiting.place for waiting in places.values() if waiting] == [1, 2, 3, 4, 5, 6]
    stubs.end(running, *expected)
    assert stubs.wait_for(7)[1:] == expected


def test_a_person_may_have_three_runs_waiting_and_others_still_can_come(
    stubs: Stubs, submit: Submit
) -> None:
    executor = stubs.executor()
    submit(executor, "ann")
    stubs.wait_for(1)
    waiting = [submit(executor, "ann") for _ in range(3)]
    one_more = runs.create(small())
    with pytest.raises(RunError, match="3 of your runs are waiting already; let one finish or"):
        executor.submit(one_more, owner="ann")
    submit(executor, "bob")
    assert executor.withdraw(waiting[0])
    executor.submit(one_more, owner="ann")
    assert executor.waiting(one_more.id) == jobs.Waiting(4, None)


def test_a_run_under_way_cannot_be_submitted_again(stubs: Stubs, submit: Submit) -> None:
    executor = stubs.executor()
    running = submit(executor)
    stubs.wait_for(1)
    queued = submit(executor)
    for run in (running, queued):
        with pytest.raises(RunError, match="already under way"):
            executor.submit(run)
    assert executor.waiting(queued.id) == jobs.Waiting(1, None)


def test_a_finished_run_is_not_trained_again_and_loses_nothing(stubs: Stubs) -> None:
    run = runs.create(small(1))
    execute(run)
    before = {path.name: path.read_bytes() for path in run.folder.iterdir() if path.is_file()}
    with pytest.raises(RunError, match="This run has finished; start another"):
        stubs.executor().submit(run)
    assert before == {p.name: p.read_bytes() for p in run.folder.iterdir() if p.is_file()}


def test_a_run_that_was_deleted_cannot_be_submitted(stubs: Stubs) -> None:
    executor = stubs.executor()
    run = runs.create(small())
    shutil.rmtree(run.folder)
    with pytest.raises((RunError, CheckpointError), match=r"holds no run\.json"):
        executor.submit(run)
    assert executor.waiting(run.id) is None


def test_the_expected_wait_comes_from_the_runs_at_work(stubs: Stubs, submit: Submit) -> None:
    executor = stubs.executor()
    running = submit(executor)
    stubs.wait_for(1)
    queued = [submit(executor) for _ in range(2)]
    row = {"kind": "progress", "step": 25, "num_steps": 100, "elapsed_s": 5.0}
    running.append_metrics(row)
    assert executor.waiting(queued[0].id) == jobs.Waiting(1, pytest.approx(15.0))
    later = executor.waiting(queued[1].id)
    assert later is not None
    assert later.expected_s is not None
    assert later.expected_s > 15.0
    assert executor.waiting("0" * 24) is None


def test_withdrawing_takes_a_run_out_of_the_queue(stubs: Stubs, submit: Submit) -> None:
    executor = stubs.executor()
    running, new = submit(executor), submit(executor)
    stubs.wait_for(1)
    begun = runs.create(small())
    execute(begun, max_steps=1)
    executor.submit(begun)
    assert [executor.withdraw(run) for run in (new, begun, running)] == [True, True, False]
    assert (new.record().status, begun.record().status) == ("stopped", "paused")
    assert executor.waiting(new.id) is None
    last = submit(executor)
    stubs.end(running.id)
    assert stubs.wait_for(2)[-1] == last.id


def test_waiting_runs_show_as_queued_for_as_long_as_they_wait(
    stubs: Stubs, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = stubs.executor()
    submit(executor)
    stubs.wait_for(1)
    queued = submit(executor)
    lease = queued.folder / "lease.json"
    for _ in range(2):
        lease.write_text(json.dumps(json.loads(lease.read_text()) | {"heartbeat": 0}))
        until(lambda: json.loads(lease.read_text())["heartbeat"] > 0, 5, "a heartbeat")
        assert queued.record().status == "queued"


def test_a_waiting_run_that_is_deleted_does_no_harm_to_the_others(
    stubs: Stubs, submit: Submit
) -> None:
    executor = stubs.executor()
    running = submit(executor)
    stubs.wait_for(1)
    gone, queued = submit(executor), submit(executor)
    runs.delete(gone)
    lease = queued.folder / "lease.json"
    for _ in range(2):
        lease.write_text(json.dumps(json.loads(lease.read_text()) | {"heartbeat": 0}))
        until(lambda: json.loads(lease.read_text())["heartbeat"] > 0, 5, "a heartbeat")
        assert queued.record().status == "queued"
    stubs.end(running.id, gone.id)
    assert stubs.wait_for(3)[-1] == queued.id


def test_a_full_disk_while_queueing_leaves_the_queue_as_it_was(
    stubs: Stubs, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = stubs.executor()
    run = runs.create(small())

    def full(self: Run) -> None:
        raise RunError("lease.json could not be written (No space left on device).")

    with monkeypatch.context() as context:
        context.setattr(Run, "claim", full)
        with pytest.raises(RunError, match="No space left"):
            executor.submit(run)
    assert executor.waiting(run.id) is None
    executor.submit(run)
    assert stubs.wait_for(1) == [run.id]


def test_a_person_has_no_more_runs_at_work_than_allowed_while_others_use_the_workers(
    stubs: Stubs, submit: Submit
) -> None:
    executor = stubs.executor(2, max_running=1)
    first, second, third = (submit(executor, "ann").id for _ in range(3))
    assert stubs.wait_for(1) == [first]
    bob = submit(executor, "bob").id
    assert stubs.wait_for(2) == [first, bob]
    assert [executor.waiting(run_id).place for run_id in (second, third)] == [1, 2]  # type: ignore[union-attr]
    stubs.end(bob)
    until(lambda: len(executor._running) == 1, 5, "the end of bob's job")
    assert stubs.begun() == [first, bob]
    stubs.end(first)
    assert stubs.wait_for(3)[-1] == second
    stubs.end(second, third)
    assert stubs.wait_for(4)[-1] == third


def test_whoever_may_have_one_at_work_is_told_a_place_behind_those_who_come_first(
    stubs: Stubs, submit: Submit
) -> None:
    executor = stubs.executor(2, max_running=1)
    running = [submit(executor, name).id for name in ("ann", "bob")]
    stubs.wait_for(2)
    ann, cy = submit(executor, "ann").id, submit(executor, "cy").id
    places = {run_id: executor.waiting(run_id).place for run_id in (ann, cy)}  # type: ignore[union-attr]
    stubs.end(running[1])
    assert stubs.wait_for(3)[-1] == cy
    assert places == {cy: 1, ann: 2}
    stubs.end(running[0], ann, cy)
    assert stubs.wait_for(4)[-1] == ann


def test_how_many_may_wait_is_set(stubs: Stubs, submit: Submit) -> None:
    executor = stubs.executor(1, max_waiting=1)
    submit(executor, "ann")
    stubs.wait_for(1)
    submit(executor, "ann")
    with pytest.raises(RunError, match="1 of your runs are waiting already"):
        submit(executor, "ann")


def test_what_a_run_of_the_same_kind_took_is_what_the_next_is_expected_to_take(
    stubs: Stubs, submit: Submit
) -> None:
    executor = stubs.executor()
    first, second, third = (submit(executor, name) for name in ("ann", "bob", "cy"))
    stubs.wait_for(1)
    assert executor.waiting(third.id) == jobs.Waiting(2, None)
    first.update(status="finished", elapsed_s=3.0)
    stubs.end(first.id)
    stubs.wait_for(2)
    assert executor.waiting(third.id) == jobs.Waiting(1, pytest.approx(3.0))
    assert executor.waiting(second.id) is None


def test_nobody_is_promised_a_time_behind_a_run_in_slow_motion(
    stubs: Stubs, submit: Submit
) -> None:
    executor = stubs.executor()
    slow, queued = submit(executor, "ann"), submit(executor, "bob")
    stubs.wait_for(1)
    slow.append_metrics({"kind": "progress", "step": 25, "num_steps": 100, "elapsed_s": 5.0})
    slow.ask("slow")
    assert executor.waiting(queued.id) == jobs.Waiting(1, None)


def test_a_slow_motion_ends_when_others_have_waited_for_it(
    stubs: Stubs, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "SLOW_S", 0.1)
    executor = stubs.executor()
    slow = submit(executor, "ann")
    stubs.wait_for(1)
    slow.ask("slow")
    submit(executor, "ann")  # one's own patience is one's own
    time.sleep(0.3)
    assert slow.asked() == "slow"
    submit(executor, "bob")
    until(lambda: slow.asked() == "run", 5, "full speed")


def test_a_job_that_is_only_stopped_or_takes_one_step_holds_nobody_up(
    stubs: Stubs, submit: Submit
) -> None:
    executor = stubs.executor()
    running = submit(executor, "ann")
    stubs.wait_for(1)
    running.append_metrics({"kind": "progress", "step": 25, "num_steps": 100, "elapsed_s": 5.0})
    paused = [runs.create(small()) for _ in range(2)]
    executor.submit(paused[0], owner="bob", max_steps=1)
    executor.submit(paused[1], owner="cy", want="stop")
    last = submit(executor, "dan")
    assert executor.waiting(last.id) == jobs.Waiting(3, pytest.approx(15.0))
