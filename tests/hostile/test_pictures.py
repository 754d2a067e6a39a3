"""Pictures that people bring, on Explore and on Denoise: each file is read, or refused in words."""

import base64
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.hostile.asking import MAX_ERROR, ask
from tests.hostile.pictures import KINDS, corpus, drawn, saved, strange
from tests.hostile.routes import ASKED
from tests.hostile.watching import case
from ui.api.received import picture_of
from vae_core.errors import InvalidInputError
from vae_core.ink import read_ink
from vae_core.pictures import WAYS, prepare

CORPUS = corpus()
GROUPS = sorted({name.split()[0] for name in CORPUS})
some = settings(derandomize=True, max_examples=150, deadline=None, database=None)


def read_every_way(content: bytes) -> list[np.ndarray | None]:
    """What each way of reading a picture makes of a file; None where it is refused in words."""

    def prepared(way: Any) -> np.ndarray:
        return (prepare(content, "mnist", way).picture[0, 0] * 255).numpy()

    def sent() -> np.ndarray:
        text = base64.b64encode(content).decode()
        return (picture_of(text, (1, 8, 8))[0, 0] * 255).numpy()

    ways = [lambda: read_ink(content), *(lambda way=way: prepared(way) for way in WAYS), sent]
    found: list[np.ndarray | None] = []
    for way in ways:
        said = "read"
        with case():
            try:
                found.append(way())
            except InvalidInputError as error:
                found.append(None)
                said = str(error)
        assert 0 < len(said) < MAX_ERROR
    return found


def is_sound(found: np.ndarray | None) -> bool:
    """It was refused, or is a small picture."""
    if found is None:
        return True
    return max(found.shape) <= 280 and found.min() >= 0 and found.max() <= 255


@pytest.mark.parametrize("group", GROUPS)
def test_a_file_is_read_or_refused_in_words(group: str) -> None:
    for name, content in CORPUS.items():
        if name.split()[0] == group:
            assert all(map(is_sound, read_every_way(content))), name


def test_what_is_a_picture_is_read_whatever_its_colours() -> None:
    for name, content in strange().items():
        is_picture = " as " in name or "animated" in name
        assert not is_picture or read_every_way(content)[0] is not None, name


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_with_wrong_bytes_is_read_or_refused(kind: str) -> None:
    whole = saved(drawn("RGB", 24, 20), kind)

    @some
    @given(
        wrong=st.lists(
            st.tuples(st.integers(0, len(whole) - 1), st.binary(min_size=1, max_size=4)),
            min_size=1,
            max_size=6,
        ),
        length=st.integers(1, 2 * len(whole)),
    )
    def tried(wrong: list[tuple[int, bytes]], length: int) -> None:
        content = bytearray(whole)
        for place, other in wrong:
            content[place : place + len(other)] = other
        assert all(map(is_sound, read_every_way(bytes(content[:length]))))

    tried()


@pytest.mark.parametrize("group", GROUPS)
def test_the_server_answers_every_file(client: TestClient, group: str) -> None:
    for name, content in CORPUS.items():
        if name.split()[0] != group:
            continue
        ask(client, "POST", "/api/ink", content=content)
        ask(client, "POST", "/api/prepare?dataset=digits", content=content)
        body = ASKED | {"own": [base64.b64encode(content).decode()]}
        ask(client, "POST", "/api/restore", content=json.dumps(body).encode())


def test_a_picture_of_two_sizes_is_not_unpacked(client: TestClient) -> None:
    for name in ("png of two sizes", "png whose second size is vast"):
        body = ASKED | {"own": [base64.b64encode(CORPUS[name]).decode()]}
        answer = ask(client, "POST", "/api/restore", content=json.dumps(body).encode())
        assert answer.status_code == 400
        assert "expected a PNG of 8 x 8 grey pixels" in answer.json()["error"]
