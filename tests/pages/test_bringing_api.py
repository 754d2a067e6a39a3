"""`POST /api/prepare`: pictures that people bring, prepared as the library does, or refused."""

import base64
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.unit.test_pictures import as_file, huge_png, written
from ui.api import ROUTES, bringing
from vae_core.pictures import MAX_BYTES, prepare


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(Starlette(routes=ROUTES)) as asking:
        yield asking


def ask(client: TestClient, content: bytes, **query: str) -> Any:
    return client.post("/api/prepare", content=content, params={"dataset": "mnist"} | query)


def shown(text: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))


@pytest.mark.parametrize("dataset", ["mnist", "digits"])
@pytest.mark.parametrize("way", ["auto", "ink", "plain"])
def test_the_answer_is_the_librarys_with_a_small_picture_of_each_step(
    client: TestClient, dataset: str, way: Any
) -> None:
    content = as_file(written(20))
    answer = ask(client, content, dataset=dataset, way=way).json()
    expected = prepare(content, dataset, way)
    pixels = (expected.picture[0, 0] * 255).round().byte().numpy()
    np.testing.assert_array_equal(shown(answer["picture"]), pixels)
    assert (answer["way"], answer["isInverted"]) == (expected.way, expected.is_inverted)
    assert [step["words"] for step in answer["steps"]] == [step.words for step in expected.steps]
    pictures = [shown(step["picture"]) for step in answer["steps"]]
    assert all(max(picture.shape) <= bringing.STEP_SIDE for picture in pictures)
    np.testing.assert_array_equal(pictures[-1], pixels)


def test_inverting_is_asked_for_by_word(client: TestClient) -> None:
    content = as_file(written(20))
    for word, is_inverted in (("yes", True), ("no", False)):
        answer = ask(client, content, way="plain", invert=word).json()
        expected = prepare(content, "mnist", "plain", is_inverted=is_inverted).picture
        assert answer["isInverted"] == is_inverted
        got = torch.from_numpy(shown(answer["picture"]).copy()).float() / 255
        torch.testing.assert_close(got, expected[0, 0], rtol=0, atol=0.5 / 255 + 1e-6)


@pytest.mark.parametrize(
    ("content", "query", "said"),
    [
        (b"", {}, "cannot be read as a picture; expected PNG, JPEG or WebP"),
        (b"<svg/>", {}, "cannot be read as a picture"),
        (huge_png(60_000, 60_000), {}, "far more than 25 million pixels"),
        (as_file(np.zeros((1, 5_000), np.uint8)), {}, "5,000 x 1 pixels was received"),
        (as_file(written(9)), {"way": "best"}, "'best'. Expected one of: auto, ink, plain"),
        (as_file(written(9)), {"invert": "x" * 500}, "received; expected auto, yes, no"),
        (as_file(written(9)), {"dataset": "../../etc"}, "Unknown data set '../../etc'"),
        (as_file(written(9)), {"dataset": "a" * 9_000}, "Unknown data set 'aaa"),
    ],
)
def test_anything_else_is_refused_in_words(
    client: TestClient, content: bytes, query: dict[str, str], said: str
) -> None:
    answer = ask(client, content, **query)
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert len(answer.json()["error"]) < 400


def test_a_file_that_is_too_long_is_refused(client: TestClient) -> None:
    def in_parts() -> Iterator[bytes]:  # says nothing of its length beforehand
        for _ in range(MAX_BYTES // 2**20 + 1):
            yield bytes(2**20)

    for content in (in_parts(), bytes(MAX_BYTES + 1)):
        answer = client.post("/api/prepare?dataset=mnist", content=content)
        assert answer.status_code == 413
        assert "larger than 10 MiB" in answer.json()["error"]


def test_only_two_are_read_at_once(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, now, most = Lock(), [], []
    content = as_file(written(9))

    def slow(*words: Any, **more: Any) -> Any:
        with lock:
            now.append(1)
            most.append(len(now))
        try:
            return prepare(*words, **more)
        finally:
            with lock:
                now.pop()

    monkeypatch.setattr(bringing, "prepare", slow)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: ask(client, content), range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert max(most) <= 2
