"""Whose turn it is among those who wait for a worker, and when it comes."""

import heapq
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from vae_core.record import RunRecord
from vae_core.runs import Run, Want


@dataclass(frozen=True)
class Job:
    """A run that waits for a worker, or has one.

    Attributes:
        owner: who asked, for fairness; any string.
        max_steps: after which it pauses; None for all.
        kind: runs of one kind take about as long for an epoch.
        epochs: that it has still to train, also in part; 0 for one that is only to be stopped.
    """

    run: Run
    owner: str
    max_steps: int | None
    kind: str
    epochs: float

    @classmethod
    def of(
        cls, run: Run, record: RunRecord, owner: str, max_steps: int | None, want: Want = "run"
    ) -> "Job":
        """Describe what is left of a run; `record` is its description."""
        config = record.config
        done = record.num_done / record.num_steps if record.num_steps else 0.0
        kind = f"{config.dataset} {config.model.model_dump_json()}"
        epochs = 0.0 if want == "stop" else config.train.epochs * (1 - done)
        return cls(run, owner, max_steps, kind, epochs)

    @property
    def is_short(self) -> bool:
        """Say whether it takes a few steps at most."""
        return self.max_steps is not None or self.epochs == 0


def fairest(queue: Sequence[Job], busy: Sequence[str], turns: Mapping[str, int]) -> Job:
    """Return the oldest job of whoever has the fewest at work, then of who was served longest ago.

    Args:
        queue: oldest first, not empty.
        busy: owners of the jobs at work.
        turns: owner -> number of the turn they had last.
    """
    return min(queue, key=lambda job: (busy.count(job.owner), turns.get(job.owner, 0)))


def eligible(queue: Sequence[Job], busy: Sequence[str], max_running: int) -> list[Job]:
    """Return the jobs of those who may have another one at work."""
    return [job for job in queue if busy.count(job.owner) < max_running]


def schedule(
    queue: Sequence[Job],
    at_work: Sequence[tuple[str, float]],
    turns: Mapping[str, int],
    lasts_s: Callable[[Job], float],
    *,
    num_workers: int,
    max_running: int,
) -> list[tuple[Job, float]]:
    """Return the waiting jobs in the order of their turns, each with the seconds until it begins.

    Args:
        queue: oldest first.
        at_work: owner, and seconds left, of each job that has a worker; infinity where nobody
            knows, and those end in the order given.
        turns: owner -> number of the turn they had last.
        lasts_s: how long a job takes; infinity where nobody knows.
        num_workers: how many may be at work.
        max_running: of one person.
    """
    queue, turns, now_s, found = list(queue), dict(turns), 0.0, list[tuple[Job, float]]()
    ends = [(left_s, place, owner) for place, (owner, left_s) in enumerate(at_work)]
    heapq.heapify(ends)
    places = count(len(ends))
    while queue:
        busy = [owner for _, _, owner in ends]
        free = eligible(queue, busy, max_running)
        if ends and (len(ends) >= num_workers or not free):
            now_s = heapq.heappop(ends)[0]
            continue
        job = fairest(free, busy, turns)
        queue.remove(job)
        found.append((job, now_s))
        turns[job.owner] = max(turns.values(), default=0) + 1
        heapq.heappush(ends, (now_s + lasts_s(job), next(places), job.owner))
    return found


class Expected:
    """How long jobs take, as far as those at work and those before them tell.

    Args:
        at_work: jobs that have a worker.
        paces: seconds an epoch of jobs that have finished, by kind.
    """

    def __init__(self, at_work: Sequence[Job], paces: dict[str, float]) -> None:
        self._jobs, self._paces = at_work, paces
        self._rows = [job.run.newest_progress() for job in at_work]
        totals = [row["elapsed_s"] / row["step"] * row["num_steps"] for row in self._rows if row]
        self._like_those_s = max(totals, default=math.inf)

    def lasts_s(self, job: Job) -> float:
        """Seconds that a waiting job will take; infinity where nothing is known."""
        if job.is_short:
            return 0.0
        if job.kind in self._paces:
            return self._paces[job.kind] * job.epochs
        return self._like_those_s

    def at_work(self) -> list[tuple[str, float]]:
        """Owner and seconds left of each job that has a worker."""
        return [
            (job.owner, self._left_s(job, row))
            for job, row in zip(self._jobs, self._rows, strict=True)
        ]

    def _left_s(self, job: Job, row: dict[str, Any] | None) -> float:
        if job.is_short:
            return 0.0
        if job.run.asked() == "slow":  # for as long as a person likes
            return math.inf
        if row is None:
            return self.lasts_s(job)
        return float(row["elapsed_s"] / row["step"] * (row["num_steps"] - row["step"]))
