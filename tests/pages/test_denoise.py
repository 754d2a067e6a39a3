import re

import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import Open
from tests.pages.reading import html, text
from ui import denoising
from vae_core import compare_denoising, load_checkpoint
from vae_core.data import Dataset
from vae_core.restoration import Denoised


def shown(app: AppTest, row: str) -> tuple[float, float]:
    """PSNR and SSIM in a row of the table."""
    cells = re.search(rf'<tr class="row-{row}">(.*?)</tr>', html(app)).group(1)
    psnr, ssim = re.findall(r'<td class="num [^>]*>([\d.]+)', cells)
    return float(psnr), float(ssim)


def test_every_number_is_the_librarys(open_page: Open, digits: Dataset, bundled) -> None:
    app = open_page("denoise")
    chosen = torch.randperm(300, generator=torch.Generator().manual_seed(0))[:8]
    names = ("digits-2d", "digits-denoise-16d")
    models = {name: load_checkpoint(bundled / name).model for name in names}
    results = compare_denoising(models, digits.test.batch(chosen).x, "gaussian", 0.5, 0)
    for name, result in results.items():
        expected = (round(result.psnr_db, 2), round(result.ssim, 3))
        assert shown(app, name.replace(" ", "-")) == pytest.approx(expected, abs=0.006)


def test_more_noise_gives_a_lower_psnr(open_page: Open) -> None:
    app = open_page("denoise")
    before = shown(app, "noisy")
    app.select_slider(key="level_gaussian").set_value(0.9).run()
    assert shown(app, "noisy") < before


def test_no_noise_at_all_is_said_and_wins_no_prize(open_page: Open) -> None:
    app = open_page("denoise")
    app.select_slider(key="level_gaussian").set_value(0.0).run()
    row = re.search(r'<tr class="row-noisy">(.*?)</tr>', html(app)).group(1)
    assert "\N{INFINITY}" in row
    assert "1.000" in row
    assert "best" not in row
    assert "There is no noise" in text(app)
    assert "this kind of noise" not in text(app)


def outcome(noisy: float, median: float, trained: float, clean: float, app: AppTest) -> str:
    """What is said of these PSNRs."""
    offered = app.session_state["offered"]
    psnrs = {
        "noisy": noisy,
        "median filter": median,
        "mnist-denoise-16d": trained,
        "mnist-16d": clean,
    }
    results = {name: Denoised(torch.zeros(1, 1, 8, 8), psnr, 0.5) for name, psnr in psnrs.items()}
    models = [offered["mnist-16d"], offered["mnist-denoise-16d"]]
    return " ".join(denoising.remarks(results, models, "gaussian"))


def test_the_sentences_follow_the_numbers(open_page: Open) -> None:
    app = open_page("denoise")
    assert "not for this, and still scores best here" in outcome(10, 11, 12, 13, app)
    lower = "not for this, and scores lower than **mnist-denoise-16d**"
    assert lower in outcome(10, 11, 13, 12, app)
    said = outcome(14, 11, 12, 13, app)
    assert "scores best" not in said
    assert "lower than" not in said
    assert "nothing here beats leaving the pictures" in said


def test_new_images_and_new_noise_change_the_numbers_and_the_address(open_page: Open) -> None:
    app = open_page("denoise")
    seen = {shown(app, "noisy")}
    for key in ("new_noise", "new_images"):
        app.button(key=key).click().run()
        seen.add(shown(app, "noisy"))
    assert len(seen) == 3
    again = open_page("denoise", images="1", noise_seed="1")
    assert shown(again, "noisy") == shown(app, "noisy")


@pytest.mark.parametrize("kind", ["salt-and-pepper", "masked-square"])
def test_each_noise_has_its_own_level(open_page: Open, kind: str) -> None:
    app = open_page("denoise")
    app.session_state["noise"] = kind
    app.run()
    assert app.select_slider(key=f"level_{kind}").value in (0.3, 0.4)
    assert not app.error


def test_the_page_says_which_model_was_trained_for_it(open_page: Open, mnist: Dataset) -> None:
    said = text(open_page("denoise", model="mnist-16d"))
    assert "**mnist-denoise-16d** was trained to remove this kind of noise" in said
    assert "**mnist-16d** was trained on clean pictures, not for this" in said
    assert "median filter beats **mnist-16d**" in said
    assert "invents plausible detail" in said


def test_no_more_than_three_models_can_be_chosen(open_page: Open) -> None:
    app = open_page("denoise")
    app.multiselect(key="restore_digits-2d").set_value([]).run()
    assert not app.error
    assert app.multiselect(key="restore_digits-2d").max_selections == 3


@pytest.mark.usefixtures("without_data")
def test_drawn_digits_stand_in_for_mnist_and_say_so(open_page: Open) -> None:
    app = open_page("denoise", model="mnist-16d")
    assert "drawn by this program" in text(app)
    assert app.button(key="get_data").label == "Get MNIST"
    assert shown(app, "mnist-denoise-16d") > shown(app, "noisy")
