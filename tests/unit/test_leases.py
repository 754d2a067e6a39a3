"""The status of a run follows from who works on it, and no clock can change that."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest

from tests.unit._runs import DEAD_PID, until
from vae_core import leases, runs
from vae_core.errors import RunError
from vae_core.leases import Holder
from vae_core.runs import Run

ELSEWHERE = [
    {"host": socket.gethostname() + "-2"},
    {"boot": "of another computer with this name"},
    {"pids": "pid:[1]"},
]


def write_lease(run: Run, **changes: Any) -> None:
    run.renew_lease()
    path = run.folder / "lease.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.fixture
def other() -> Iterator[Holder]:
    """Another living process of this computer."""
    command = [sys.executable, "-S", "-c", "import time; time.sleep(600)"]
    with subprocess.Popen(command) as process:
        yield Holder.here(process.pid)
        process.kill()


@pytest.mark.parametrize("status", ["queued", "running"])
def test_work_with_a_living_worker_keeps_its_status(run: Run, status: str) -> None:
    run.update(status=status)
    run.renew_lease()
    assert run.record().status == status


@pytest.mark.parametrize("heartbeat", [0, -1e9, 1e12], ids=["old", "very old", "of the future"])
def test_a_worker_that_lives_is_at_work_whatever_the_heartbeat_says(
    run: Run, heartbeat: float
) -> None:
    run.update(status="running")
    write_lease(run, heartbeat=heartbeat)
    assert run.record().status == "running"


@pytest.mark.parametrize("status", ["queued", "running"])
@pytest.mark.parametrize(
    "changes",
    [{"pid": DEAD_PID}, {"pid": 10**30}, {"started": "1"}],
    ids=["dead worker", "no process", "another process of the same number"],
)
def test_work_without_a_living_worker_is_interrupted(
    run: Run, status: str, changes: dict[str, Any]
) -> None:
    run.update(status=status)
    write_lease(run, heartbeat=time.monotonic() + 1e9, **changes)
    assert run.record().status == "interrupted"


@pytest.mark.parametrize("changes", ELSEWHERE, ids=["host", "boot", "container"])
def test_a_worker_elsewhere_is_believed_for_as_long_as_its_heartbeat_changes(
    run: Run, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    run.update(status="running")
    clock = [50.0]
    monkeypatch.setattr(leases.time, "monotonic", lambda: clock[0])
    for beat in (3.0, 2.0, 1e9):  # its clock may jump
        write_lease(run, heartbeat=beat, pid=DEAD_PID, **changes)
        assert run.record().status == "running"
        clock[0] += leases.LEASE_S - 1
        assert run.record().status == "running"
    clock[0] += 2
    assert run.record().status == "interrupted"
    write_lease(run, heartbeat=4.0, pid=DEAD_PID, **changes)
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


def test_a_lease_is_renewed_while_it_is_held_and_then_given_back(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "HEARTBEAT_S", 0.01)
    run.update(status="running")
    path = run.folder / "lease.json"
    with run.lease():
        write_lease(run, heartbeat=0)
        until(lambda: json.loads(path.read_text())["heartbeat"] > 0, 5)
        assert run.record().status == "running"
    assert not path.exists()
    assert run.record().status == "interrupted"


def test_what_another_process_works_on_is_neither_taken_nor_given_free(
    run: Run, other: Holder
) -> None:
    run.update(status="running")
    write_lease(run, **asdict(other))
    with pytest.raises(RunError, match="under way, on another server or a command line"):
        run.claim()
    run.end_lease()
    assert run.record().status == "running"
    os.kill(other.pid, 9)
    until(lambda: run.record().status == "interrupted", 5, "the end of the other process")
    run.claim()
    assert run.record().status == "running"


def test_a_worker_takes_over_from_its_server(run: Run) -> None:
    write_lease(run, **asdict(Holder.here(os.getppid())))
    run.claim()
    assert json.loads((run.folder / "lease.json").read_text())["pid"] == os.getpid()


def test_a_heartbeat_that_meets_a_full_disk_beats_on(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "HEARTBEAT_S", 0.01)
    beats: list[float] = []
    renew = Run.renew_lease

    def fails_twice(self: Run) -> None:
        beats.append(time.monotonic())
        if len(beats) in (1, 2):
            raise RunError("no space")
        renew(self)

    monkeypatch.setattr(Run, "renew_lease", fails_twice)
    with run.lease():
        until(lambda: len(beats) > 4, 5)
