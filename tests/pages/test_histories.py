"""The time machine over HTTP."""

import base64
import io
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.unit._runs import frame, small
from ui.api import ROUTES
from vae_core import runs
from vae_core.runs import Run


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=ROUTES))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = runs.create(small())
    for step, limit in ((0, 3.0), (19, 6.0), (38, 4.0)):
        run.keep_frame(replace(frame(step), limit=limit))
    return run


def test_the_frames_of_a_run_are_listed_with_the_axes_they_share(
    client: TestClient, run: Run
) -> None:
    answer = client.get(f"/api/runs/{run.id}/frames")
    assert answer.json() == {"steps": [0, 19, 38], "limit": 6.0, "axis_labels": ["z1", ""]}
    assert answer.headers["cache-control"] == "no-store"


def test_a_moment_is_the_frame_as_the_stream_tells_it(client: TestClient, run: Run) -> None:
    answer = client.get(f"/api/runs/{run.id}/frames/19/38")
    told = answer.json()
    assert (told["step"], told["limit"]) == (19, 6.0)
    points = np.frombuffer(base64.b64decode(told["points"]), "<f4").reshape(-1, 2)
    np.testing.assert_array_equal(points, frame(19).points)
    assert answer.headers["cache-control"] == "private, max-age=600"


def test_what_is_not_there_is_told_without_where_runs_lie(
    client: TestClient, run: Run, tmp_path: Path
) -> None:
    answer = client.get(f"/api/runs/{run.id}/frames/7/38")
    assert answer.status_code == 404
    assert f"{run.id}/frames/00000007.npz cannot be read" in answer.json()["error"]
    assert str(tmp_path) not in answer.text


def test_a_number_that_json_lacks_is_null(client: TestClient, run: Run) -> None:
    run.keep_frame(replace(frame(57), numbers={"loss_nats": math.nan}))
    told = client.get(f"/api/runs/{run.id}/frames/57/57").json()
    assert told["numbers"] == {"loss_nats": None}


@pytest.mark.parametrize("place", ["frames/7/38", "frames/19/99", "frames/-1/38", "frames/x/38"])
def test_what_is_not_there_is_a_404(client: TestClient, run: Run, place: str) -> None:
    path = run.folder / "frames" / "00000019.npz"
    if place == "frames/19/99":  # the plane is asked for when there are more than two numbers
        run.keep_frame(replace(frame(19), means=np.ones((8, 5), np.float16)))
        assert path.is_file()
    assert client.get(f"/api/runs/{run.id}/{place}").status_code == 404


@pytest.mark.parametrize("run_id", ["0" * 24, "..", "x"])
def test_a_run_that_is_not_here_is_a_404(client: TestClient, run_id: str) -> None:
    assert client.get(f"/api/runs/{run_id}/frames").status_code == 404
    assert client.get(f"/api/runs/{run_id}/frames/0/0").status_code == 404


def test_a_run_that_has_not_begun_has_no_frames(client: TestClient) -> None:
    answer = client.get(f"/api/runs/{runs.create(small()).id}/frames")
    assert answer.json()["steps"] == []


def test_the_film_of_a_bundled_model_is_a_gif_of_its_frames(client: TestClient) -> None:
    answer = client.get("/api/runs/digits-2d/film.gif?dark=1&behind=1")
    assert answer.headers["content-type"] == "image/gif"
    assert answer.headers["content-disposition"] == 'attachment; filename="digits-2d.gif"'
    steps = client.get("/api/runs/digits-2d/frames").json()["steps"]
    film = Image.open(io.BytesIO(answer.content))
    assert film.n_frames == len(steps) == 20
    assert film.convert("RGB").getpixel((0, 0)) == pytest.approx((0x0F, 0x14, 0x19), abs=6)


def test_a_run_without_frames_has_no_film(client: TestClient) -> None:
    answer = client.get(f"/api/runs/{runs.create(small()).id}/film.gif")
    assert (answer.status_code, "no frames yet" in answer.json()["error"]) == (404, True)


@pytest.mark.parametrize("run_id", ["..", "extractors", "no-such", "%2e%2e%2fruns"])
@pytest.mark.parametrize("what", ["frames", "film.gif"])
def test_other_folders_have_no_history(client: TestClient, run_id: str, what: str) -> None:
    assert client.get(f"/api/runs/{run_id}/{what}").status_code == 404
