"""A fair queue in front of warm worker processes.

The executor only submits: watching and controlling a run go through its folder (see `runs`).
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Thread
from typing import Protocol

from vae_core.checkpoints import RESUME_FILE
from vae_core.errors import RunError
from vae_core.runs import HEARTBEAT_S, Run

MAX_WAITING_PER_OWNER = 3
RESPAWN_DELAY_S = 1.0


@dataclass(frozen=True)
class Waiting:
    """Where a queued run stands.

    Attributes:
        place: 1 is next.
        expected_s: until it starts; None when nothing is known about the runs before it.
    """

    place: int
    expected_s: float | None


class Executor(Protocol):
    """Whatever trains runs: this machine's workers, later a cluster."""

    def submit(self, run: Run, *, owner: str = "", max_steps: int | None = None) -> None:
        """Queue a run, new or paused."""
        ...

    def waiting(self, run_id: str) -> Waiting | None:
        """Tell the place of a queued run."""
        ...

    def shutdown(self) -> None:
        """End all workers."""
        ...


@dataclass(frozen=True)
class _Job:
    run: Run
    owner: str
    max_steps: int | None


class LocalExecutor:
    """Worker processes on this machine, kept warm, each served by one thread.

    The next job is the oldest of the person who has the fewest running, so nobody waits for
    another's long queue.

    Args:
        num_workers: processes; half the cores by default, at least one.
    """

    def __init__(self, num_workers: int | None = None) -> None:
        self.num_workers = num_workers or max(1, (os.cpu_count() or 2) // 2)
        self._changed = Condition()
        self._queue: list[_Job] = []
        self._running: dict[int, _Job] = {}
        self._processes: dict[int, subprocess.Popen[str]] = {}
        self._open = True
        self._threads = [
            Thread(target=self._serve, args=(number,), name=f"worker-{number}", daemon=True)
            for number in range(self.num_workers)
        ]
        self._threads.append(Thread(target=self._keep_leases, name="leases", daemon=True))
        for thread in self._threads:
            thread.start()

    def submit(self, run: Run, *, owner: str = "", max_steps: int | None = None) -> None:
        """Queue a run, new, paused, stopped or interrupted; it goes on from where it stands.

        Args:
            owner: who asks, for fairness; any string.
            max_steps: pause after so many steps.

        Raises:
            RunError: when it is already queued or running, has ended, or the person has too many
                waiting.
        """
        with self._changed:
            if not self._open:
                raise RunError("The server is stopping; press the button again when it is back.")
            at_work = [*self._queue, *self._running.values()]
            if any(job.run.id == run.id for job in at_work):
                raise RunError("This run is already under way.")
            if sum(job.owner == owner for job in self._queue) >= MAX_WAITING_PER_OWNER:
                raise RunError(
                    f"{MAX_WAITING_PER_OWNER} of your runs are waiting already; let one finish or "
                    "stop it first."
                )
            run.ask("run")
            run.renew_lease()
            run.update(status="queued", error=None)
            self._queue.append(_Job(run, owner, max_steps))
            self._changed.notify_all()

    def withdraw(self, run: Run) -> bool:
        """Take a run out of the queue; False when it was not waiting.

        It goes back to paused when it has trained before, else it is stopped.
        """
        with self._changed:
            found = [job for job in self._queue if job.run.id == run.id]
            for job in found:
                self._queue.remove(job)
                begun = (run.folder / RESUME_FILE).exists()
                run.update(status="paused" if begun else "stopped")
            return bool(found)

    def waiting(self, run_id: str) -> Waiting | None:
        """Return a queued run's place and expected wait, or None when it is not queued."""
        with self._changed:
            places = [job.run.id for job in self._queue]
            running = [job.run for job in self._running.values()]
        if run_id not in places:
            return None
        place = places.index(run_id) + 1
        remaining = [_remaining_s(run) for run in running]
        known = [seconds for seconds in remaining if seconds is not None]
        if not known:
            return Waiting(place, None)
        # The nearest free worker, and for each one waiting before it a run like those at work.
        return Waiting(place, min(known) + (place - 1) * max(known) / self.num_workers)

    def shutdown(self) -> None:
        """End all workers; runs at work keep their last resume point and show as interrupted."""
        with self._changed:
            self._open = False
            processes = list(self._processes.values())
            self._changed.notify_all()
        for process in processes:
            process.kill()
            process.wait()
        for thread in self._threads:
            thread.join(timeout=5)

    def _serve(self, number: int) -> None:
        """Own one worker process: start it, feed it, replace it when it dies."""
        while self._open:
            process = self._spawn(number)
            if process is None:
                return
            with process:
                if self._answer(process) == "ready":
                    self._feed(number, process)
            if self._open:
                time.sleep(RESPAWN_DELAY_S)

    def _feed(self, number: int, process: subprocess.Popen[str]) -> None:
        while (job := self._take(number)) is not None:
            message = {"folder": str(job.run.folder.resolve()), "max_steps": job.max_steps}
            try:
                assert process.stdin is not None
                process.stdin.write(json.dumps(message) + "\n")
                process.stdin.flush()
                answered = self._answer(process) == "done"
            except OSError:
                answered = False
            finally:
                with self._changed:
                    self._running.pop(number, None)
            if not answered:
                return  # the worker died: its lease tells that the run was interrupted

    def _take(self, number: int) -> _Job | None:
        """Wait for the next job; None when the executor closes."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or not self._open)
            if not self._open:
                return None
            busy = [job.owner for job in self._running.values()]
            job = min(self._queue, key=lambda job: busy.count(job.owner))
            self._queue.remove(job)
            self._running[number] = job
            return job

    def _spawn(self, number: int) -> subprocess.Popen[str] | None:
        with self._changed:
            if not self._open:
                return None
            process = subprocess.Popen(
                [sys.executable, "-m", "vae_core.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                # The package is found from whichever folder the server was started in.
                env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])},
            )
            self._processes[number] = process
            return process

    @staticmethod
    def _answer(process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        return process.stdout.readline().strip()

    def _keep_leases(self) -> None:
        """Renew the leases of waiting runs, so that they show as queued, not as interrupted."""
        while self._open:
            with self._changed:
                for job in self._queue:
                    job.run.renew_lease()
                self._changed.wait(HEARTBEAT_S)


def _remaining_s(run: Run) -> float | None:
    rows = [row for row in run.metrics()[-3:] if row["kind"] == "progress"]
    if not rows:
        return None
    last = rows[-1]
    left = 1 - last["step"] / last["num_steps"]
    return float(last["elapsed_s"] / max(last["step"], 1) * left * last["num_steps"])
