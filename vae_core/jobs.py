"""A fair queue in front of warm worker processes.

The executor only submits: watching and controlling a run go through its folder (see `runs`).
"""

import json
import math
import os
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from threading import Condition, Event, Thread
from typing import Protocol

from vae_core.checkpoints import RESUME_FILE
from vae_core.child import spawn
from vae_core.errors import RunError, VAELabError
from vae_core.leases import HEARTBEAT_S
from vae_core.record import RunRecord
from vae_core.runs import Run, Want
from vae_core.turns import Expected, Job, eligible, fairest, schedule

MAX_WAITING = 3
RESPAWN_DELAY_S = 1.0
LETTING_GO_S = 0.5
TOLD_FOR_S = 0.5
SLOW_S = 60.0  # that others wait at most for a run in slow motion
MAX_FAILURES = 3


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

    def submit(
        self, run: Run, *, owner: str = "", max_steps: int | None = None, want: Want = "run"
    ) -> None:
        """Queue a run, new or paused."""
        ...

    def waiting(self, run_id: str) -> Waiting | None:
        """Tell the place of a queued run."""
        ...

    def shutdown(self) -> None:
        """End all workers."""
        ...


@dataclass(frozen=True)
class _Told:
    """Places in the queue, which thirty watchers ask for several times a second."""

    at_s: float
    queue: list[Job]
    at_work: list[Job]
    places: dict[str, Waiting]


def half_the_cores() -> int:
    """How many processes train here unless somebody says otherwise; at least one."""
    return max(1, (os.cpu_count() or 2) // 2)


class LocalExecutor:
    """Worker processes on this machine, kept warm, each served by one thread.

    The next job is the oldest of the person who has the fewest running, and among those of the
    one who was served the longest ago, so nobody waits for another's long queue.

    Args:
        num_workers: processes; `half_the_cores` by default.
        max_waiting: jobs that one person may have in the queue.
        max_running: jobs of one person at work at the same time, while others of theirs wait even
            for workers that have nothing to do; None for as many as there are workers.
    """

    def __init__(
        self,
        num_workers: int | None = None,
        *,
        max_waiting: int = MAX_WAITING,
        max_running: int | None = None,
    ) -> None:
        self.num_workers = num_workers or half_the_cores()
        self.max_waiting = max_waiting
        self.max_running = max_running or self.num_workers
        self._changed = Condition()
        self._queue: list[Job] = []
        self._turns: dict[str, int] = {}  # owner -> number of the turn they had last
        self._running: dict[int, Job] = {}
        self._paces: dict[str, float] = {}  # kind of job -> seconds an epoch
        self._told: _Told | None = None
        self._processes: dict[int, subprocess.Popen[str]] = {}
        self._open, self._closing = True, Event()
        self._threads = [
            Thread(target=self._serve, args=(number,), name=f"worker-{number}", daemon=True)
            for number in range(self.num_workers)
        ]
        self._threads.append(Thread(target=self._keep_house, name="house", daemon=True))
        for thread in self._threads:
            thread.start()

    def submit(
        self, run: Run, *, owner: str = "", max_steps: int | None = None, want: Want = "run"
    ) -> None:
        """Queue a run, new, paused, stopped or interrupted; it goes on from where it stands.

        Args:
            owner: who asks, for fairness; any string.
            max_steps: pause after so many steps.
            want: "stop" takes no step: a worker only writes the model as it is.

        Raises:
            RunError: when it is already queued or running, has finished, or the person has too
                many waiting.
        """
        with self._changed:
            self._check_open()
            self._claim(run)
            try:
                self._check_open()  # claiming may take a moment, in which a server may stop
                record = self._admit(run, owner, want)
            except VAELabError:
                run.end_lease()
                raise
            self._queue.append(Job.of(run, record, owner, max_steps, want))
            self._changed.notify_all()

    def _check_open(self) -> None:
        if not self._open:
            raise RunError("The server is stopping; press the button again when it is back.")

    def _claim(self, run: Run) -> None:
        """Take the lease, so that no other server takes the run.

        One that has just paused says so a moment before its worker, here or there, is free of it.
        """
        deadline = time.monotonic() + LETTING_GO_S
        while True:
            try:
                if self._holds(run):
                    raise RunError("This run is already under way.")
                run.claim()
                return
            except RunError:
                if time.monotonic() > deadline:
                    raise
            self._changed.wait(LETTING_GO_S / 20)

    def _admit(self, run: Run, owner: str, want: Want) -> RunRecord:
        if run.record().status == "finished":
            raise RunError("This run has finished; start another to train again.")
        if sum(job.owner == owner for job in self._queue) >= self.max_waiting:
            raise RunError(
                f"{self.max_waiting} of your runs are waiting already; let one finish or stop it "
                "first."
            )
        run.ask(want)
        return run.update(status="queued", error=None)

    def _holds(self, run: Run) -> bool:
        return any(job.run.id == run.id for job in (*self._queue, *self._running.values()))

    def withdraw(self, run: Run) -> bool:
        """Take a run out of the queue; False when it was not waiting.

        It goes back to paused when it has trained before, else it is stopped.
        """
        with self._changed:
            found = [job for job in self._queue if job.run.id == run.id]
            for job in found:
                self._queue.remove(job)
                begun = (run.folder / RESUME_FILE).exists()
                try:
                    run.update(status="paused" if begun else "stopped")
                finally:  # else it would show as queued, and be in no queue
                    run.end_lease()
            return bool(found)

    def waiting(self, run_id: str) -> Waiting | None:
        """Return a queued run's place and expected wait, or None when it is not queued."""
        return self._places().get(run_id)

    def _places(self) -> dict[str, Waiting]:
        """Every queued run's place, worked out anew when the queue changes and twice a second."""
        with self._changed:
            queue, at_work = list(self._queue), list(self._running.values())
            paces, turns, told = dict(self._paces), dict(self._turns), self._told
        now_s = time.monotonic()
        is_new = told is not None and now_s - told.at_s < TOLD_FOR_S
        if told is not None and is_new and (told.queue, told.at_work) == (queue, at_work):
            return told.places
        expected = Expected(at_work, paces)
        order = schedule(
            queue,
            expected.at_work(),
            turns,
            expected.lasts_s,
            num_workers=self.num_workers,
            max_running=self.max_running,
        )
        places = {
            job.run.id: Waiting(place, wait_s if math.isfinite(wait_s) else None)
            for place, (job, wait_s) in enumerate(order, 1)
        }
        self._told = _Told(now_s, queue, at_work, places)
        return places

    def shutdown(self) -> None:
        """End all workers; runs at work keep their last resume point and show as interrupted."""
        with self._changed:
            self._open = False
            self._closing.set()
            processes = list(self._processes.values())
            for job in self._queue:
                with suppress(RunError):  # it was deleted
                    job.run.end_lease()
            self._changed.notify_all()
        for process in processes:
            process.kill()
            process.wait()
        for thread in self._threads:
            thread.join(timeout=5)

    def _serve(self, number: int) -> None:
        """Own one worker process: start it, feed it, replace it when it dies."""
        failures = 0
        while self._open:
            process = self._spawn(number)
            if process is not None:
                # What could not be written to a dead worker is tried once more at its pipe's end.
                with suppress(BrokenPipeError), process:
                    if self._answer(process) == "ready":
                        failures = -1
                        self._feed(number, process)
            failures += 1
            if failures >= MAX_FAILURES:
                self._give_up_waiting()
            if self._open:
                time.sleep(RESPAWN_DELAY_S)

    def _give_up_waiting(self) -> None:
        """Tell the waiting that no worker starts; the next try may serve those who come later."""
        with self._changed:
            for job in self._queue:
                with suppress(VAELabError):
                    job.run.update(
                        status="failed",
                        error="No worker process can be started on this computer; the server's "
                        "output says why. Mend that, and press Resume.",
                    )
                    job.run.end_lease()
            self._queue.clear()

    def _feed(self, number: int, process: subprocess.Popen[str]) -> None:
        while (job := self._take(number)) is not None:
            message = {"folder": str(job.run.folder.resolve()), "max_steps": job.max_steps}
            try:
                assert process.stdin is not None
                process.stdin.write(json.dumps(message) + "\n")
                process.stdin.flush()
            except OSError:  # the worker died while it had nothing to do
                with self._changed:
                    del self._running[number]
                    self._queue.insert(0, job)
                    self._changed.notify_all()
                return
            answered = self._answer(process) == "done"
            pace = _pace(job) if answered else None
            with suppress(RunError):  # it was deleted; else no worker has taken the lease over
                job.run.end_lease()
            with self._changed:
                del self._running[number]
                if pace is not None:
                    self._paces[job.kind] = pace
                self._changed.notify_all()
            if not answered:  # the worker died, and with it its lease: the run shows as interrupted
                return

    def _take(self, number: int) -> Job | None:
        """Wait for the next job; None when the executor closes."""
        with self._changed:
            self._changed.wait_for(lambda: self._next() or not self._open)
            job = self._next()
            if job is None or not self._open:
                return None
            self._queue.remove(job)
            self._running[number] = job
            self._turns[job.owner] = max(self._turns.values(), default=0) + 1
            return job

    def _next(self) -> Job | None:
        """The job whose turn it is; None when nobody waits who may have another at work."""
        busy = [job.owner for job in self._running.values()]
        free = eligible(self._queue, busy, self.max_running)
        return fairest(free, busy, self._turns) if free else None

    def _spawn(self, number: int) -> subprocess.Popen[str] | None:
        with self._changed:
            if not self._open:
                return None
            try:
                process = spawn("vae_core.worker")
            except OSError:
                return None
            self._processes[number] = process
            return process

    @staticmethod
    def _answer(process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        return process.stdout.readline().strip()

    def _keep_house(self) -> None:
        """Every second: waiting runs keep their leases, and slow ones do not hold up others."""
        slow_since: dict[str, float] = {}
        while self._open:
            with self._changed:  # nobody takes one over meanwhile
                for job in self._queue:
                    with suppress(RunError):  # a deleted run or a full disk is no one else's harm
                        job.run.renew_lease()
            self._hurry(slow_since)
            self._closing.wait(HEARTBEAT_S)

    def _hurry(self, slow_since: dict[str, float]) -> None:
        """End a slow motion for which others have waited long enough.

        Args:
            slow_since: run -> when it began to be in the way; kept between calls.
        """
        with self._changed:
            waiting = {job.owner for job in self._queue}
            at_work = list(self._running.values())
        for job in at_work:
            if job.run.asked() != "slow" or not waiting - {job.owner}:
                slow_since.pop(job.run.id, None)
            elif time.monotonic() - slow_since.setdefault(job.run.id, time.monotonic()) > SLOW_S:
                with suppress(RunError):  # it was deleted
                    job.run.ask("run")


def _pace(job: Job) -> float | None:
    """Seconds of computing for an epoch of a run that has finished; None of any other."""
    try:
        record = job.run.record()
    except VAELabError:  # deleted meanwhile
        return None
    return record.elapsed_s / record.config.train.epochs if record.status == "finished" else None
