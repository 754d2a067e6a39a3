"""Restoring damaged images."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from vae_core import (
    MLPConfig,
    build_model,
    compare_denoising,
    denoise,
    load_checkpoint,
    median_filter,
)
from vae_core.corruption import corrupt
from vae_core.data import Dataset
from vae_core.errors import InvalidInputError, UnknownNameError
from vae_core.inference import reconstruct
from vae_core.metrics import psnr_db, ssim
from vae_core.models import LatentModel

Seeded = Callable[[int], torch.Generator]
NUM_IMAGES = 1_000


@pytest.fixture
def model(tiny: Dataset) -> LatentModel:
    return build_model(MLPConfig(hidden=(16,)), tiny.spec)


def test_denoising_is_one_pass_through_the_mean(model: LatentModel, tiny: Dataset) -> None:
    x = tiny.test.pixels()
    assert torch.equal(denoise(model, x), reconstruct(model, x))


def test_the_median_filter_takes_the_middle_of_nine_with_mirrored_edges(seeded: Seeded) -> None:
    x = torch.rand(2, 3, 8, 9, generator=seeded(0))
    # Mirrored with the edge repeated, which on a border of one pixel is replication.
    padded = torch.nn.functional.pad(x, (1, 1, 1, 1), mode="replicate")
    windows = padded.unfold(2, 3, 1).unfold(3, 3, 1).flatten(-2)
    assert torch.equal(median_filter(x), windows.median(-1).values)


def test_the_median_filter_removes_a_stray_pixel_and_keeps_images_apart() -> None:
    x = torch.zeros(2, 1, 8, 8)
    x[0, 0, 4, 4] = 1.0
    x[1] = 1.0
    assert torch.equal(median_filter(x)[0], torch.zeros(1, 8, 8))
    assert torch.equal(median_filter(x)[1], torch.ones(1, 8, 8))


@pytest.mark.parametrize("kind", ["gaussian", "half"])
def test_every_method_gets_the_same_damaged_images(
    model: LatentModel, tiny: Dataset, kind: str, seeded: Seeded
) -> None:
    clean = tiny.test.pixels()
    results = compare_denoising({"mine": model, "yours": model}, clean, kind, 0.5, seed=4)
    noisy = corrupt(clean, kind, 0.5, seeded(4))
    expected = {
        "noisy": noisy,
        "median filter": median_filter(noisy),
        "mine": denoise(model, noisy),
        "yours": denoise(model, noisy),
    }
    assert list(results) == list(expected)
    for name, result in results.items():
        assert torch.equal(result.images, expected[name])
        assert result.psnr_db == pytest.approx(psnr_db(result.images, clean).mean().item())
        assert result.ssim == pytest.approx(ssim(result.images, clean).mean().item())


def test_bad_damage_is_refused_in_words(tiny: Dataset) -> None:
    with pytest.raises(UnknownNameError, match="Unknown corruption 'rain'"):
        compare_denoising({}, tiny.test.pixels(), "rain", 0.5, 0)
    with pytest.raises(InvalidInputError, match="Noise level 2 received"):
        compare_denoising({}, tiny.test.pixels(), "gaussian", 2, 0)


def test_the_model_trained_on_noise_beats_the_median_filter_and_the_clean_one_does_not(
    mnist: Dataset, bundled: Path
) -> None:
    models = {
        name: load_checkpoint(bundled / name).model for name in ("mnist-denoise-16d", "mnist-16d")
    }
    results = compare_denoising(models, mnist.test.pixels(0, NUM_IMAGES), "gaussian", 0.5, seed=0)
    readme = (bundled.parent / "README.md").read_text(encoding="utf-8")
    for result in results.values():
        assert f"{result.psnr_db:.2f}" in readme
    gain = {name: results[name].psnr_db - results["median filter"].psnr_db for name in models}
    assert gain["mnist-denoise-16d"] >= 2.5
    assert gain["mnist-16d"] < 2.5
