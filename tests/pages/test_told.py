"""Conditional models on every page: what they are told, and that all pictures follow it."""

import base64
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import ROOT, Open
from tests.pages.reading import as_bytes, html, named, picture, text
from ui import cache
from ui.texts import plain
from vae_core import catalogue, decode, encode, load_checkpoint, traverse
from vae_core.checkpoints import Checkpoint
from vae_core.data import Dataset
from vae_core.images import from_png
from vae_core.models import ConditionConfig
from vae_core.projection import axes_projection, manifold
from vae_core.record import RunRecord
from vae_core.restoration import compare_denoising

MODEL = "digits-cvae-2d"
KEY = f"told_{MODEL}_class"


@pytest.fixture
def found(bundled: Path) -> Checkpoint:
    return load_checkpoint(bundled / MODEL)


def labels(app: AppTest) -> list[str]:
    """What stands under the pictures of the classes."""
    return [option.rsplit(") ", 1)[1] for option in app.segmented_control(key=KEY).options]


def shown(option: str) -> np.ndarray:
    """Pixels of a class's picture."""
    return picture(re.sub(r"!\[\]\((.*?)\).*", r'<img src="\1">', option))


def told(label: int) -> dict[str, torch.Tensor]:
    return {"class": torch.tensor([label])}


def z_of(app: AppTest, model: str = MODEL, num: int = 2) -> torch.Tensor:
    return torch.tensor([[app.slider(key=f"z_{model}_{dim}").value for dim in range(num)]])


def test_one_picture_of_the_same_numbers_stands_for_each_class(
    open_page: Open, found: Checkpoint
) -> None:
    app = open_page("sliders", model=MODEL)
    app.slider(key=f"z_{MODEL}_0").set_value(1.1).run()
    assert labels(app) == [*"0123456789", "not told"]
    for label, option in zip([*range(10), -1], app.segmented_control(key=KEY).options, strict=True):
        expected = as_bytes(decode(found.model, z_of(app), told(label)))
        np.testing.assert_array_equal(shown(option), expected)
    drawn = [shown(option).tobytes() for option in app.segmented_control(key=KEY).options]
    assert len(set(drawn)) == 11


def test_a_chosen_class_is_what_every_picture_is_told_and_outlives_a_slider(
    open_page: Open, found: Checkpoint
) -> None:
    app = open_page("sliders", model=MODEL)
    app.segmented_control(key=KEY).set_value(7).run()
    app.slider(key=f"z_{MODEL}_1").set_value(-0.9).run()
    assert app.segmented_control(key=KEY).value == 7
    z = z_of(app)
    decoded = picture(html(app).split("The digit that the sliders make")[0])
    np.testing.assert_array_equal(decoded, as_bytes(decode(found.model, z, told(7))))
    places = -2.33 + 4.66 * (torch.arange(11) + 0.5) / 11
    strip = named(app, "traversal")
    expected = traverse(found.model, z[0], 0, places, told(7))
    for place in range(11):
        cell = strip[:, 9 * place : 9 * place + 8]
        np.testing.assert_array_equal(cell, as_bytes(expected[place : place + 1]))
    assert "What the decoder draws at each place, told the class 7" in text(app)


def test_not_told_is_the_models_own_null(open_page: Open, found: Checkpoint) -> None:
    app = open_page("sliders", model=MODEL)
    app.segmented_control(key=KEY).set_value(-1).run()
    decoded = picture(html(app).split("The digit that the sliders make")[0])
    np.testing.assert_array_equal(decoded, as_bytes(decode(found.model, z_of(app))))
    assert "told nothing of its class" in text(app)


def test_starting_from_a_picture_tells_its_class_and_reset_the_first(open_page: Open) -> None:
    app = open_page("sliders", model=MODEL)
    app.selectbox(key="start_class").select("4").run()
    app.button(key="start").click().run()
    assert app.segmented_control(key=KEY).value == 4
    assert z_of(app).abs().sum() > 0
    app.button(key="reset").click().run()
    assert app.segmented_control(key=KEY).value == 0


def test_a_model_that_never_learned_to_do_without_is_not_asked_to(
    open_page: Open, save_model: Callable[..., RunRecord]
) -> None:
    record = save_model("Told", conditions=[ConditionConfig(name="class", null_rate=0.0)])
    app = open_page("sliders", model="Told")
    control = app.segmented_control(key=f"told_{record.id}_class")
    assert [option.rsplit(") ", 1)[1] for option in control.options] == [*"0123456789"]


def test_numbers_can_be_told_by_sliders_or_left_out(
    open_page: Open, save_model: Callable[..., RunRecord]
) -> None:
    record = save_model("Strokes", conditions=[ConditionConfig(name="strokes")])
    app = open_page("sliders", model="Strokes")
    found = load_checkpoint(catalogue.folder_of(record.id))
    key = f"told_{record.id}_strokes"
    for entry, value in (("ink", 1.0), ("slant", -2.0), ("width", 0.5)):
        app.slider(key=f"{key}_{entry}").set_value(value).run()
    strokes = {"strokes": torch.tensor([[1.0, -2.0, 0.5]])}
    z = z_of(app, record.id)
    drawn = picture(html(app).split("The digit that the sliders make")[0])
    np.testing.assert_array_equal(drawn, as_bytes(decode(found.model, z, strokes)))
    app.toggle(key=key).set_value(False).run()
    drawn = picture(html(app).split("The digit that the sliders make")[0])
    np.testing.assert_array_equal(drawn, as_bytes(decode(found.model, z)))
    assert all(app.slider(key=f"{key}_{entry}").disabled for entry in ("ink", "slant", "width"))


def test_starting_from_a_picture_tells_its_strokes(
    open_page: Open, save_model: Callable[..., RunRecord], digits: Dataset
) -> None:
    record = save_model("Strokes", conditions=[ConditionConfig(name="strokes")])
    app = open_page("explore", model="Strokes", pick="1400")
    app.switch_page(str(ROOT / "pages" / "sliders.py")).run()
    app.selectbox(key="start_class").select("picked").run()
    app.button(key="start").click().run()
    split, index = load_checkpoint(catalogue.folder_of(record.id)).latents.where(1400)
    strokes = digits.split(split).conditions(slice(index, index + 1))["strokes"][0]
    key = f"told_{record.id}_strokes"
    values = [app.slider(key=f"{key}_{entry}").value for entry in ("ink", "slant", "width")]
    assert values == pytest.approx(strokes.clamp(-2.5, 2.5).tolist(), abs=0.051)


def test_explore_decodes_the_picked_picture_with_its_own_class(
    open_page: Open, found: Checkpoint, digits: Dataset
) -> None:
    position = 1400
    app = open_page("explore", model=MODEL, pick=str(position))
    label = int(found.latents.label[position])
    mean = found.latents.encoded.mean[position : position + 1]
    expected = decode(found.model, mean, told(label))
    np.testing.assert_array_equal(named(app, "reconstruction"), as_bytes(expected))
    assert f"The decoder is told the class {label}." in text(app)
    assert f"The class {label}, drawn at each place" in text(app)
    assert "Its class is told" in text(app)
    split, index = found.latents.where(position)
    x = digits.split(split).pixels(index, index + 1)
    torch.testing.assert_close(encode(found.model, x, told(label)).mean, mean, atol=5e-3, rtol=0.01)


def test_the_grid_over_the_map_follows_the_picked_class(found: Checkpoint) -> None:
    key = (str(found.folder), 0)
    first, second = (cache.manifold_png(key, (0, 1), told(label)) for label in (3, 8))
    assert first != second
    assert cache.manifold_png(key, (0, 1), told(3)) == first
    limit = cache.map_view(key, (0, 1)).limit
    extent = (-limit, limit, -limit, limit)
    expected = manifold(found.model, axes_projection(2), extent, cache.MANIFOLD_SIDE, told(8))
    sheet = from_png(second)
    np.testing.assert_array_equal(sheet[1:9, 1:9], as_bytes(expected[:1]))  # in its black edge


def test_a_map_that_mixes_the_classes_names_none(open_page: Open) -> None:
    names = {}
    for model in (MODEL, "digits-2d"):
        over = re.search(
            r'class="vl-over".*?base64,([^"]+)"', html(open_page("explore", model=model))
        )
        names[model] = re.findall(">([0-9])</text>", base64.b64decode(over.group(1)).decode())
    assert names == {MODEL: [], "digits-2d": [*"0123456789"]}


def test_denoise_tells_a_conditional_model_each_pictures_class_and_says_so(
    open_page: Open, found: Checkpoint, digits: Dataset
) -> None:
    app = open_page("denoise", model=MODEL)
    chosen = torch.randperm(300, generator=torch.Generator().manual_seed(0))[:8]
    batch = digits.test.batch(chosen)
    results = compare_denoising({MODEL: found.model}, batch.x, "gaussian", 0.5, 0, batch.conditions)
    blind = compare_denoising({MODEL: found.model}, batch.x, "gaussian", 0.5, 0)
    assert results[MODEL].psnr_db > blind[MODEL].psnr_db
    row = re.search(rf'<tr class="row-{MODEL}">(.*?)</tr>', html(app)).group(1)
    assert f">{results[MODEL].psnr_db:.2f}" in row
    assert f"**{plain(MODEL)}** is told the class of each picture, which the noisy" in text(app)
    assert "trained on clean pictures, told the class" in row


def test_the_maths_of_a_prior_of_ones_own_adds_up(
    open_page: Open, save_model: Callable[..., RunRecord]
) -> None:
    save_model("Prior", conditions=[ConditionConfig(name="class", into=("prior", "decoder"))])
    app = open_page("explore", model="Prior")
    app.toggle(key="maths").set_value(True).run()
    assert not app.exception
    assert "m_i" in app.latex[0].value
    assert "The prior is this picture's own" in text(app)


def test_what_only_the_prior_is_told_is_no_control_of_the_decoder(
    open_page: Open, save_model: Callable[..., RunRecord]
) -> None:
    save_model("Prior", conditions=[ConditionConfig(name="class", into=("prior",))])
    app = open_page("sliders", model="Prior")
    assert not app.segmented_control
    assert "told" not in text(app)
    # No prior for all, no range of its own: the sliders span what training pictures have.
    assert "98 % of the training pictures" in text(app)
