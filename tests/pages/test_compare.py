"""The Compare page: which two, what is told of them, and the table."""

import re

import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import Open
from tests.pages.reading import component_data, html, text
from ui import comparing
from vae_core import runs
from vae_core.recipes import RECIPES


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
    assert marked["Mean squared error"] == marked["SSIM"] == 1
    assert marked["Readable draws from the prior"] == 1
    assert all(number <= 1 for number in marked.values())


def test_the_beta_slider_switches_among_four_models_of_one_seed(open_page: Open) -> None:
    app = open_page("compare", model="mnist-2d")
    slider = app.select_slider(key="beta")
    assert slider.options == ["0.1", "1", "4", "16"]
    slider.set_value(16.0).run()
    assert titles(app)[0] == "mnist-beta16-2d"
    assert app.select_slider(key="beta").value == 16.0
    family = [f"mnist{name}-2d" for name in ("-beta01", "", "-beta4", "-beta16")]
    configs = [RECIPES[name] for name in family]
    plain = {
        config.evolve(train=config.train.evolve(beta=1.0)).model_dump_json() for config in configs
    }
    assert len(plain) == 1


def test_a_model_without_a_family_shows_the_way_to_one(open_page: Open) -> None:
    app = open_page("compare", model="digits-2d")
    assert not app.select_slider
    next(button for button in app.button if button.label == "See what beta does").click().run()
    assert titles(app) == ["mnist-2d", "mnist-ae-2d"]


def test_a_class_is_told_where_a_model_wants_one(open_page: Open) -> None:
    app = open_page("compare", model="digits-cvae-2d")
    app.selectbox(key="compare_class").set_value(7).run()
    first, second = given(app)["sides"]
    assert (first["told"], second["told"]) == ({"class": 7}, {})
    assert "class=7" in first["holesQuery"]


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
