"""Restoring damaged images."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from vae_core import (
    MLPConfig,
    build_model,
    compare,
    damage,
    denoise,
    load_checkpoint,
    median_filter,
)
from vae_core.data import Dataset
from vae_core.metrics import psnr_db, ssim
from vae_core.models import LatentModel
from vae_core.restoration import keep_known, model_methods

Seeded = Callable[[int], torch.Generator]
NUM_IMAGES = 1_000


@pytest.fixture
def model(tiny: Dataset) -> LatentModel:
    return build_model(MLPConfig(hidden=(16,)), tiny.spec)


@pytest.mark.parametrize("kind", ["gaussian", "half"])
def test_every_method_gets_the_same_damaged_images(
    model: LatentModel, tiny: Dataset, kind: str, seeded: Seeded
) -> None:
    clean = tiny.test.pixels()
    damaged = damage(clean, kind, 0.5, seeded(4))
    methods = [*model_methods(model, ":mine").values(), *model_methods(model, ":yours").values()]
    results = compare(methods, clean, damaged)
    once = keep_known(denoise(model, damaged.images), damaged)
    expected = {"damaged": damaged.images, "one-pass:mine": once, "one-pass:yours": once}
    assert expected.keys() <= results.keys()
    for name, images in expected.items():
        assert torch.equal(results[name].images, images)
        torch.testing.assert_close(results[name].psnr_db, psnr_db(images, clean))
        torch.testing.assert_close(results[name].ssim, ssim(images, clean))


def test_the_model_trained_on_noise_beats_the_median_filter_and_the_clean_one_does_not(
    mnist: Dataset, bundled: Path
) -> None:
    models = {
        name: load_checkpoint(bundled / name).model for name in ("mnist-denoise-16d", "mnist-16d")
    }
    clean = mnist.test.pixels(0, NUM_IMAGES)
    noisy = damage(clean, "gaussian", 0.5, torch.Generator().manual_seed(0)).images
    restored = {name: denoise(model, noisy) for name, model in models.items()}
    restored |= {"noisy": noisy, "median": median_filter(noisy)}
    psnr = {name: float(psnr_db(images, clean).mean()) for name, images in restored.items()}
    readme = (bundled.parent / "README.md").read_text(encoding="utf-8")
    for value in psnr.values():
        assert f"{value:.2f}" in readme
    gain = {name: psnr[name] - psnr["median"] for name in models}
    assert gain["mnist-denoise-16d"] >= 2.5
    assert gain["mnist-16d"] < 2.5
