"""`POST /api/restore/search`: the film of a search, bounded, refused where it is none."""

import base64
import io
import json
from collections.abc import Iterator
from typing import Any

import anyio
import numpy as np
import pytest
import streamlit as st
import torch
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.pages.watching import in_a_loop
from ui.api import ROUTES, searching
from ui.restoring import clean_images
from vae_core import catalogue, load_checkpoint, load_dataset
from vae_core.corruption import damage
from vae_core.metrics import psnr_db
from vae_core.restoration import search

MODEL = "digits-2d"
BODY = {"model": MODEL, "kind": "half", "level": 0.5, "noise": 3, "methods": [f"search:{MODEL}"]}


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(Starlette(routes=ROUTES)) as asking:
        yield asking
    st.cache_resource.clear()


def events(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Server-sent events, without the comments that keep a connection alive."""
    found = []
    for part in text.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in part.split("\n") if ": " in line)
        if "event" in fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


def test_the_film_is_the_librarys_search_step_by_step(client: TestClient) -> None:
    told = events(client.post("/api/restore/search", json=BODY).text)
    names, steps = [name for name, _ in told], [data for name, data in told if name == "step"]
    clean = clean_images(load_dataset("digits").spec, 0)
    damaged = damage(clean.images, "half", 0.5, torch.Generator().manual_seed(3))
    model = load_checkpoint(catalogue.folder_of(MODEL)).model
    expected = list(search(model, damaged, clean.conditions, seed=3))
    assert names == ["step"] * len(expected) + ["end"]
    for data, step in zip(steps, expected, strict=True):
        numbers = data["numbers"][f"search:{MODEL}"]
        wanted = psnr_db(step.images, clean.images)
        assert (data["step"], data["numSteps"]) == (step.step, step.num_steps)
        assert numbers["psnrDb"] == pytest.approx(wanted.tolist(), abs=1e-3)
        assert data["logJoint"] == pytest.approx(step.log_joint.tolist(), abs=1e-3)
        sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(data["sheet"]))))
        last = sheet.reshape(3, 8, 8, 8)[2].transpose(1, 0, 2)
        np.testing.assert_allclose(last / 255, step.images[:, 0], atol=1 / 255)
    sums = [sum(data["logJoint"]) for data in steps]
    assert sums == sorted(sums)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"methods": []}, "expected one"),
        ({"methods": ["biharmonic"]}, "expected one"),
        ({"methods": [f"one-pass:{MODEL}"]}, "expected one"),
        ({"methods": [f"search:{MODEL}", "search:digits-denoise-16d"]}, "2 methods received"),
        ({"methods": ["search:digits-ae-2d"]}, "Unknown method"),
        ({"methods": ["search:nobody"]}, "not here"),
        ({"kind": "rain"}, "Unknown corruption"),
        ({"level": 7}, "expected a number from 0 to 1"),
        ({"own": ["!"]}, "expected a PNG"),
    ],
)
def test_what_is_no_search_is_refused(
    client: TestClient, change: dict[str, Any], said: str
) -> None:
    answer = client.post("/api/restore/search", json=BODY | change)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_what_goes_wrong_on_the_way_is_told(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **options: object) -> Iterator[object]:
        raise searching.InvalidInputError("No code is finite; choose another image.")
        yield

    monkeypatch.setattr(searching, "search", broken)
    told = events(client.post("/api/restore/search", json=BODY).text)
    assert told == [("failed", {"error": "No code is finite; choose another image."})]
    assert searching._SEARCHES.available_tokens == searching.AT_ONCE


def test_two_search_at_a_time_and_the_others_are_told_that_they_wait() -> None:
    """And whoever stops listening makes room."""
    heard: list[str] = []

    async def listen(number: int, wanted: searching._Search, room: anyio.Event) -> None:
        told = searching._told(wanted, anyio.Event())
        try:
            async for event in told:
                heard.append(f"{number} {event['event']}")
                if event["event"] == "step":
                    await room.wait()
                    return
        finally:
            await told.aclose()

    async def all_of_them() -> None:
        room = anyio.Event()
        async with anyio.create_task_group() as tasks:
            for number in range(3):
                wanted = searching._Search(json.dumps(BODY).encode())
                tasks.start_soon(listen, number, wanted, room)
            while len(heard) < 3:
                await anyio.sleep(0.01)
            await anyio.sleep(0.2)
            assert sorted(heard) == ["0 step", "1 step", "2 waiting"]
            room.set()
        assert heard[-1] == "2 step"
        assert searching._SEARCHES.available_tokens == searching.AT_ONCE

    in_a_loop(all_of_them())
    st.cache_resource.clear()


def test_too_many_who_wait_are_turned_away(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "MAX_WAITING", 0)
    answer = client.post("/api/restore/search", json=BODY)
    assert (answer.status_code, answer.json()["error"][:8]) == (503, "Too many")
