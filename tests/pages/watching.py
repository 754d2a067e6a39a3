"""Somebody who watches a run as a page does, for the tests of the events."""

import asyncio
import json
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.unit._runs import small
from ui.api.following import Event, Follower
from vae_core import runs
from vae_core.runs import METRICS_FILE, Run


def run_at_work() -> Run:
    """A run that this process seems to train, so far without news."""
    run = runs.create(small())
    run.renew_lease()
    run.update(status="running", num_steps=38)
    return run


def append(run: Run, *steps: int) -> None:
    """Add rows, as training does."""
    for step in steps:
        run.append_metrics({"step": step, "loss_nats": step / 3})


def write(run: Run, text: str) -> None:
    """Add to the file of the rows whatever comes."""
    with (run.folder / METRICS_FILE).open("a") as file:
        file.write(text)


class Watcher:
    """Keeps what a page would keep, and comes back when it loses its connection."""

    def __init__(self, run: Run) -> None:
        self.run, self.follower = run, Follower(run)
        self.rows: list[Any] = []
        self.last_id = ""
        self.told: list[tuple[str, Any]] = []
        self.num_restarts = 0

    def look(self, arriving: int | None = None) -> list[str]:
        """Look once; where only the first `arriving` events get through, come back later."""
        events = self.follower.news()[:arriving]
        for event in events:
            self.take(event)
        if arriving is not None:
            self.follower = Follower(self.run, self.last_id)
        return [event["event"] for event in events]

    def take(self, event: Event) -> None:
        """Note one event, which is JSON in one line; of them only rows have an id."""
        assert "\n" not in event["data"]
        data = json.loads(event["data"], parse_constant=pytest.fail)
        self.told.append((event["event"], data))
        assert ("id" in event) == (event["event"] == "rows")
        if event["event"] == "rows":
            self.num_restarts += data["restarted"]
            self.rows = data["rows"] if data["restarted"] else self.rows + data["rows"]
            self.last_id = event["id"]

    def newest(self, kind: str) -> Any:
        """What the last event of a kind said."""
        return [data for name, data in self.told if name == kind][-1]


def in_a_loop(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end, in a thread of its own: a browser of other tests may hold this one's loop."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()
