"""Workers: real ones, and those that die."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.unit._jobs import Stubs, Submit
from tests.unit._runs import ROOT, small, until, weights
from vae_core import leases, runs
from vae_core.errors import RunError
from vae_core.jobs import LocalExecutor
from vae_core.runs import Run
from vae_core.worker import execute


# Started first: they warm up while the tests of the queue run.
@pytest.fixture(scope="module", autouse=True)
def executor() -> Iterator[LocalExecutor]:
    executor = LocalExecutor(num_workers=1)
    process = until(lambda: executor._processes.get(0), 5)
    yield executor
    process = executor._processes[0]
    executor.shutdown()
    assert not leases.is_alive(process.pid)
    assert not any(thread.is_alive() for thread in executor._threads)


PARENT = """
import sys, time
from vae_core import leases, runs
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


def test_a_killed_parent_leaves_no_worker_behind(parent: Parent) -> None:
    assert parent.process.stdout is not None
    worker = int(parent.process.stdout.readline())
    assert leases.is_alive(worker)
    assert parent.run.record().status == "running"
    parent.process.kill()
    until(lambda: not leases.is_alive(worker), 20, "the end of the worker")
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
    assert not leases.is_alive(process.pid)
    assert not any(thread.is_alive() for thread in executor._threads)
