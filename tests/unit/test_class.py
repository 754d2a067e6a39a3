"""Thirty people press *Train* at once: real workers, one after the other."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit._runs import small, until, weights
from vae_core import runs
from vae_core.jobs import LocalExecutor, Waiting
from vae_core.runs import Run
from vae_core.worker import execute

NUM = 30
PATIENCE_S = 300


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    executor = LocalExecutor(num_workers=2, max_running=2)
    yield executor
    executor.shutdown()


def test_thirty_people_know_their_place_and_each_gets_the_run_that_they_would_have_had_alone(
    executor: LocalExecutor,
) -> None:
    alone = runs.create(small(4))
    execute(alone)
    class_ = [runs.create(small(4)) for _ in range(NUM)]
    for number, run in enumerate(class_):
        executor.submit(run, owner=f"person {number}")
    places = {run.id: executor.waiting(run.id) for run in class_}
    waiting = [told.place for told in places.values() if told is not None]
    assert waiting == list(range(1, len(waiting) + 1))
    assert len(waiting) >= NUM - 2

    last = class_[-1]
    until(lambda: _waits_for(executor.waiting(last.id)), PATIENCE_S, "an expected wait")
    until(lambda: all(_has_ended(run) for run in class_), PATIENCE_S, "the end of all")
    assert [run.record().status for run in class_] == ["finished"] * NUM
    for run in class_:
        assert weights(run) == weights(alone)
        assert _measured(run) == _measured(alone)


def _waits_for(told: Waiting | None) -> bool:
    return told is not None and told.expected_s is not None and told.expected_s > 0


def _has_ended(run: Run) -> bool:
    return run.record().status not in ("queued", "running")


def _measured(run: Run) -> list[dict[str, Any]]:
    """The rows of validation; how many steps lie between two others depends on the clock."""
    return [row for row in run.metrics() if row["kind"] == "validated"]
