"""The stream of a run's news over HTTP: who may ask, from where on, and how it ends."""

import asyncio
import gc
import json
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any
from weakref import WeakSet

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.types import Message

from tests.pages.watching import append, in_a_loop, run_at_work
from tests.unit._runs import ROOT, frame
from ui.api import events
from ui.api.following import Event, Follower
from vae_core.runs import Run

APP = Starlette(routes=events.ROUTES)
SERVER = """
import socket, sys, uvicorn
from starlette.applications import Starlette
from ui.api.events import ROUTES
config = uvicorn.Config(Starlette(routes=ROUTES), log_level="warning", ws="none")
uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])
"""


@pytest.fixture
def run() -> Run:
    return run_at_work()


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(APP) as asking:
        yield asking


def told_by(lines: Iterable[str]) -> Iterator[Event]:
    """Server-sent events, as a browser reads them."""
    event: Event = {}
    for line in lines:
        if line and not line.startswith(":"):
            name, value = line.split(": ", 1)
            event[name] = value
        elif event:
            yield event
            event = {}


def kinds(told: Iterable[Event]) -> list[str]:
    return [event["event"] for event in told]


# Asked once


@pytest.mark.parametrize("run_id", ["0" * 24, "nothing", "..", ".trash"])
def test_an_unknown_run_is_a_json_404(client: TestClient, run_id: str) -> None:
    answer = client.get(f"/api/events/{run_id.replace('.', '%2e')}")
    assert answer.status_code == 404
    assert "This run is not here" in answer.json()["error"]


def test_the_stream_of_a_finished_run_tells_all_and_ends(client: TestClient, run: Run) -> None:
    append(run, 1, 2)
    run.keep_frame(frame(2))
    run.update(status="finished")
    answer = client.get(f"/api/events/{run.id}")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    told = list(told_by(answer.text.splitlines()))
    assert kinds(told) == ["frame", "rows", "status", "end"]
    assert json.loads(told[1]["data"]) == {"rows": run.metrics(), "restarted": True}


def test_a_watcher_says_by_header_or_address_where_it_was_and_the_header_wins(
    client: TestClient, run: Run
) -> None:
    ids = []
    for step in (1, 2):
        append(run, step)
        ids.append(Follower(run).news()[0]["id"])
    append(run, 3)
    run.update(status="finished")

    def steps(after: str, header: str) -> list[int]:
        headers = {"Last-Event-ID": header} if header else {}
        answer = client.get(f"/api/events/{run.id}", params={"after": after}, headers=headers)
        (rows,) = [e for e in told_by(answer.text.splitlines()) if e["event"] == "rows"]
        return [row["step"] for row in json.loads(rows["data"])["rows"]]

    assert steps("", "") == [1, 2, 3]
    assert steps(ids[0], "") == [2, 3]
    assert steps("", ids[1]) == [3]
    assert steps(ids[0], ids[1]) == [3]


# Watched, by a browser that is played here: without a network, so every wait is chosen


@pytest.fixture
def followers(monkeypatch: pytest.MonkeyPatch) -> "WeakSet[Follower]":
    """Those that are still alive."""
    alive: WeakSet[Follower] = WeakSet()

    def noted(*given: Any) -> Follower:
        follower = Follower(*given)
        alive.add(follower)
        return follower

    monkeypatch.setattr(events, "Follower", noted)
    return alive


Take = Callable[[Event, asyncio.Event], Awaitable[None]]


async def visit(run: Run, take: Take) -> None:
    """Watch until the stream ends; `take` gets each event, and may say that the page was left."""
    has_left, requests = asyncio.Event(), [{"type": "http.request", "body": b""}]

    async def receive() -> Message:
        if requests:
            return requests.pop()
        await has_left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        for event in told_by([*message.get("body", b"").decode().splitlines(), ""]):
            await take(event, has_left)

    path = f"/api/events/{run.id}"
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
    async with asyncio.timeout(10):
        await APP(scope, receive, send)


def test_a_slow_connection_skips_frames_but_no_rows(run: Run) -> None:
    frames: list[int] = []
    rows: list[dict[str, Any]] = []

    async def take(event: Event, _: asyncio.Event) -> None:
        data = json.loads(event["data"])
        match event["event"]:
            case "frame":
                frames.append(data["step"])
            case "rows":
                rows.extend(data["rows"])
            case "status" if not rows:
                for step in range(1, 6):  # while this event is on its way
                    append(run, step)
                    run.keep_frame(frame(step))
                run.update(status="finished")

    in_a_loop(visit(run, take))
    assert frames == [5]
    assert rows == run.metrics()


@pytest.mark.parametrize("is_slow", [False, True])
def test_a_page_that_is_left_leaves_nothing_behind(
    run: Run, followers: "WeakSet[Follower]", is_slow: bool
) -> None:
    async def take(_: Event, has_left: asyncio.Event) -> None:
        assert len(followers) == 1
        has_left.set()
        if is_slow:  # the event will never get there
            await asyncio.Event().wait()

    async def come_and_go() -> None:
        await visit(run, take)
        async with asyncio.timeout(10):
            while followers:  # a thread that was reading for it may only be about to end
                gc.collect()
                await asyncio.sleep(0.01)

    in_a_loop(come_and_go())


# Served


def test_news_arrive_as_they_happen_and_an_open_stream_holds_no_server_up(run: Run) -> None:
    run.update(status="paused")  # needs no heartbeat from here
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(listening.fileno())],
            cwd=ROOT,
            pass_fds=[listening.fileno()],
        )
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/api/events/{run.id}"
    try:
        with httpx2.stream("GET", address, timeout=60) as answer:
            told = told_by(answer.iter_lines())
            assert kinds([next(told)]) == ["status"]
            for step in (1, 2):
                append(run, step)
                assert [row["step"] for row in json.loads(next(told)["data"])["rows"]] == [step]
            began = time.monotonic()
            server.terminate()
            assert list(told) == []
            server.wait(20)
            assert time.monotonic() - began < 2.0
    finally:
        server.kill()
        server.wait()
