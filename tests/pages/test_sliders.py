"""What the Sliders page gives its script, and keeps of what the script says; drawing is in e2e."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import ROOT, Open
from tests.pages.reading import component_data, text
from vae_core import load_checkpoint
from vae_core.record import RunRecord


def given(app: AppTest) -> dict[str, Any]:
    """What `sliders.js` is given."""
    return component_data(app, "sliders")


def say(app: AppTest, model_id: str, **at: Any) -> dict[str, Any]:
    """Say what the script says once a hand lets go; what the page makes of it."""
    app.session_state[f"sliders_{model_id}"] = {"at": at}
    app.run()
    assert not app.exception
    return given(app)["at"]


def leave_and_come_back(app: AppTest) -> dict[str, Any]:
    app.switch_page(str(ROOT / "pages" / "denoise.py")).run()
    app.switch_page(str(ROOT / "pages" / "sliders.py")).run()
    assert not app.exception
    return given(app)["at"]


@pytest.mark.parametrize("model", ["digits-2d", "digits-ae-2d", "mnist-16d"])
def test_the_script_gets_the_model_and_a_range_for_each_of_its_numbers(
    open_page: Open, bundled: Path, model: str
) -> None:
    page = given(open_page("sliders", model=model))
    num = load_checkpoint(bundled / model).model.latent_dim
    assert page["model"]["latentDim"] == len(page["limits"]) == len(page["at"]["z"]) == num
    assert sorted(page["used"] + page["collapsed"]) == list(range(num))
    assert page["at"]["z"] == [limit["default"] for limit in page["limits"]]
    assert (page["mapLimit"] is not None) == (num == 2)


def test_a_vae_has_the_priors_range_and_an_autoencoder_that_of_its_means(
    open_page: Open, bundled: Path
) -> None:
    limit = given(open_page("sliders"))["limits"][0]
    assert (limit["low"], limit["high"], limit["default"]) == pytest.approx((-2.33, 2.33, 0.0))
    limit = given(open_page("sliders", model="digits-ae-2d"))["limits"][0]
    low, *_, high = load_checkpoint(bundled / "digits-ae-2d").record.latent_quantiles[0]
    assert limit["low"] == pytest.approx(low, abs=0.1)
    assert limit["high"] == pytest.approx(high, abs=0.1)


def test_where_the_sliders_stand_outlives_a_change_of_page(open_page: Open) -> None:
    app = open_page("sliders")
    z, start = [1.2, -0.7], 1400
    assert say(app, "digits-2d", z=z, start=start) == leave_and_come_back(app)
    assert given(app)["at"]["z"] == z
    assert given(app)["at"]["start"] == start


def test_the_pictures_to_blend_outlive_a_change_of_page(open_page: Open) -> None:
    app = open_page("sliders")
    chosen = {"pictures": [5, 4, 3, 2, 1796], "way": "arc"}
    assert say(app, "digits-2d", z=[0.0, 0.0], **chosen) == leave_and_come_back(app)
    assert {name: given(app)["at"][name] for name in chosen} == chosen
    for other in ([5, 4, 3, 2, 1797], [5, 4], [-1, 0, 0, 0, 0]):
        examples = say(app, "digits-2d", z=[0.0, 0.0], pictures=other)["pictures"]
        assert len(set(examples)) == 5


def test_each_model_has_sliders_of_its_own(open_page: Open) -> None:
    app = open_page("sliders")
    say(app, "digits-2d", z=[1.2, -0.7])
    app.selectbox(key="model").select("digits-ae-2d").run()
    assert given(app)["at"]["z"] == [limit["default"] for limit in given(app)["limits"]]
    app.selectbox(key="model").select("digits-2d").run()
    assert given(app)["at"]["z"] == [1.2, -0.7]


def test_the_address_holds_where_the_sliders_stand(open_page: Open) -> None:
    app = open_page("sliders")
    assert "z" not in app.query_params
    say(app, "digits-2d", z=[1.2, -0.70001])
    assert app.query_params["z"] == "1.2,-0.7"
    assert given(open_page("sliders", z="1.2,-0.7"))["at"]["z"] == [1.2, -0.7]
    say(app, "digits-2d", z=[0.0, 0.0])
    assert "z" not in app.query_params


@pytest.mark.parametrize("z", ["1", "1,2,3", "1,nan", "1,inf", "a,b", ",", "1e400,0"])
def test_an_address_that_holds_no_place_of_this_model_is_passed_over(
    open_page: Open, z: str
) -> None:
    assert given(open_page("sliders", z=z))["at"]["z"] == [0.0, 0.0]


@pytest.mark.parametrize(
    "at",
    [
        {"z": [0.5]},
        {"z": [0.5, float("nan")]},
        {"z": [0.5, float("inf")]},
        {"z": "0.5"},
        {"z": [0.5, 0.5], "more": 1},
        {"z": [0.5, 0.5], "start": "x"},
        {},
    ],
)
def test_what_is_no_setting_of_this_model_changes_nothing(open_page: Open, at: dict) -> None:
    app = open_page("sliders")
    say(app, "digits-2d", z=[1.2, -0.7])
    assert say(app, "digits-2d", **at)["z"] == [1.2, -0.7]


def test_what_comes_back_is_put_within_reach(open_page: Open, bundled: Path) -> None:
    at = say(open_page("sliders"), "digits-2d", z=[1e30, -1e30], start=1797)
    farthest = load_checkpoint(bundled / "digits-2d").latents.encoded.mean.abs().max().item()
    assert at["z"] == pytest.approx([4 * farthest, -4 * farthest])
    assert at["start"] is None


@pytest.mark.usefixtures("without_data")
def test_sliders_need_no_data_set(open_page: Open) -> None:
    app = open_page("sliders", model="mnist-16d")
    assert not given(app)["model"]["hasOriginals"]
    assert "Original not on this computer" in text(app)
    assert app.button(key="get_data").label == "Get MNIST"


def test_numbers_without_content_come_last(open_page: Open) -> None:
    page = given(open_page("sliders", model="mnist-16d"))
    carried = [page["kl"][dim] for dim in page["used"] + page["collapsed"]]
    assert carried == sorted(carried, reverse=True)
    assert [page["kl"][dim] < 0.01 for dim in page["collapsed"]] == [True] * 5
    assert min(page["kl"][dim] for dim in page["used"]) >= 0.01
    assert page["intro"].endswith("Those that carry most come first.")


def test_sixty_four_numbers_fit_on_the_page(
    open_page: Open, save_model: Callable[..., RunRecord]
) -> None:
    save_model("Wide", latent_dim=64)
    page = given(open_page("sliders", model="Wide"))
    assert len(page["limits"]) == 64
    assert page["columns"] == 2


def test_a_single_number_has_a_sentence_of_its_own(
    open_page: Open, save_model: Callable[..., RunRecord]
) -> None:
    save_model("One", latent_dim=1)
    page = given(open_page("sliders", model="One"))
    assert page["intro"].startswith("The model keeps one number of a picture. Its slider")
    assert page["mapLimit"] is None


def test_the_page_says_once_why_its_sliders_end_there(open_page: Open) -> None:
    intro = given(open_page("sliders"))["intro"]
    assert intro.count("98 % of the prior lies between") == 1
    intro = given(open_page("sliders", model="digits-ae-2d"))["intro"]
    assert "98 % of the training pictures" in intro


def test_an_autoencoder_has_no_kl(open_page: Open) -> None:
    assert given(open_page("sliders", model="digits-ae-2d"))["kl"] is None
    assert len(given(open_page("sliders"))["kl"]) == 2


def test_the_sliders_can_start_from_the_picture_picked_on_explore(open_page: Open) -> None:
    app = open_page("explore", pick="1400")
    app.switch_page(str(ROOT / "pages" / "sliders.py")).run()
    assert given(app)["picked"] == 1400
    app.selectbox(key="model").select("mnist-2d").run()
    assert given(app)["picked"] is None


def test_the_pictures_to_blend_at_first_are_typical_and_far_apart(
    open_page: Open, bundled: Path
) -> None:
    first, second, a, b, c = given(open_page("sliders"))["at"]["pictures"]
    latents = load_checkpoint(bundled / "digits-2d").latents
    means, labels = latents.encoded.mean, latents.label
    assert labels[first] != labels[second]
    for position in (first, second):
        own = means[labels == labels[position]]
        gaps = (own - own.median(0).values).norm(dim=1)
        own_gap = (means[position] - own.median(0).values).norm()
        torch.testing.assert_close(own_gap, gaps.min())
    assert labels[a] == labels[b] != labels[c]


def test_where_the_class_is_told_the_pictures_to_blend_are_of_one_class(
    open_page: Open, bundled: Path
) -> None:
    first, second, *_ = given(open_page("sliders", model="digits-cvae-2d"))["at"]["pictures"]
    labels = load_checkpoint(bundled / "digits-cvae-2d").latents.label
    assert labels[first] == labels[second]
    assert first != second
