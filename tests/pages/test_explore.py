"""What Explore gives its map, and what it says; what the map draws is in tests/e2e/test_map.py."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import Open
from tests.pages.reading import component_data, text
from ui import cache
from ui.cache import MapView
from vae_core import decode, load_checkpoint
from vae_core.bill import bill
from vae_core.data import Dataset, mnist
from vae_core.errors import DatasetError
from vae_core.record import RunRecord


def given(app: AppTest) -> dict[str, Any]:
    """What `latent_map.js` is given."""
    return component_data(app, "latent_map")


def view_of(app: AppTest, axes: cache.Axes = (0, 1)) -> MapView:
    return cache.map_view(app.session_state["offered"][app.selectbox(key="model").value].key, axes)


def test_a_digit_is_picked_from_the_start(open_page: Open, bundled: Path) -> None:
    app = open_page("explore")
    position = given(app)["pick"]
    assert int(load_checkpoint(bundled / "digits-2d").latents.label[position]) == 4
    assert app.query_params["pick"] == str(position)
    assert "1,797 images, 2 numbers each, seed 0" in text(app)


def test_the_map_gets_the_model_its_axes_its_classes_and_its_prior(open_page: Open) -> None:
    page = given(open_page("explore", pick="1000"))
    assert page["pick"] == 1000
    assert page["model"]["num"] == 1797
    assert page["flat"]["origin"] == [0.0, 0.0]
    assert page["flat"]["axes"] == [[1.0, 0.0], [0.0, 1.0]]
    assert page["figure"]["layout"]["xaxis"]["range"] == [-page["limit"], page["limit"]]
    assert page["classNames"] == [*"0123456789"]
    assert not page["isMixed"]
    assert page["prior"] == [0.0, 0.0]
    assert page["told"] == {}


def test_an_autoencoder_has_neither_prior_nor_spread_on_its_map(open_page: Open) -> None:
    page = given(open_page("explore", model="digits-ae-2d"))
    assert page["prior"] is None
    assert not page["model"]["hasSpread"]


@pytest.mark.parametrize("pick", ["1797", "-1", "x", "9" * 30])
def test_a_pick_that_is_not_there_falls_back_to_the_first_one(open_page: Open, pick: str) -> None:
    first = open_page("explore").query_params["pick"]
    assert open_page("explore", pick=pick).query_params["pick"] == first


@pytest.mark.parametrize("model", ["digits-2d", "digits-ae-2d", "mnist-2d"])
def test_the_first_pick_is_restored_well_and_lies_in_its_class(
    open_page: Open, mnist: Dataset, bundled: Path, model: str
) -> None:
    app = open_page("explore", model=model)
    position = given(app)["pick"]
    found, view = load_checkpoint(bundled / model), view_of(app)
    original = cache.original(found, position)
    restored = decode(found.model, found.latents.encoded.mean[[position]])
    assert (original - restored).square().mean() < 0.3 * original.var()
    label = int(found.latents.label[position])
    gaps = (view.centres - view.points[position]).norm(dim=1)
    assert int(gaps.argmin()) == label
    assert gaps[label] < 0.25 * view.limit


def test_the_button_picks_another_digit_and_keeps_it_in_the_address(open_page: Open) -> None:
    app = open_page("explore", pick="5")
    app.button(key="pick_another").click().run()
    picked = given(app)["pick"]
    assert picked != 5
    assert app.query_params["pick"] in (str(picked), [str(picked)])


@pytest.mark.parametrize("model", ["digits-2d", "digits-denoise-16d"])
def test_the_bill_is_that_of_the_picked_picture(open_page: Open, bundled: Path, model: str) -> None:
    app = open_page("explore", model=model, pick="7")
    app.toggle(key="maths").set_value(True).run()
    found = load_checkpoint(bundled / model)
    expected = bill(found.model, cache.original(found, 7))
    shown = component_data(app, "bill")
    assert np.allclose(shown["recon"], expected.recon)
    assert shown["kl"] == pytest.approx(expected.kl.tolist())
    assert shown["average"] == pytest.approx(-found.record.summary.elbo_nats)
    assert (shown["beta"], shown["hasKl"]) == (1.0, True)


def test_an_autoencoder_s_bill_has_neither_kl_nor_elbo(open_page: Open) -> None:
    app = open_page("explore", model="digits-ae-2d")
    app.toggle(key="maths").set_value(True).run()
    shown = component_data(app, "bill")
    assert (shown["hasKl"], shown["average"], shown["kl"]) == (False, None, [])


def test_more_than_two_numbers_are_shown_as_an_overview_or_as_any_two(
    open_page: Open, bundled: Path
) -> None:
    app = open_page("explore", model="mnist-16d")
    assert "10,000 images, 16 numbers each" in text(app)
    overview = view_of(app, None).projection
    np.testing.assert_allclose(given(app)["flat"]["axes"], overview.axes, atol=1e-6)
    np.testing.assert_allclose(given(app)["flat"]["origin"], overview.origin, atol=1e-6)
    expected = overview.project(torch.zeros(1, 16))[0]
    np.testing.assert_allclose(given(app)["prior"], expected, atol=1e-6)
    app.session_state["view"] = "Two numbers"
    assert "The map shows them from the side where they differ most" in text(app)
    app.run()
    carried = load_checkpoint(bundled / "mnist-16d").record.kl_per_dim
    best, second = sorted(range(16), key=lambda dim: -carried[dim])[:2]
    assert app.selectbox(key="across_16").value == best
    assert app.selectbox(key="up_16").value == second
    assert "The map shows two of them" in text(app)
    app.selectbox(key="across_16").select(4).run()
    app.selectbox(key="up_16").select(2).run()
    assert not app.exception
    assert not app.error
    axes = np.array(given(app)["flat"]["axes"])
    assert axes[4].tolist() == [1.0, 0.0]
    assert axes[2].tolist() == [0.0, 1.0]


@pytest.mark.parametrize("posterior", ["gaussian", "point"])
def test_a_single_number_is_shown_as_a_strip(
    open_page: Open, save_model: Callable[..., RunRecord], posterior: str
) -> None:
    save_model("One", latent_dim=1, posterior=posterior)
    app = open_page("explore", model="One")
    assert not app.error
    assert "1 number each" in text(app)
    page = given(app)
    assert page["isStrip"]
    assert page["prior"] is None
    assert page["model"]["hasSpread"] == (posterior == "gaussian")


@pytest.mark.parametrize("likelihood", ["gaussian-shared", "discretised-logistic"])
def test_a_map_is_shown_whatever_the_decoder_says_them_in(
    open_page: Open, save_model: Callable[..., RunRecord], likelihood: str
) -> None:
    save_model("Other", likelihood=likelihood)
    app = open_page("explore", model="Other")
    assert not app.error
    assert given(app)["model"]["shape"] == [1, 8, 8]
    app.toggle(key="maths").set_value(True).run()
    assert not app.exception


@pytest.mark.usefixtures("without_data")
def test_a_map_needs_no_data_set_and_says_what_is_missing(open_page: Open) -> None:
    app = open_page("explore", model="mnist-2d")
    assert not given(app)["model"]["hasOriginals"]
    assert app.button(key="get_data").label == "Get MNIST"
    app.toggle(key="maths").set_value(True).run()
    assert component_data(app, "bill")["recon"] is None


@pytest.mark.usefixtures("without_data")
def test_a_download_that_fails_says_why(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: object, raw: Path, progress: Callable[[int, int], None]) -> None:
        progress(1, 2)
        raise DatasetError("MNIST could not be fetched (no route to host); nothing was kept.")

    monkeypatch.setattr(mnist.MnistFamily, "_fetch_all", fail)
    app = open_page("explore", model="mnist-2d")
    app.button(key="get_data").click().run()
    assert "no route to host" in app.error[0].value
