"""What the server does for a drawing: ink from a file, posteriors, nearest neighbours."""

import base64
import io
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pytest
import streamlit as st
import torch
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ui import cache
from ui.api import ROUTES, drawing
from vae_core import decode, encode, load_checkpoint
from vae_core.data import load_dataset
from vae_core.picture_files import MAX_BYTES


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(Starlette(routes=ROUTES)) as asking:
        yield asking
    st.cache_resource.clear()


def ask(client: TestClient, model: str, what: str, **body: Any) -> Any:
    key = cache.key_of(model)
    assert key is not None
    return client.post(f"/api/models/{model}/{key[1]}/{what}", json=body)


def test_the_nearest_training_pictures_are_those_of_a_search_by_hand(
    client: TestClient, bundled: Path
) -> None:
    model, train = load_checkpoint(bundled / "digits-2d").model, load_dataset("digits").train
    z = torch.tensor([[0.4, -0.3]])
    gaps = (encode(model, train.pixels()).mean - z).norm(dim=1)
    wanted = gaps.argsort()[:5]
    found = ask(client, "digits-2d", "nearest", z=z.tolist()).json()
    assert found["isOriginal"]
    assert found["labels"] == train.labels[wanted].tolist()
    assert found["distances"] == pytest.approx(gaps[wanted].tolist(), abs=1e-5)
    strip = np.asarray(Image.open(io.BytesIO(base64.b64decode(found["pictures"]))))
    shown = strip.reshape(8, 5, 8).transpose(1, 0, 2)
    np.testing.assert_allclose(shown / 255, train.pixels()[wanted, 0], atol=1 / 255)


def test_without_the_data_the_nearest_stored_latents_are_decoded(
    client: TestClient, bundled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path))
    found = load_checkpoint(bundled / "mnist-2d")
    gaps = (found.latents.encoded.mean - torch.tensor([1.0, 1.0])).norm(dim=1)
    wanted = gaps.argsort()[:5]
    answer = ask(client, "mnist-2d", "nearest", z=[[1.0, 1.0]]).json()
    assert (answer["isOriginal"], answer["labels"]) == (False, found.latents.label[wanted].tolist())
    strip = np.asarray(Image.open(io.BytesIO(base64.b64decode(answer["pictures"]))))
    pictures = decode(found.model, found.latents.encoded.mean[wanted])
    shown = strip.reshape(28, 5, 28).transpose(1, 0, 2)
    np.testing.assert_allclose(shown / 255, pictures[:, 0], atol=2 / 255)


@pytest.mark.parametrize("model", ["digits-2d", "digits-ae-2d"])
def test_a_picture_is_encoded_as_the_library_does(
    client: TestClient, bundled: Path, model: str
) -> None:
    x = load_dataset("digits").test.pixels(0, 3)
    expected = encode(load_checkpoint(bundled / model).model, x)
    found = ask(client, model, "encode", z=x.flatten(1).tolist()).json()
    torch.testing.assert_close(torch.tensor(found["mean"]), expected.mean)
    assert (found["logvar"] is None) == (expected.logvar is None)
    if expected.logvar is not None:
        torch.testing.assert_close(torch.tensor(found["logvar"]), expected.logvar)


@pytest.mark.parametrize(
    ("what", "rows", "said"),
    [
        ("nearest", [[0.0] * 3], "3 numbers received; expected 2"),
        ("nearest", [], "at least 1 item"),
        ("encode", [[0.0] * 63], "63 numbers received; expected 64"),
        ("encode", [["x"] * 64], "valid number"),
    ],
)
def test_rows_of_another_size_are_refused(
    client: TestClient, what: str, rows: list[list[Any]], said: str
) -> None:
    answer = ask(client, "digits-2d", what, z=rows)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e39", "1e999"])
@pytest.mark.parametrize(("what", "size"), [("nearest", 2), ("encode", 64), ("film", 2)])
def test_numbers_that_are_none_are_refused(
    client: TestClient, what: str, size: int, number: str
) -> None:
    key = cache.key_of("digits-2d")
    assert key is not None
    body = f'{{"z": [[{", ".join([number] * size)}]]}}'
    answer = client.post(f"/api/models/digits-2d/{key[1]}/{what}", content=body)
    assert answer.status_code == 400
    assert re.search("finite number|beyond those of 32 bits", answer.json()["error"])


def test_the_farthest_place_has_neighbours_too(client: TestClient) -> None:
    found = ask(client, "digits-2d", "nearest", z=[[3e38, -3e38]]).json()
    assert found["distances"][0] == pytest.approx(3e38 * 2**0.5)


def test_a_file_becomes_light_ink_on_black(client: TestClient) -> None:
    pixels = np.full((30, 30), 255, np.uint8)
    pixels[10:20, 14:16] = 0
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    answer = client.post("/api/ink", content=buffer.getvalue())
    assert answer.headers["content-type"] == "image/png"
    found = np.asarray(Image.open(io.BytesIO(answer.content)))
    np.testing.assert_array_equal(found, 255 - pixels)


def test_no_more_than_two_files_are_read_at_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work, most, lock = [0], [0], Lock()

    def read(_: bytes) -> np.ndarray:
        with lock:
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
        time.sleep(0.1)
        with lock:
            at_work[0] -= 1
        return np.zeros((2, 2), np.uint8)

    monkeypatch.setattr(drawing, "read_ink", read)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: client.post("/api/ink", content=b"x"), range(6)))
    assert [answer.status_code for answer in answers] == [200] * 6
    assert most == [2]


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [(b"no picture", 400, "cannot be read"), (bytes(MAX_BYTES + 1), 413, "larger than 10 MiB")],
)
def test_no_picture_and_too_large_a_file_are_refused(
    client: TestClient, content: bytes, status: int, said: str
) -> None:
    answer = client.post("/api/ink", content=content)
    assert (answer.status_code, said in answer.json()["error"]) == (status, True)
