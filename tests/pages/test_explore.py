import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.pages.conftest import Open
from tests.pages.reading import as_bytes, named, text
from ui import cache, latent_map
from vae_core import decode, load_checkpoint
from vae_core.data import Dataset, mnist
from vae_core.errors import DatasetError
from vae_core.record import RunRecord


def test_a_digit_is_picked_from_the_start(open_page: Open) -> None:
    app = open_page("explore")
    assert app.subheader[0].value == "Picked digit: 4"
    assert "1,797 images, 2 numbers each, seed 0" in text(app)


@pytest.mark.parametrize("position", [0, 1000, 1796])
def test_the_picked_dot_its_pictures_and_its_label_agree(
    open_page: Open, digits: Dataset, bundled: Path, position: int
) -> None:
    app = open_page("explore", pick=str(position))
    found = load_checkpoint(bundled / "digits-2d")
    split, index = found.latents.where(position)
    source = digits.split(split)
    assert app.subheader[0].value == f"Picked digit: {int(source.labels[index])}"
    original = as_bytes(source.pixels(index, index + 1))
    np.testing.assert_array_equal(named(app, "original"), original)
    mean = found.latents.encoded.mean[position]
    expected = as_bytes(decode(found.model, mean[None]))
    np.testing.assert_array_equal(named(app, "reconstruction"), expected)
    x, y = (f"{value:.3f}".replace("-", "\N{MINUS SIGN}") for value in mean.tolist())
    assert f"({x}, {y})" in text(app)


@pytest.mark.parametrize("pick", ["1797", "-1", "x", "9" * 30])
def test_a_pick_that_is_not_there_falls_back_to_the_first_one(open_page: Open, pick: str) -> None:
    first = open_page("explore").query_params["pick"]
    assert open_page("explore", pick=pick).query_params["pick"] == first


@pytest.mark.parametrize("model", ["digits-2d", "digits-ae-2d", "mnist-2d"])
def test_the_first_pick_is_restored_well_and_lies_in_its_class(
    open_page: Open, mnist: Dataset, model: str
) -> None:
    app = open_page("explore", model=model)
    original, restored = named(app, "original") / 255.0, named(app, "reconstruction") / 255.0
    assert np.square(original - restored).mean() < 0.3 * original.var()
    choice = app.session_state["offered"][model]
    view = cache.map_view(choice.key, (0, 1))
    position = latent_map.default_pick(choice.key, (0, 1))
    label = int(cache.checkpoint(choice.key).latents.label[position])
    gaps = (view.centres - view.points[position]).norm(dim=1)
    assert int(gaps.argmin()) == label
    assert gaps[label] < 0.25 * view.limit


def test_the_button_picks_another_digit_and_keeps_it_in_the_address(open_page: Open) -> None:
    app = open_page("explore", pick="5")
    app.button(key="pick_another").click().run()
    assert app.query_params["pick"] not in ("5", ["5"])


def test_the_spread_is_told_for_a_vae_and_absent_for_an_autoencoder(open_page: Open) -> None:
    assert "spread" in text(open_page("explore"))
    said = text(open_page("explore", model="digits-ae-2d"))
    assert "an autoencoder gives a single point, no spread" in said


@pytest.mark.parametrize("model", ["digits-2d", "mnist-16d"])
@pytest.mark.usefixtures("mnist")
def test_the_maths_shown_adds_up(open_page: Open, model: str) -> None:
    app = open_page("explore", model=model, pick="7")
    app.toggle(key="maths").set_value(True).run()
    _, terms, bill = app.latex[0].value.split(r"\\[6pt]")
    *parts, kl = map(float, re.findall(r"\d+\.\d{3}", terms))
    recon, kl_again, total = map(float, re.findall(r"\d+\.\d{3}", bill))
    assert sum(parts) == pytest.approx(kl)
    assert kl_again == kl
    assert recon + kl == pytest.approx(total)
    assert "estimate of \N{MINUS SIGN}ELBO" in text(app)
    assert ("13 others" in terms) == (model == "mnist-16d")


def test_the_kl_shown_is_that_of_the_mean_and_spread_shown(open_page: Open) -> None:
    app = open_page("explore", pick="7")
    app.toggle(key="maths").set_value(True).run()
    numbers = re.findall(r"[μσ] \(([^,]+), ([^)]+)\)", text(app))
    mean, spread = (
        [float(value.replace("\N{MINUS SIGN}", "-")) for value in pair] for pair in numbers
    )
    kl = sum((m * m + s * s - 1 - 2 * math.log(s)) / 2 for m, s in zip(mean, spread, strict=True))
    assert kl == pytest.approx(
        float(re.findall(r"= (\d+\.\d{3})", app.latex[0].value)[0]), abs=0.02
    )


def test_an_autoencoder_shows_neither_kl_nor_elbo(open_page: Open) -> None:
    app = open_page("explore", model="digits-ae-2d")
    app.toggle(key="maths").set_value(True).run()
    assert all("KL" not in element.value for element in app.latex)
    assert "No KL and no ELBO" in text(app)


def test_more_than_two_numbers_are_shown_as_an_overview_or_as_any_two(
    open_page: Open, bundled: Path
) -> None:
    app = open_page("explore", model="mnist-16d")
    assert "3,000 of 10,000 images, 16 numbers each" in text(app)
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


@pytest.mark.parametrize("posterior", ["gaussian", "point"])
def test_a_single_number_is_shown_as_a_strip(
    open_page: Open, save_model: Callable[..., RunRecord], posterior: str
) -> None:
    save_model("One", latent_dim=1, posterior=posterior)
    app = open_page("explore", model="One")
    assert not app.error
    assert "1 number each" in text(app)


@pytest.mark.parametrize("likelihood", ["gaussian-shared", "discretised-logistic"])
def test_pictures_are_shown_whatever_the_decoder_says_them_in(
    open_page: Open, save_model: Callable[..., RunRecord], likelihood: str
) -> None:
    save_model("Other", likelihood=likelihood)
    app = open_page("explore", model="Other")
    assert not app.error
    assert named(app, "reconstruction").shape == (8, 8)
    app.toggle(key="maths").set_value(True).run()
    assert not app.exception


@pytest.mark.usefixtures("without_data")
def test_a_map_needs_no_data_set_and_says_what_is_missing(open_page: Open) -> None:
    app = open_page("explore", model="mnist-2d")
    assert "Original not on this computer" in text(app)
    assert app.button(key="get_data").label == "Get MNIST"
    assert named(app, "reconstruction").shape == (28, 28)
    app.toggle(key="maths").set_value(True).run()
    assert "needs the original" in text(app)


@pytest.mark.usefixtures("without_data")
def test_a_download_that_fails_says_why(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: object, raw: Path, progress: Callable[[int, int], None]) -> None:
        progress(1, 2)
        raise DatasetError("MNIST could not be fetched (no route to host); nothing was kept.")

    monkeypatch.setattr(mnist.MnistFamily, "_fetch_all", fail)
    app = open_page("explore", model="mnist-2d")
    app.button(key="get_data").click().run()
    assert "no route to host" in app.error[0].value
