"""Conditional models on every page: what they are told, and that all pictures follow it."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import Open
from tests.pages.reading import component_data, text
from tests.pages.test_sliders import given, leave_and_come_back, say
from ui.api.restoring import answered
from vae_core import catalogue, damage, encode, load_checkpoint
from vae_core.checkpoints import Checkpoint
from vae_core.data import Dataset
from vae_core.models import ConditionConfig
from vae_core.record import RunRecord
from vae_core.restoration import compare, model_methods

MODEL = "digits-cvae-2d"


@pytest.fixture
def found(bundled: Path) -> Checkpoint:
    return load_checkpoint(bundled / MODEL)


def told(label: int) -> dict[str, torch.Tensor]:
    return {"class": torch.tensor([label])}


def controls(app: AppTest) -> list[dict[str, Any]]:
    """What a person can tell the model on the Sliders page."""
    return given(app)["conditions"]


def test_every_class_can_be_told_and_where_it_was_learned_nothing(
    open_page: Open, save_model: Callable[..., RunRecord]
) -> None:
    (control,) = controls(open_page("sliders", model=MODEL))
    assert control["name"] == "class"
    assert control["options"] == [*range(10), -1]
    assert control["classNames"] == [*"0123456789"]
    save_model("Told", conditions=[ConditionConfig(name="class", null_rate=0.0)])
    (control,) = controls(open_page("sliders", model="Told"))
    assert control["options"] == [*range(10)]


def test_the_first_class_is_told_at_first_and_another_outlives_a_change_of_page(
    open_page: Open,
) -> None:
    app = open_page("sliders", model=MODEL)
    assert given(app)["at"]["told"] == {"class": 0} == given(app)["toldDefault"]
    for label in (7, -1):
        assert say(app, MODEL, z=[0.0, 0.0], told={"class": label})["told"] == {"class": label}
        assert leave_and_come_back(app)["told"] == {"class": label}


def test_the_address_holds_the_class(open_page: Open) -> None:
    app = open_page("sliders", model=MODEL)
    say(app, MODEL, z=[0.5, 0.0], told={"class": -1})
    assert app.query_params["told"] == "class:-1"
    at = given(open_page("sliders", model=MODEL, z="0.5,0", told="class:7"))["at"]
    assert at["told"] == {"class": 7}


@pytest.mark.parametrize("value", ["class:10", "class:-2", "class:x", "colour:1", "class", ":", ""])
def test_a_class_that_there_is_not_is_not_told(open_page: Open, value: str) -> None:
    at = given(open_page("sliders", model=MODEL, z="0.5,0", told=value))["at"]
    assert at["told"] == {"class": 0}


@pytest.mark.parametrize("value", [10, -2, None, [1.0], 1.5])
def test_a_told_value_that_cannot_be_one_is_the_first_class(open_page: Open, value: object) -> None:
    at = say(open_page("sliders", model=MODEL), MODEL, z=[0.0, 0.0], told={"class": value})
    assert at["told"] == {"class": 0}


def test_numbers_can_be_told_or_left_out(
    open_page: Open, save_model: Callable[..., RunRecord]
) -> None:
    record = save_model("Strokes", conditions=[ConditionConfig(name="strokes")])
    app = open_page("sliders", model="Strokes")
    (control,) = controls(app)
    assert (control["entries"], control["canOmit"]) == (["ink", "slant", "width"], True)
    assert given(app)["at"]["told"] == {"strokes": [0.0, 0.0, 0.0]}
    for sent, kept in (
        ([1.0, -2.0, 0.5], [1.0, -2.0, 0.5]),
        ([1e9, -1e9, 0.5], [2.5, -2.5, 0.5]),
        (None, None),
        ([1.0], [0.0, 0.0, 0.0]),
    ):
        told_now = say(app, record.id, z=[0.0, 0.0], told={"strokes": sent})["told"]
        assert told_now == {"strokes": kept} == leave_and_come_back(app)["told"]


def test_numbers_told_travel_in_the_address(
    open_page: Open, save_model: Callable[..., RunRecord]
) -> None:
    record = save_model("Strokes", conditions=[ConditionConfig(name="strokes")])
    for value, text_ in (([1.0, -2.0, 0.5], "strokes:1,-2,0.5"), (None, "strokes:")):
        app = open_page("sliders", model="Strokes")
        say(app, record.id, z=[0.5, 0.0], told={"strokes": value})
        assert app.query_params["told"] == text_
        app = open_page("sliders", model="Strokes", z="0.5,0", told=text_)
        assert given(app)["at"]["told"] == {"strokes": value}


def test_starting_from_a_picture_tells_its_strokes(
    open_page: Open, save_model: Callable[..., RunRecord], digits: Dataset
) -> None:
    record = save_model("Strokes", conditions=[ConditionConfig(name="strokes")])
    at = say(open_page("sliders", model="Strokes"), record.id, z=[0.0, 0.0], asks=1400)
    split, index = load_checkpoint(catalogue.folder_of(record.id)).latents.where(1400)
    strokes = digits.split(split).conditions(slice(index, index + 1))["strokes"][0]
    assert at["told"]["strokes"] == pytest.approx(strokes.clamp(-2.5, 2.5).tolist())
    assert at["asks"] is None


def explored(app: AppTest) -> dict[str, Any]:
    """What the map of Explore is given."""
    return component_data(app, "latent_map")


def test_explore_tells_the_decoder_the_picked_pictures_own_class(
    open_page: Open, found: Checkpoint, digits: Dataset
) -> None:
    position = 1400
    label = int(found.latents.label[position])
    app = open_page("explore", model=MODEL, pick=str(position))
    assert explored(app)["told"] == {"class": label}
    assert explored(app)["words"] == f"the class {label}"
    assert "Its class is told" in text(app)
    split, index = found.latents.where(position)
    x = digits.split(split).pixels(index, index + 1)
    mean = found.latents.encoded.mean[position : position + 1]
    torch.testing.assert_close(encode(found.model, x, told(label)).mean, mean, atol=5e-3, rtol=0.01)


def test_a_map_that_mixes_the_classes_names_none(open_page: Open) -> None:
    for model, is_mixed in ((MODEL, True), ("digits-2d", False)):
        assert explored(open_page("explore", model=model))["isMixed"] == is_mixed


def test_denoise_tells_a_conditional_model_each_pictures_class_and_says_so(
    found: Checkpoint, digits: Dataset
) -> None:
    asked = {"model": MODEL, "kind": "gaussian", "level": 0.5, "methods": [f"one-pass:{MODEL}"]}
    answer = answered(json.dumps(asked).encode())
    chosen = torch.randperm(300, generator=torch.Generator().manual_seed(0))[:8]
    batch = digits.test.batch(chosen)
    damaged = damage(batch.x, "gaussian", 0.5, torch.Generator().manual_seed(0))
    method = model_methods(found.model)["one-pass"]
    told_so, blind = (
        compare([method], batch.x, damaged, conditions)["one-pass"].psnr_db
        for conditions in (batch.conditions, {})
    )
    assert told_so.mean() > blind.mean()
    shown = answer["numbers"][f"one-pass:{MODEL}"]["psnrDb"]
    assert shown == pytest.approx(told_so.tolist(), abs=1e-3)
    assert f"{MODEL} is told the class of each picture, which" in " ".join(answer["remarks"])


def test_the_maths_of_a_prior_of_ones_own_adds_up(
    open_page: Open, save_model: Callable[..., RunRecord]
) -> None:
    save_model("Prior", conditions=[ConditionConfig(name="class", into=("prior", "decoder"))])
    app = open_page("explore", model="Prior")
    app.toggle(key="maths").set_value(True).run()
    assert not app.exception
    shown = component_data(app, "bill")
    names = ("mean", "sigma", "prior_mean", "prior_sigma")
    terms = zip(*(shown[name] for name in names), strict=True)
    kl = [
        0.5 * (((mean - m) / s) ** 2 + (sigma / s) ** 2 - 1 - 2 * math.log(sigma / s))
        for mean, sigma, m, s in terms
    ]
    assert shown["kl"] == pytest.approx(kl, abs=1e-4)


def test_what_only_the_prior_is_told_is_no_control_of_the_decoder(
    open_page: Open, save_model: Callable[..., RunRecord]
) -> None:
    save_model("Prior", conditions=[ConditionConfig(name="class", into=("prior",))])
    app = open_page("sliders", model="Prior")
    assert controls(app) == []
    assert given(app)["at"]["told"] == {}
    assert "told" not in given(app)["intro"]
    # No prior for all, no range of its own: the sliders span what training pictures have.
    assert "98 % of the training pictures" in given(app)["intro"]
