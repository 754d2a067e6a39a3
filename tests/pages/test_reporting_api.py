"""`POST /api/restore/report`: the same pictures and numbers as the lab's, as files."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.pages.test_restoring_api import METHODS, MODEL, ask, own_picture
from ui.api import ROUTES
from ui.api.asked import MAX_BODY_BYTES
from vae_core.export.restoring import TINT, TINTED
from vae_core.record import RunRecord
from vae_core.restoration.comparing import IDLE

EVIL = "<script>alert(1)</script>"


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(Starlette(routes=ROUTES)) as asking:
        yield asking
    st.cache_resource.clear()


def saved(client: TestClient, wanted: str, **change: Any) -> Any:
    body = {"model": MODEL, "kind": "gaussian", "level": 0.5, "methods": list(METHODS)}
    return client.post(f"/api/restore/report?as={wanted}", json=body | change)


def test_the_table_has_the_numbers_of_the_lab(client: TestClient) -> None:
    answer = saved(client, "csv", images=3, noise=5)
    name = answer.headers["content-disposition"]
    assert name == 'attachment; filename="restored-gaussian-0.5.csv"'
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    numbers = ask(client, images=3, noise=5).json()["numbers"]
    assert len(lines) == 8 * 4
    for line in lines:
        place = int(line["picture"]) - 1
        shown = numbers[line["method"]]
        assert float(line["psnr_db"]) == pytest.approx(shown["psnrDb"][place], abs=1e-3)
        assert float(line["ssim"]) == pytest.approx(shown["ssim"][place], abs=1e-3)
        assert (line["Seed of the pictures"], line["Seed of the damage"]) == ("3", "5")
        assert (line["Damage"], line["Level"]) == ("Gaussian noise", "0.5")


def test_the_picture_is_one(client: TestClient) -> None:
    answer = saved(client, "png")
    assert answer.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(answer.content)).width > 8 * 80


def test_the_report_says_what_was_done_with_what_and_where_it_ends(client: TestClient) -> None:
    page = saved(client, "html", images=3).text
    for said in (
        "<h1>Gaussian noise, level 0.5 (standard deviation)</h1>",
        "8 pictures of Digits 8x8&#x27;s test split",
        "Median filter",
        "digits-denoise-16d",
        "trained to remove Gaussian noise, level 0.3",
        "invents plausible detail",
        "PSNR and SSIM compare brightness",
        "<th>Seed of the pictures</th><td>3</td>",
        "torch ",
        "; digits-denoise-16d, trained to remove Gaussian noise, level 0.3</td>",
    ):
        assert said in page, said
    assert page.count("A model invents plausible detail") == 1


def test_the_report_has_the_address_of_the_lab_as_it_was(client: TestClient) -> None:
    hidden = "0f" * 8
    change = {"kind": "scribble", "level": 0.3, "noise": 4, "hidden": hidden}
    lines = list(csv.DictReader(io.StringIO(saved(client, "csv", images=3, **change).text)))
    url = urlsplit(lines[0]["Open it again"])
    assert (url.scheme, url.netloc, url.path) == ("", "", "/denoise")
    given = dict(parse_qsl(url.query))
    assert given.pop("model") == MODEL
    assert given == {
        "damage": "scribble",
        "level": "0.3",
        "images": "3",
        "noise_seed": "4",
        "methods": ",".join(METHODS),
        "hidden": hidden,
    }


@pytest.mark.parametrize(("kind", "is_hidden"), [("half", True), ("gaussian", False)])
def test_hidden_pixels_are_tinted_in_picture_and_report(
    client: TestClient, kind: str, is_hidden: bool
) -> None:
    methods = [f"one-pass:{MODEL}"]
    assert (TINTED in saved(client, "html", kind=kind, methods=methods).text) == is_hidden
    sheet = Image.open(io.BytesIO(saved(client, "png", kind=kind, methods=methods).content))
    colours = {colour for _, colour in sheet.getcolors(2**24)}
    assert (TINT in colours) == is_hidden


def test_own_pictures_are_named_as_such(client: TestClient) -> None:
    picture = own_picture(np.arange(64, dtype=np.uint8).reshape(8, 8))
    page = saved(client, "html", own=[picture]).text
    assert "1 picture of one&#x27;s own, prepared like Digits 8x8" in page
    assert "as it was brought and prepared" in page
    assert "Seed of the pictures" not in page
    assert "No model was trained on pictures like these." in page


def test_a_filter_that_does_nothing_is_told_of_in_the_report_too(client: TestClient) -> None:
    page = saved(client, "html", level=0.1).text
    assert "Here leaving the pictures as they are beats digits-2d" in page
    assert IDLE in page
    assert "No model was trained on pictures like these." not in page


def test_a_hostile_name_of_a_model_stays_a_text(
    client: TestClient, save_model: Callable[..., RunRecord]
) -> None:
    record = save_model(EVIL)
    methods = [f"one-pass:{record.id}"]
    page = saved(client, "html", model=record.id, methods=methods).text
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert saved(client, "png", model=record.id, methods=methods).status_code == 200


@pytest.mark.parametrize(
    ("kind", "change", "said"),
    [
        ("pdf", {}, "Unknown kind of file 'pdf'. Expected one of: csv, html, png"),
        ("html", {"level": 3}, "expected a number from 0 to 1"),
        ("html", {"methods": ["magic"]}, "Unknown method 'magic'"),
        ("csv", {"own": ["AAAA"]}, "expected a PNG of 8 x 8"),
        ("png", {"more": 1}, "Extra inputs are not permitted at more"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    client: TestClient, kind: str, change: dict[str, Any], said: str
) -> None:
    answer = saved(client, kind, **change)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_a_body_that_is_too_long_is_refused(client: TestClient) -> None:
    body = json.dumps({"own": ["A" * MAX_BODY_BYTES]})
    assert client.post("/api/restore/report", content=body).status_code == 413
