"""The status of a run follows from who works on it."""

import json
import socket
import time
from typing import Any

import pytest

from tests.unit._runs import DEAD_PID, until
from vae_core import runs
from vae_core.errors import RunError
from vae_core.runs import Run


def write_lease(run: Run, **changes: Any) -> None:
    run.renew_lease()
    path = run.folder / "lease.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


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
