import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import ROOT, Open
from tests.pages.reading import as_bytes, html, picture, text
from vae_core import decode, load_checkpoint
from vae_core.record import RunRecord


def values(app: AppTest, model: str, num: int) -> torch.Tensor:
    return torch.tensor([[app.slider(key=f"z_{model}_{dim}").value for dim in range(num)]])


@pytest.mark.parametrize("model", ["digits-2d", "digits-ae-2d", "mnist-16d"])
def test_the_picture_is_what_torch_decodes_from_the_sliders(
    open_page: Open, bundled: Path, model: str
) -> None:
    app = open_page("sliders", model=model)
    found = load_checkpoint(bundled / model)
    num = found.model.latent_dim
    first = picture(html(app).split("The digit that the sliders make")[0])
    np.testing.assert_array_equal(first, as_bytes(decode(found.model, values(app, model, num))))
    app.slider(key=f"z_{model}_0").set_value(1.2).run()
    app.slider(key=f"z_{model}_1").set_value(-0.7).run()
    z = values(app, model, num)
    assert z[0, :2].tolist() == pytest.approx([1.2, -0.7])
    moved = picture(html(app))
    np.testing.assert_array_equal(moved, as_bytes(decode(found.model, z)))
    assert (moved != first).any()


def test_a_vae_has_the_priors_range_and_an_autoencoder_that_of_its_means(
    open_page: Open, bundled: Path
) -> None:
    slider = open_page("sliders").slider(key="z_digits-2d_0")
    assert (slider.min, slider.max, slider.value) == pytest.approx((-2.33, 2.33, 0.0))
    slider = open_page("sliders", model="digits-ae-2d").slider(key="z_digits-ae-2d_0")
    low, *_, high = load_checkpoint(bundled / "digits-ae-2d").record.latent_quantiles[0]
    assert slider.min == pytest.approx(low, abs=0.1)
    assert slider.max == pytest.approx(high, abs=0.1)


def test_starting_from_a_digit_and_going_back(open_page: Open) -> None:
    app = open_page("sliders")
    app.selectbox(key="start_class").select("4").run()
    app.button(key="start").click().run()
    assert "Started from this 4" in text(app)
    assert values(app, "digits-2d", 2).abs().sum() > 0
    app.button(key="reset").click().run()
    assert values(app, "digits-2d", 2).tolist() == [[0.0, 0.0]]
    assert "Started from" not in text(app)


@pytest.mark.usefixtures("without_data")
def test_starting_from_a_digit_needs_no_data_set(open_page: Open) -> None:
    app = open_page("sliders", model="mnist-16d")
    app.button(key="start").click().run()
    assert "Original not on this computer" in text(app)
    assert values(app, "mnist-16d", 16).abs().sum() > 0


def test_numbers_without_content_come_last_and_say_so(open_page: Open) -> None:
    app = open_page("sliders", model="mnist-16d")
    labels = [slider.label for slider in app.slider]
    unused = ["unused" in label for label in labels]
    assert 0 < sum(unused) < len(unused)
    assert unused == sorted(unused)
    carried = [float(re.search(r"([\d.]+) nats", label).group(1)) for label in labels]
    assert carried == sorted(carried, reverse=True)


def test_sixty_four_numbers_fit_on_the_page(
    open_page: Open, save_model: Callable[..., RunRecord]
) -> None:
    save_model("Wide", latent_dim=64)
    assert len(open_page("sliders", model="Wide").slider) == 64


def frame(app: AppTest, strip: int) -> float:
    """Where the frame on a strip stands, in per cent of its width."""
    return float(re.findall(r'class="here" style="left:([\d.]+)%', html(app))[strip])


def test_each_strip_marks_the_picture_nearest_to_its_slider(open_page: Open) -> None:
    app = open_page("sliders")
    assert frame(app, 0) == frame(app, 1) == pytest.approx(100 * 5 * 9 / 98, abs=0.01)
    app.slider(key="z_digits-2d_0").set_value(2.33).run()
    assert frame(app, 0) == pytest.approx(100 * 10 * 9 / 98, abs=0.01)
    app.slider(key="z_digits-2d_0").set_value(-2.33).run()
    assert frame(app, 0) == 0


def test_the_page_says_once_why_its_sliders_end_there(open_page: Open) -> None:
    assert text(open_page("sliders")).count("98 % of the prior lies between") == 1
    assert "98 % of the training pictures" in text(open_page("sliders", model="digits-ae-2d"))


def test_nats_are_explained_where_there_are_any(open_page: Open) -> None:
    assert ["1 nat is" in slider.help for slider in open_page("sliders").slider] == [True, False]
    sliders = open_page("sliders", model="digits-ae-2d").slider
    assert not any(slider.help for slider in sliders)


def test_the_sliders_can_start_from_the_picture_picked_on_explore(
    open_page: Open, bundled: Path
) -> None:
    app = open_page("explore", pick="1400")
    app.switch_page(str(ROOT / "pages" / "sliders.py")).run()
    app.selectbox(key="start_class").select("picked").run()
    app.button(key="start").click().run()
    mean = load_checkpoint(bundled / "digits-2d").latents.encoded.mean[1400]
    assert values(app, "digits-2d", 2)[0].tolist() == pytest.approx(mean.tolist(), abs=0.006)
