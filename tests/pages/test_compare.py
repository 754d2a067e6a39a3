"""The Compare page: which two, what is told of them, and the table."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
import torch
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import Open
from tests.pages.reading import component_data, html, text
from ui import cache, comparing, told
from ui.api import ROUTES
from vae_core import load_checkpoint, runs
from vae_core.metrics.extractor import reader_of
from vae_core.metrics.readability import NUM_DRAWS, confidence_map, readable_shares
from vae_core.models import ConditionConfig
from vae_core.projection import axes_projection
from vae_core.recipes import RECIPES
from vae_core.record import RunRecord


def given(app: AppTest) -> dict:
    return component_data(app, "compare")


def titles(app: AppTest) -> list[str]:
    return [side["title"] for side in given(app)["sides"]]


@pytest.mark.parametrize(
    ("model", "other"),
    [
        ("digits-2d", "digits-ae-2d"),
        ("digits-ae-2d", "digits-2d"),
        ("mnist-2d", "mnist-ae-2d"),
        ("mnist-beta4-2d", "mnist-ae-2d"),
        ("mnist-16d", "mnist-denoise-16d"),
    ],
)
def test_a_model_stands_beside_its_counterpart(open_page: Open, model: str, other: str) -> None:
    assert titles(open_page("compare", model=model)) == [model, other]


def test_the_other_model_comes_from_the_address(open_page: Open) -> None:
    app = open_page("compare", model="digits-2d", other_digits="digits-cvae-2d")
    assert titles(app) == ["digits-2d", "digits-cvae-2d"]


def test_samples_of_equal_sizes_are_of_the_same_latents(open_page: Open) -> None:
    app = open_page("compare", model="digits-2d")
    first, second = (torch.tensor(side["samples"]) for side in given(app)["drawn"])
    assert first.shape == (16, 2)
    assert torch.equal(first, second)
    next(button for button in app.button if button.label == "New samples").click().run()
    assert not torch.equal(first, torch.tensor(given(app)["drawn"][0]["samples"]))


def test_the_table_marks_the_better_one_only_where_that_means_something(open_page: Open) -> None:
    said = html(open_page("compare", model="mnist-2d"))
    lines = re.findall(r"<tr><th>(.*?)</th>(.*?)</tr>", said)
    marked = {re.sub("<.*", "", name).strip(): cells.count("best") for name, cells in lines}
    assert marked["Reconstruction"] == 0
    assert "without spread" in said
    assert marked["ELBO"] == 0
    # The one has the smaller squared error by a six-hundredth, the other the higher PSNR.
    assert marked["Mean squared error"] == marked["PSNR"] == marked["SSIM"] == 0
    assert marked["Readable draws from the prior"] == 1
    assert all(number <= 1 for number in marked.values())


def test_the_stops_of_beta_switch_among_four_models_of_one_seed(open_page: Open) -> None:
    app = open_page("compare", model="mnist-2d")
    stops = app.button_group(key="beta")
    assert stops.options == ["0.1", "1", "4", "16"]
    stops.set_value(16.0).run()
    assert titles(app)[0] == "mnist-beta16-2d"
    assert app.button_group(key="beta").value == 16.0
    family = [f"mnist{name}-2d" for name in ("-beta01", "", "-beta4", "-beta16")]
    configs = [RECIPES[name] for name in family]
    plain = {
        config.evolve(train=config.train.evolve(beta=1.0)).model_dump_json() for config in configs
    }
    assert len(plain) == 1


def test_a_model_without_a_family_shows_the_way_to_one(open_page: Open) -> None:
    app = open_page("compare", model="digits-2d")
    assert not app.button_group
    next(button for button in app.button if button.label == "See what beta does").click().run()
    assert titles(app) == ["mnist-2d", "mnist-ae-2d"]


def test_a_class_is_told_where_a_model_wants_one(open_page: Open) -> None:
    app = open_page("compare", model="digits-cvae-2d")
    app.selectbox(key="compare_class").set_value(7).run()
    first, second = given(app)["sides"]
    assert (first["told"], second["told"]) == ({"class": 7}, {})
    assert asked_of_holes(first)["told"] == {"class": 7}


def asked_of_holes(side: dict) -> dict:
    query = dict(parse_qsl(side["holesQuery"]))
    return query | {"told": json.loads(query["told"])}


@pytest.fixture
def strokes(save_model: Callable[..., RunRecord]) -> cache.Choice:
    """A model that is told how the ink lies, and was never trained without."""
    told_so = [ConditionConfig(name="strokes", null_rate=0.0)]
    return cache.choice_of(save_model("Strokes", conditions=told_so).id)


def test_holes_are_told_everything_that_the_decodes_beside_them_are(
    open_page: Open, strokes: cache.Choice
) -> None:
    side = given(open_page("compare", model="Strokes"))["sides"][0]
    query = asked_of_holes(side)
    assert query["told"] == side["told"] == {"strokes": [0.0, 0.0, 0.0]}
    model_id, version = side["model"]["url"].split("/")[-2:]
    with TestClient(Starlette(routes=ROUTES)) as client:
        address = f"/api/models/{model_id}/{version}/readable.png?{side['holesQuery']}"
        seen = np.asarray(Image.open(io.BytesIO(client.get(address).content)))
    found, limit = cache.checkpoint(strokes.key), side["limit"]
    expected = confidence_map(
        found.model,
        axes_projection(2),
        (-limit, limit, -limit, limit),
        48,
        reader_of("digits"),
        {"strokes": torch.zeros(1, 3)},
    )
    np.testing.assert_allclose(seen / 255, expected, atol=1 / 255)


@pytest.mark.parametrize(
    "told",
    ["{", "7", '{"strokes": "x"}', '{"strokes": [0, NaN, 0]}', '{"colour": 1}', '{"class": -9}'],
)
def test_holes_that_are_told_what_cannot_be_are_refused(strokes: cache.Choice, told: str) -> None:
    with TestClient(Starlette(routes=ROUTES)) as client:
        address = f"/api/models/{strokes.id}/{strokes.key[1]}/readable.png"
        answer = client.get(address, params={"limit": "3", "told": told})
    assert answer.status_code == 400


def test_readable_draws_are_told_what_the_pictures_are(strokes: cache.Choice) -> None:
    found = cache.checkpoint(strokes.key)
    known = told.of_draws(found, NUM_DRAWS)
    assert known is not None
    assert known["strokes"].shape == (NUM_DRAWS, 3)
    assert not known["strokes"].isnan().any()
    assert float(known["strokes"].std()) > 0.5
    means, reader = found.latents.encoded.mean, reader_of("digits")
    expected = readable_shares(found.model, means, reader, known)
    assert comparing.readable(strokes.key) == expected


def test_classes_are_told_as_often_as_the_pictures_have_them(bundled: Path) -> None:
    known = told.of_draws(load_checkpoint(bundled / "digits-cvae-2d"), NUM_DRAWS)
    assert known is not None
    counts = known["class"].bincount()
    assert len(counts) == 10
    assert counts.min() > 0.8 * counts.max()


def test_nothing_is_counted_where_what_is_to_be_told_is_not_known(
    strokes: cache.Choice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "dataset", lambda _: None)
    comparing.readable.clear()
    assert comparing.readable(strokes.key) is None


def test_pictures_that_no_classifier_reads_have_no_holes(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert given(open_page("compare", model="digits-2d"))["isReadable"]
    comparing.readable.clear()
    monkeypatch.setattr(comparing, "reader_of", lambda _: None)
    app = open_page("compare", model="digits-2d")
    assert not given(app)["isReadable"]
    assert "classifier" not in given(app)["drawn"][0]["caption"]
    assert "Readable" not in html(app)
    comparing.readable.clear()


def test_a_lonely_model_says_what_to_do(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.comparing.candidates", lambda *_: [])
    app = open_page("compare", model="digits-2d")
    assert "Train one" in app.info[0].value
    assert runs.saved() == []
    assert "Behind" not in text(app)
