"""`POST /api/restore`: pictures and numbers are the library's; whatever else is sent is refused."""

import base64
import io
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
import torch
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ui import restoring
from ui.api import ROUTES
from ui.api.asked import MAX_BODY_BYTES
from ui.api.received import mask_of
from vae_core import catalogue, encode, load_checkpoint, load_dataset
from vae_core.corruption import CORRUPTIONS, Damaged, damage, hide
from vae_core.errors import CheckpointError
from vae_core.metrics import mse
from vae_core.metrics.extractor import reader_of
from vae_core.restoration import compare, model_methods
from vae_core.restoration.comparing import IDLE

MODEL = "digits-2d"
METHODS = ("median", f"one-pass:{MODEL}", "one-pass:digits-denoise-16d")


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(Starlette(routes=ROUTES)) as asking:
        yield asking
    st.cache_resource.clear()


def ask(client: TestClient, **change: Any) -> Any:
    body = {"model": MODEL, "kind": "gaussian", "level": 0.5, "methods": list(METHODS)}
    return client.post("/api/restore", json=body | change)


def pictures(answer: dict[str, Any]) -> dict[str, np.ndarray]:
    """Rows of pictures by name, (N, H, W), 0 to 255."""
    sheet = np.asarray(Image.open(io.BytesIO(base64.b64decode(answer["sheet"]))), dtype=int)
    _, height, width = answer["shape"]
    rows = sheet.reshape(len(answer["rows"]), height, answer["num"], width)
    return dict(zip(answer["rows"], rows.transpose(0, 2, 1, 3), strict=True))


def chosen_pictures(images: int) -> torch.Tensor:
    data = load_dataset("digits").test
    chosen = torch.randperm(len(data), generator=torch.Generator().manual_seed(images))[:8]
    return data.batch(chosen).x


def filter_for(kind: str) -> str:
    """The name of a filter that is meant for a damage."""
    return {"masked-square": "biharmonic", "half": "biharmonic", "down-sample": "bicubic"}.get(
        kind, "median"
    )


def the_librarys(clean: torch.Tensor, damaged: Damaged, seed: int) -> dict[str, Any]:
    methods = [restoring.find(filter_for(damaged.kind), "digits")[0]]
    for name in (MODEL, "digits-denoise-16d"):
        model = load_checkpoint(catalogue.folder_of(name)).model
        methods.append(model_methods(model, f":{name}")[f"one-pass:{name}"])
    return dict(compare(methods, clean, damaged, seed=seed))


def equal(answer: dict[str, Any], clean: torch.Tensor, damaged: Damaged, seed: int = 0) -> None:
    expected = the_librarys(clean, damaged, seed)
    shown = pictures(answer)
    np.testing.assert_allclose(shown["clean"] / 255, clean[:, 0], atol=0.5 / 255 + 1e-6)
    assert set(expected) == set(shown) - {"clean"}
    for name, result in expected.items():
        numbers = answer["numbers"][name]
        np.testing.assert_allclose(shown[name] / 255, result.images[:, 0], atol=0.6 / 255)
        assert numbers["psnrDb"] == pytest.approx(result.psnr_db.tolist(), abs=1e-4)
        assert numbers["ssim"] == pytest.approx(result.ssim.tolist(), abs=1e-5)
        assert numbers["mse"] == pytest.approx(mse(result.images, clean).tolist(), abs=1e-7)


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_every_damage_is_restored_as_the_library_does(client: TestClient, kind: str) -> None:
    level = CORRUPTIONS[kind].levels.default
    methods = [filter_for(kind), *METHODS[1:]]
    answer = ask(client, kind=kind, level=level, images=3, noise=7, methods=methods).json()
    clean = chosen_pictures(3)
    damaged = damage(clean, kind, level, torch.Generator().manual_seed(7))
    equal(answer, clean, damaged, seed=7)
    is_known = damaged.known is not None
    assert (answer["share"] is not None) == is_known
    masks = answer["hidden"]
    assert (masks is not None) == is_known
    if damaged.known is not None:
        assert torch.equal(~damaged.known, torch.cat([mask_of(text, 8, 8) for text in masks]))
    said = answer["numbers"][METHODS[1]]["said"]
    assert len(said) == 8
    assert ("invented" in " ".join(said)) == is_known


def test_places_are_where_the_model_puts_the_pictures(client: TestClient) -> None:
    answer = ask(client).json()
    model = load_checkpoint(catalogue.folder_of(MODEL)).model
    expected = encode(model, chosen_pictures(0)).mean
    torch.testing.assert_close(torch.tensor(answer["numbers"]["clean"]["places"]), expected)
    damaged = damage(chosen_pictures(0), "gaussian", 0.5, torch.Generator().manual_seed(0))
    restored = the_librarys(chosen_pictures(0), damaged, 0)[METHODS[1]].images
    places = torch.tensor(answer["numbers"][METHODS[1]]["places"])
    torch.testing.assert_close(places, encode(model, restored).mean)


def test_a_scribble_by_hand_hides_exactly_its_pixels(client: TestClient) -> None:
    mask = torch.zeros(8, 8, dtype=torch.bool)
    mask[2:5, 1:7] = True
    text = np.packbits(mask.numpy()).tobytes().hex()
    answer = ask(client, kind="scribble", level=0.3, hidden=text).json()
    damaged = hide(chosen_pictures(0), mask[None, None])
    equal(answer, chosen_pictures(0), damaged)
    assert answer["share"] == pytest.approx(18 / 64)


def own_picture(pixels: np.ndarray, mode: str = "L") -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def test_pictures_of_a_persons_own_are_restored_instead(client: TestClient) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8), dtype=np.uint8)
    answer = ask(client, own=[own_picture(one) for one in pixels]).json()
    clean = torch.from_numpy(pixels)[:, None].float() / 255
    damaged = damage(clean, "gaussian", 0.5, torch.Generator().manual_seed(0))
    equal(answer, clean, damaged)
    assert (answer["num"], answer["labels"], answer["isDrawn"]) == (3, None, False)


def test_a_conditional_model_is_told_what_is_known_of_the_pictures(client: TestClient) -> None:
    name = "one-pass:digits-cvae-2d"
    answer = ask(client, methods=[name]).json()
    assert "is told the class of each picture" in " ".join(answer["remarks"])
    own = [own_picture(np.zeros((8, 8), np.uint8))]
    assert ask(client, methods=[name], own=own).status_code == 200


def test_without_the_data_drawn_digits_are_restored(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path))
    answer = ask(client, model="mnist-16d", methods=["median"]).json()
    assert answer["isDrawn"]
    assert len(set(answer["labels"])) > 1
    assert answer["shape"] == [1, 28, 28]


def header(width: int, height: int) -> str:
    """A PNG that says it is of that size, and holds nothing."""
    content = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + content
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    return base64.b64encode(start + struct.pack(">I", zlib.crc32(chunk))).decode()


PICTURE = own_picture(np.zeros((8, 8), np.uint8))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model": "nobody"}, "not here"),
        ({"model": "../../etc"}, "not here"),
        ({"model": 5}, "at model"),
        ({"kind": "rain"}, "Unknown corruption 'rain'"),
        ({"level": 2.0}, "expected a number from 0 to 1"),
        ({"level": "loud"}, "at level"),
        ({"kind": "down-sample", "level": 3.0}, "expected one of 1, 2, 4"),
        ({"images": -1}, "at images"),
        ({"images": 10**30}, "at images"),
        ({"noise": 1.5}, "at noise"),
        ({"methods": ["magic"]}, "Unknown method 'magic'"),
        ({"methods": ["median", "median"]}, "twice"),
        ({"methods": ["median"] * 25}, "at methods"),
        ({"methods": ["m" * 200]}, "at methods"),
        ({"methods": ["one-pass:nobody"]}, "not here"),
        ({"methods": ["one-pass:../checkpoints/digits-2d"]}, "not here"),
        ({"methods": ["magic:digits-2d"]}, "Unknown method 'magic:digits-2d'"),
        ({"methods": ["one-pass:mnist-16d"]}, "expected a model of digits"),
        ({"own": []}, "at own"),
        ({"own": [PICTURE] * 17}, "at own"),
        ({"own": ["!"]}, "expected a PNG of 8 x 8 grey pixels"),
        ({"own": [base64.b64encode(b"GIF89a" * 9).decode()]}, "Another kind of file"),
        ({"own": [own_picture(np.zeros((9, 8), np.uint8))]}, "8 x 9 pixels received"),
        ({"own": [header(100_000, 100_000)]}, "100000 x 100000 pixels received"),
        ({"own": [header(8, 8)]}, "A damaged file received"),
        ({"own": [own_picture(np.zeros((8, 8), np.uint8), "RGB")]}, "mode RGB received"),
        ({"hidden": "00" * 8}, "Hidden pixels received for gaussian"),
        ({"kind": "scribble", "hidden": "00" * 7}, "14 letters of hidden pixels"),
        ({"kind": "scribble", "hidden": "zz" * 8}, "expected 16 hexadecimals"),
        ({"wish": 1}, "at wish"),
    ],
)
def test_what_cannot_be_done_is_refused_with_what_was_expected(
    client: TestClient, change: dict[str, Any], said: str
) -> None:
    answer = ask(client, **change)
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert "/" not in answer.json()["error"].replace('{"model"', "")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe", b"null", b'{"level": NaN}'])
def test_a_body_that_is_no_request_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/restore", content=body)
    assert answer.status_code == 400
    assert "expected" in answer.json()["error"]


def test_a_body_that_is_too_long_is_not_read(client: TestClient) -> None:
    answer = client.post("/api/restore", content=b" " * (MAX_BODY_BYTES + 1))
    assert answer.status_code == 413


def test_what_takes_long_is_refused_while_a_slider_moves(client: TestClient) -> None:
    answer = ask(client, methods=["median", f"search:{MODEL}"], kind="half")
    assert answer.status_code == 400
    assert "'search:digits-2d' takes too long" in answer.json()["error"]
    assert "/api/restore/search" in answer.json()["error"]


def test_a_picture_that_was_spared_counts_for_40_db_in_what_is_said(client: TestClient) -> None:
    noisy = np.random.default_rng(0).integers(0, 256, (8, 8), dtype=np.uint8)
    own = [own_picture(np.zeros((8, 8), np.uint8)), own_picture(noisy)]  # black stays black
    methods = ["median", f"one-pass:{MODEL}"]
    answer = ask(client, kind="speckle", level=0.4, own=own, methods=methods).json()
    spared, other = answer["numbers"]["median"]["psnrDb"]
    assert spared == pytest.approx(100)
    assert f"(PSNR {(40 + other) / 2:.1f} against" in " ".join(answer["remarks"])


def test_a_filter_that_leaves_the_pictures_as_they_are_says_so(client: TestClient) -> None:
    answer = ask(client, level=0.1).json()
    assert answer["numbers"]["median"]["psnrDb"] == answer["numbers"]["damaged"]["psnrDb"]
    assert answer["numbers"]["median"]["note"] == IDLE
    assert "Here leaving the pictures as they are beats digits-2d" in " ".join(answer["remarks"])
    assert "simple" not in " ".join(answer["remarks"])
    working = ask(client).json()["numbers"]
    assert [working[name]["note"] for name in METHODS] == [None] * 3
    whole = ask(client, level=0.0).json()["numbers"]  # nothing was to be helped
    assert whole["median"]["note"] is None


def test_a_digit_that_now_reads_as_another_is_told_of(client: TestClient) -> None:
    answer = ask(client).json()
    reader = reader_of("digits")
    assert reader is not None
    clean = reader.classify(chosen_pictures(0)).tolist()
    name = METHODS[1]
    shown = torch.from_numpy(pictures(answer)[name][:, None] / 255).float()
    is_told = []
    for place, read in enumerate(reader.classify(shown).tolist()):
        said, label = answer["numbers"][name]["said"][place], answer["labels"][place]
        assert said.startswith("digits-2d ")
        if str(clean[place]) == label and str(read) != label:
            assert re.search(rf"; the digit now reads as an? {read}\.$", said)
            is_told.append(place)
        else:
            assert "reads" not in said
    assert 0 < len(is_told) < 8
    assert "reads" not in " ".join(answer["numbers"]["median"]["said"])  # filters invent nothing


def test_a_damaged_classifier_keeps_nobody_from_restoring(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(_: str) -> None:
        raise CheckpointError("The feature extractor cannot be read.")

    monkeypatch.setattr("ui.api.restoring.reader_of", damaged)
    answer = ask(client)
    assert answer.status_code == 200
    assert "reads" not in str(answer.json()["numbers"])


def test_pictures_of_a_persons_own_are_not_called_digits(client: TestClient) -> None:
    answer = ask(client, own=[own_picture(np.eye(8, dtype=np.uint8) * 255)]).json()
    (said,) = answer["numbers"][METHODS[1]]["said"]
    assert said.startswith("digits-2d ")
    assert " the picture " in said
    assert "reads" not in said  # nobody knows what it shows


def test_a_number_that_is_none_is_refused(client: TestClient) -> None:
    text = b'{"model": "digits-2d", "kind": "gaussian", "level": NaN}'
    answer = client.post("/api/restore", content=text)
    assert answer.status_code == 400
