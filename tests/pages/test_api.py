"""The server's own routes, asked as a browser asks them."""

import asyncio
import gzip
import io
import time
from collections.abc import AsyncGenerator, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
import torch
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from ui import cache
from ui.api import ROUTES
from ui.api.assets import PLOTLY_URL
from ui.api.models import posted_body
from ui.components import SCRIPTS, VERSION
from vae_core import decode, load_checkpoint
from vae_core.data import load_dataset


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(Starlette(routes=ROUTES)) as asking:
        yield asking
    st.cache_resource.clear()


def address(model: str) -> str:
    key = cache.key_of(model)
    assert key is not None
    return f"/api/models/{model}/{key[1]}"


def picture(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "BREW"])
def test_an_unknown_address_is_a_json_404(client: TestClient, method: str) -> None:
    answer = client.request(method, "/api/nothing/here")
    assert answer.status_code == 404
    assert answer.json() == {"error": "There is nothing at /api/nothing/here."}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("POST", PLOTLY_URL, "GET, HEAD"), ("GET", "/api/ink", "POST"), ("BREW", "/api/ink", "POST")],
)
def test_a_method_that_an_address_does_not_take_is_a_json_405(
    client: TestClient, method: str, path: str, allowed: str
) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    assert answer.json() == {"error": f"{path} does not take {method}."}


def test_scripts_are_served_under_their_version_alone(client: TestClient) -> None:
    answer = client.get(f"/api/js/{VERSION}/net.js")
    assert answer.content == SCRIPTS["net.js"]
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert client.get("/api/js/other/net.js").status_code == 404
    assert client.get(f"/api/js/{VERSION}/__init__.py").status_code == 404
    assert client.get(f"/api/js/{VERSION}/..%2f..%2fapp.py").status_code == 404


def test_plotly_travels_compressed_to_whoever_can_read_it(client: TestClient) -> None:
    with client.stream("GET", PLOTLY_URL, headers={"accept-encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
    plain = client.get(PLOTLY_URL, headers={"accept-encoding": "identity"}).content
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain) / 2


@pytest.mark.parametrize("model", ["digits-2d", "digits-ae-2d"])
def test_latents_are_the_stored_ones(client: TestClient, model: str, bundled: Path) -> None:
    content = client.get(f"{address(model)}/latents").content
    stored = load_checkpoint(bundled / model).latents
    num = len(stored)
    numbers, labels = np.frombuffer(content[:-num], "<f4"), np.frombuffer(content[-num:], "u1")
    np.testing.assert_array_equal(labels, stored.label)
    np.testing.assert_array_equal(numbers[: 2 * num].reshape(num, 2), stored.encoded.mean)
    if stored.encoded.logvar is None:
        assert len(numbers) == 2 * num
    else:
        np.testing.assert_array_equal(numbers[2 * num :].reshape(num, 2), stored.encoded.logvar)


def test_a_sheet_holds_the_pictures_behind_the_latents(client: TestClient, bundled: Path) -> None:
    stored = load_checkpoint(bundled / "digits-2d").latents
    data = load_dataset("digits")
    for number in (0, 7):
        sheet = picture(client.get(f"{address('digits-2d')}/pictures/{number}.png").content)
        for cell in (0, 3):
            split, index = stored.where(256 * number + cell)
            expected = (data.split(split).pixels(index, index + 1)[0, 0] * 255).round().byte()
            np.testing.assert_array_equal(sheet[:8, 8 * cell : 8 * cell + 8], expected)
    assert client.get(f"{address('digits-2d')}/pictures/8.png").status_code == 404


@pytest.mark.usefixtures("without_data")
def test_without_the_data_set_there_are_no_pictures_but_everything_else(client: TestClient) -> None:
    answer = client.get(f"{address('mnist-2d')}/pictures/0.png")
    assert answer.status_code == 404
    assert "not on this computer" in answer.json()["error"]
    assert client.get(f"{address('mnist-2d')}/latents").status_code == 200


def test_the_server_decodes_what_it_is_told(client: TestClient, bundled: Path) -> None:
    z = [[0.5, -1.0], [0.0, 2.0]]
    asked = {"z": z, "told": {"class": 3}}
    content = client.post(f"{address('digits-cvae-2d')}/decode", json=asked).content
    model = load_checkpoint(bundled / "digits-cvae-2d").model
    expected = decode(model, torch.tensor(z), {"class": torch.tensor([3])})
    np.testing.assert_array_equal(np.frombuffer(content, "<f4").reshape(2, 1, 8, 8), expected)


def test_a_film_holds_one_picture_for_each_latent(client: TestClient, bundled: Path) -> None:
    z = [[x, 0.0] for x in np.linspace(-2, 2, 5).tolist()]
    answer = client.post(f"{address('digits-2d')}/film", json={"z": z})
    assert answer.headers["content-type"] == "image/gif"
    film = Image.open(io.BytesIO(answer.content))
    assert film.n_frames == 5
    model = load_checkpoint(bundled / "digits-2d").model
    for number, expected in enumerate(decode(model, torch.tensor(z))):
        film.seek(number)
        shown = np.asarray(film.convert("L")).astype(int)
        assert shown.shape == (280, 280)
        assert abs(shown[17::35, 17::35] - expected[0].numpy() * 255).max() <= 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "Invalid JSON"),
        (b"[]", "should be an object"),
        (b'{"z": []}', "at least 1 item"),
        (b'{"z": [[1, "a"]]}', "valid number"),
        (b'{"z": [[0, 0], [0]]}', "different lengths"),
        (b'{"z": [[0, 0, 0]]}', "expects (batch, 2)"),
        (b'{"z": [[0, 1e999]]}', "a finite number"),
        (b'{"z": [[0, NaN]]}', "a finite number"),
        (b'{"z": [[0, 1e39]]}', "beyond those of 32 bits"),
        (b'{"z": [[0, 0]], "told": {"class": 9223372036854775808}}', "less than 2147483648"),
        (b'{"z": [[0, 0]], "told": {"class": -2}}', "greater than or equal to -1"),
        (b'{"z": [[0, 0]], "told": {"class": 10}}', "expected 0 to 9"),
        (b'{"z": [[0, 0]], "told": {"class": [0.5]}}', "expected one class"),
        (b'{"z": [[0, 0]], "told": {"colour": 1}}', "Unknown condition 'colour'"),
        (b'{"z": %s}' % str([[0, 0]] * 513).encode(), "at most 512"),
    ],
)
def test_what_cannot_be_decoded_is_refused_with_a_reason(
    client: TestClient, body: bytes, said: str
) -> None:
    answer = client.post(f"{address('digits-cvae-2d')}/decode", content=body)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


@pytest.mark.parametrize("what", ["decode", "film"])
def test_a_body_that_is_too_long_is_refused(client: TestClient, what: str) -> None:
    body = b" " * 2**20 + b" "
    answer = client.post(f"{address('digits-2d')}/{what}", content=body)
    assert answer.status_code == 413
    assert "1,048,576 bytes" in answer.json()["error"]


def finished(body: Coroutine[Any, Any, bytes | None]) -> bytes | None:
    """Wait in a thread of its own: this one may hold the loop of a browser's driver."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, body).result()


def test_a_body_that_says_it_is_too_long_is_refused_before_it_is_read() -> None:
    class Posted(Request):
        def stream(self) -> AsyncGenerator[bytes]:
            raise AssertionError("read")

    asked = Posted({"type": "http", "headers": [(b"content-length", b"1001")]})
    assert finished(posted_body(asked, 1_000)) is None


def test_a_long_body_in_many_parts_is_read_in_the_time_of_reading_it() -> None:
    class Posted(Request):
        async def stream(self) -> AsyncGenerator[bytes]:
            for _ in range(1_024):
                yield part

    part = bytes(2**16)
    asked = Posted({"type": "http", "headers": []})
    began = time.process_time()
    body = finished(posted_body(asked, 2**26))
    assert body == bytes(2**26)
    assert time.process_time() - began < 2.0  # putting each together anew copies 32 GiB


@pytest.mark.parametrize("model", ["digits-3d", "..", "extractors", "0" * 24])
def test_a_model_that_is_not_here_or_was_changed_is_a_404(client: TestClient, model: str) -> None:
    assert client.get(f"/api/models/{model}/1/decoder").status_code == 404
    assert client.get("/api/models/digits-2d/1/decoder").status_code == 404
