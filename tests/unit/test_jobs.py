import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.unit._runs import ROOT, small, until, weights
from vae_core import jobs, runs
from vae_core.errors import CheckpointError, RunError
from vae_core.jobs import LocalExecutor
from vae_core.runs import Run
from vae_core.worker import execute

# Answers like a worker, but only notes what it is given, and goes on when a test says so.
STUB = """
import json, sys, time
from pathlib import Path
here = Path(sys.argv[1])
if (here / "broken").exists():
    (here / "broken").unlink()
    sys.exit(1)
print("ready", flush=True)
for line in sys.stdin:
    name = Path(json.loads(line)["folder"]).name
    with (here / "begun").open("a") as file:
        file.write(name + "\\n")
    while not (here / name).exists():
        time.sleep(0.002)
    print("done", flush=True)
"""


class Stubs:
    """Quick executors whose workers train nothing, to look at the queue."""

    def __init__(self, here: Path) -> None:
        self.here = here
        self.executors: list[LocalExecutor] = []

    def executor(self, num_workers: int = 1) -> LocalExecutor:
        self.executors.append(LocalExecutor(num_workers))
        return self.executors[-1]

    def begun(self) -> list[str]:
        path = self.here / "begun"
        return path.read_text().split() if path.exists() else []

    def wait_for(self, num_begun: int) -> list[str]:
        until(lambda: len(self.begun()) >= num_begun, 20, f"the start of job {num_begun}")
        return self.begun()

    def end(self, *run_ids: str) -> None:
        for run_id in run_ids:
            (self.here / run_id).touch()


# Started first: they warm up while the tests of the queue run.
@pytest.fixture(scope="module", autouse=True)
def executor() -> Iterator[LocalExecutor]:
    executor = LocalExecutor(num_workers=1)
    process = until(lambda: executor._processes.get(0), 5)
    yield executor
    process = executor._processes[0]
    executor.shutdown()
    assert not runs._is_alive(process.pid)
    assert not any(thread.is_alive() for thread in executor._threads)


PARENT = """
import sys, time
from vae_core import runs
from vae_core.jobs import LocalExecutor
executor = LocalExecutor(1)
run = runs.open_run(sys.argv[1])
executor.submit(run)
while not run.metrics():
    time.sleep(0.01)
print(executor._processes[0].pid, flush=True)
time.sleep(600)
"""


@dataclass
class Parent:
    process: "subprocess.Popen[str]"
    run: Run


@pytest.fixture(scope="module", autouse=True)
def parent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parent]:
    """Another process with an executor, which tells its worker's id once the worker trains."""
    root = tmp_path_factory.mktemp("runs")
    run = runs.create(small(1000), folder=root / ("0" * 24))
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, run.id],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "VAELAB_RUNS": str(root)},
    ) as process:
        yield Parent(process, run)
        process.kill()


@pytest.fixture
def stubs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubs]:
    real = subprocess.Popen
    (tmp_path / "stub").mkdir()

    def spawn(command: list[str], **kwargs: Any) -> Any:
        assert command[1:] == ["-m", "vae_core.worker"]
        return real([sys.executable, "-S", "-c", STUB, str(tmp_path / "stub")], **kwargs)

    monkeypatch.setattr(jobs.subprocess, "Popen", spawn)
    monkeypatch.setattr(jobs, "RESPAWN_DELAY_S", 0.01)
    monkeypatch.setattr(jobs, "HEARTBEAT_S", 0.02)
    stubs = Stubs(tmp_path / "stub")
    yield stubs
    for executor in stubs.executors:
        executor.shutdown()


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VAELAB_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def submit() -> Callable[..., Run]:
    def make(executor: LocalExecutor, owner: str = "") -> Run:
        run = runs.create(small())
        executor.submit(run, owner=owner)
        return run

    return make


Submit = Callable[..., Run]


# The queue


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
        until(lambda: queued.record().status == "queued", 5, "a heartbeat")


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
        until(lambda: queued.record().status == "queued", 5, "a heartbeat")
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
        context.setattr(Run, "renew_lease", full)
        with pytest.raises(RunError, match="No space left"):
            executor.submit(run)
    assert executor.waiting(run.id) is None
    executor.submit(run)
    assert stubs.wait_for(1) == [run.id]


# Workers that die


def test_a_job_given_to_a_worker_that_died_idle_goes_to_the_next_one(
    stubs: Stubs, submit: Submit
) -> None:
    executor = stubs.executor()
    first = submit(executor)
    stubs.end(*stubs.wait_for(1))
    until(lambda: not executor._running, 5, "the end of the first job")
    process = executor._processes[0]
    process.kill()
    process.wait()
    second = submit(executor)
    assert stubs.wait_for(2) == [first.id, second.id]
    assert executor._processes[0].pid != process.pid


def test_a_worker_that_dies_at_work_is_replaced_and_the_queue_goes_on(
    stubs: Stubs, submit: Submit
) -> None:
    executor = stubs.executor()
    first, second = submit(executor), submit(executor)
    stubs.wait_for(1)
    executor._processes[0].kill()
    assert stubs.wait_for(2) == [first.id, second.id]
    until(lambda: len(executor._running) == 1, 5, "the loss of the first job")
    executor.submit(first)


def test_a_worker_that_does_not_start_is_started_again(stubs: Stubs, submit: Submit) -> None:
    (stubs.here / "broken").touch()
    run = submit(stubs.executor())
    assert stubs.wait_for(1) == [run.id]


def test_after_shutdown_nothing_is_left_and_nothing_is_taken(stubs: Stubs, submit: Submit) -> None:
    executor = stubs.executor(2)
    submit(executor)
    stubs.wait_for(1)
    queued = [submit(executor) for _ in range(2)]
    executor.shutdown()
    assert all(process.poll() is not None for process in executor._processes.values())
    assert not any(thread.is_alive() for thread in executor._threads)
    with pytest.raises(RunError, match="The server is stopping; press the button again"):
        executor.submit(queued[-1])
    executor.shutdown()


def test_half_the_cores_work_by_default_and_at_least_one(
    stubs: Stubs, monkeypatch: pytest.MonkeyPatch
) -> None:
    for cores, expected in ((1, 1), (2, 1), (None, 1), (6, 3)):
        monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
        assert stubs.executor(None).num_workers == expected  # type: ignore[arg-type]


# Real workers


def test_a_killed_parent_leaves_no_worker_behind(parent: Parent) -> None:
    assert parent.process.stdout is not None
    worker = int(parent.process.stdout.readline())
    assert runs._is_alive(worker)
    assert parent.run.record().status == "running"
    parent.process.kill()
    until(lambda: not runs._is_alive(worker), 20, "the end of the worker")
    parent.process.wait()
    assert parent.run.record().status == "interrupted"


def ends(run: Run, status: str, seconds: float = 60) -> None:
    at_work = ("queued", "running")
    until(lambda: run.record().status not in at_work, seconds, f"the end of the run, {status},")
    assert (run.record().status, run.record().error) == (status, None)


def step_of(run: Run) -> int:
    return max((row["step"] for row in run.metrics()), default=0)


def test_a_submitted_run_trains_to_the_end_like_one_trained_here(executor: LocalExecutor) -> None:
    run, here = runs.create(small(3)), runs.create(small(3))
    executor.submit(run)
    assert run.record().status in ("queued", "running")
    execute(here)
    ends(run, "finished")
    assert weights(run) == weights(here)
    assert run.record().summary == here.record().summary


def test_pause_step_resume_and_stop_reach_a_worker_at_work(executor: LocalExecutor) -> None:
    run = runs.create(small(1000))
    executor.submit(run)
    until(lambda: step_of(run) > 0, 60, "the first step")
    run.ask("pause")
    ends(run, "paused")
    paused_at = run.record().num_done
    assert 0 < paused_at == step_of(run) < 19_000
    until(lambda: not executor._running, 5, "the worker's answer")

    executor.submit(run, max_steps=1)
    ends(run, "paused")
    assert run.record().num_done == step_of(run) == paused_at + 1
    until(lambda: not executor._running, 5, "the worker's answer")

    executor.submit(run)
    until(lambda: step_of(run) > paused_at + 1, 60, "another step")
    run.ask("stop")
    ends(run, "stopped")
    assert run.is_usable()
    assert run.record().summary is not None


def test_a_run_whose_worker_is_killed_is_interrupted_and_goes_on_to_the_same_weights(
    executor: LocalExecutor,
) -> None:
    run, undisturbed = runs.create(small(40)), runs.create(small(40))
    executor.submit(run, max_steps=30)
    ends(run, "paused")
    until(lambda: not executor._running, 5, "the worker's answer")
    executor.submit(run)
    until(lambda: step_of(run) > 30, 60, "another step")
    pid = executor._processes[0].pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: run.record().status == "interrupted", 2, "the notice that it was interrupted")

    execute(undisturbed)
    until(lambda: not executor._running, 5, "the loss of the job")
    executor.submit(run)
    ends(run, "finished")
    assert executor._processes[0].pid != pid
    assert weights(run) == weights(undisturbed)
    assert run.record().summary == undisturbed.record().summary
    assert [row["step"] for row in run.metrics()] == sorted(row["step"] for row in run.metrics())


def test_a_shutdown_while_the_workers_still_start_leaves_none() -> None:
    executor = LocalExecutor(num_workers=1)
    process = until(lambda: executor._processes.get(0), 5)
    executor.shutdown()
    assert not runs._is_alive(process.pid)
    assert not any(thread.is_alive() for thread in executor._threads)
