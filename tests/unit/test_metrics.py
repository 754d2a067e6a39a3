"""Metrics, against scikit-image, scikit-learn's definitions and closed forms."""

import sys
from collections.abc import Callable

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from vae_core import MLPConfig, build_model, evaluate
from vae_core.data import Dataset
from vae_core.errors import InvalidInputError
from vae_core.inference import encode, reconstruct
from vae_core.metrics import elbo, evaluation, knn_accuracy, mse, psnr_db, ssim
from vae_core.models import LatentModel
from vae_core.objectives import elbo_losses

Seeded = Callable[[int], torch.Generator]
Pair = tuple[torch.Tensor, torch.Tensor]


def noisy_pair(size: int, channels: int = 1) -> Pair:
    generator = torch.Generator().manual_seed(size)
    clean = torch.rand(4, channels, size, size, generator=generator)
    noise = torch.randn(clean.shape, generator=generator)
    return (clean + 0.3 * noise).clamp(0, 1), clean


@pytest.fixture
def model(tiny: Dataset) -> LatentModel:
    return build_model(MLPConfig(hidden=(16,)), tiny.spec)


@pytest.mark.parametrize("size", [8, 28])
def test_psnr_is_that_of_scikit_image_and_follows_from_mse(size: int) -> None:
    images, target = noisy_pair(size)
    expected = [
        peak_signal_noise_ratio(t.numpy(), i.numpy(), data_range=1.0)
        for i, t in zip(images, target, strict=True)
    ]
    assert psnr_db(images, target).tolist() == pytest.approx(expected, rel=1e-5)
    torch.testing.assert_close(psnr_db(images, target), -10 * mse(images, target).log10())


def test_equal_pictures_have_no_error_and_a_bounded_psnr() -> None:
    _, clean = noisy_pair(13)
    assert mse(clean, clean).tolist() == [0.0] * 4
    assert psnr_db(clean, clean).tolist() == pytest.approx([100.0] * 4)
    assert ssim(clean, clean).tolist() == pytest.approx([1.0] * 4)


@pytest.mark.parametrize(
    ("size", "border", "window"),
    [
        (8, 3, {"win_size": 7}),
        (11, 5, {"gaussian_weights": True, "sigma": 1.5}),
        (28, 5, {"gaussian_weights": True, "sigma": 1.5}),
        (64, 5, {"gaussian_weights": True, "sigma": 1.5}),
    ],
)
def test_ssim_is_that_of_scikit_image_on_mirrored_pictures(
    size: int, border: int, window: dict[str, float]
) -> None:
    """scikit-image drops the border that a window overlaps; ours mirrors the picture there."""
    images, target = noisy_pair(size)
    expected = [
        structural_similarity(
            *(np.pad(picture[0].double().numpy(), border, mode="reflect") for picture in pair),
            data_range=1.0,
            use_sample_covariance=False,
            **window,
        )
        for pair in zip(images, target, strict=True)
    ]
    assert ssim(images, target).tolist() == pytest.approx(expected, abs=1e-4)


def test_each_picture_has_its_own_number() -> None:
    images, target = noisy_pair(28, channels=3)
    for metric in (mse, psnr_db, ssim):
        each = torch.cat([metric(images[i : i + 1], target[i : i + 1]) for i in range(4)])
        torch.testing.assert_close(metric(images, target), each)


@pytest.mark.parametrize("shape", [(4, 1, 8, 9), (1, 8, 8), (3, 1, 8, 8)])
def test_pictures_of_different_shapes_are_not_compared(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInputError, match="expected two batches"):
        mse(torch.zeros(shape), torch.zeros(4, 1, 8, 8))


@pytest.mark.parametrize("chunk", [1, 7, 30, 1024])
def test_a_short_last_batch_weighs_what_it_should(
    model: LatentModel, tiny: Dataset, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["vae_core.metrics.elbo"], "BATCH_SIZE", chunk)
    measured = elbo(model, tiny.test, seed=0)
    generator, x = torch.Generator().manual_seed(0), tiny.test.pixels()
    outputs = [model(part, generator=generator) for part in x.split(chunk)]
    terms = [
        elbo_losses(output, part, model.likelihood, 1.0).terms
        for output, part in zip(outputs, x.split(chunk), strict=True)
    ]
    for name in ("recon_nats", "kl_nats"):
        mean = torch.cat([each[name][0] for each in terms]).mean().item()
        assert getattr(measured, name) == pytest.approx(mean, rel=1e-5)
    assert measured.elbo_nats == -(measured.recon_nats + measured.kl_nats)


@pytest.mark.parametrize("mode", [True, False])
def test_measuring_repeats_with_its_seed_and_leaves_the_model_as_it_was(
    model: LatentModel, tiny: Dataset, mode: bool
) -> None:
    model.train(mode)
    first = elbo(model, tiny.test, seed=0)
    assert elbo(model, tiny.test, seed=0) == first
    assert elbo(model, tiny.test, seed=1) != first
    assert model.training is mode


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_an_evaluation_gathers_every_metric_of_a_split(
    model: LatentModel, tiny: Dataset, split: str
) -> None:
    result = evaluate(model, tiny, split)
    source = tiny.split(split)
    x = source.pixels()
    recon, bound = reconstruct(model, x), elbo(model, source, evaluation.SEED_EVALUATION)
    assert (result.split, result.num_images) == (split, len(source))
    assert (result.elbo_nats, result.recon_nats, result.kl_nats) == (
        bound.elbo_nats,
        bound.recon_nats,
        bound.kl_nats,
    )
    for name, metric in (("mse", mse), ("psnr_db", psnr_db), ("ssim", ssim)):
        assert getattr(result, name) == pytest.approx(metric(recon, x).mean().item())
    means = encode(model, tiny.train.pixels()).mean
    assert result.knn_accuracy == knn_accuracy(
        means, tiny.train.labels, encode(model, x).mean, source.labels
    )


def test_an_autoencoder_is_evaluated_without_a_bound(tiny: Dataset) -> None:
    model = build_model(MLPConfig(hidden=(16,), posterior="point"), tiny.spec)
    result = evaluate(model, tiny)
    assert (result.elbo_nats, result.kl_nats) == (None, None)
    assert result.recon_nats > 0
    assert elbo(model, tiny.test, 0).kl_per_dim == ()


def test_neighbours_tell_separate_classes_apart_and_mixed_ones_not(seeded: Seeded) -> None:
    labels = torch.arange(200) % 2
    noise = torch.randn(200, 2, generator=seeded(0))
    apart = noise + 20.0 * labels[:, None]
    assert knn_accuracy(apart[:150], labels[:150], apart[150:], labels[150:]) == 1.0
    assert 0.3 < knn_accuracy(noise[:150], labels[:150], noise[150:], labels[150:]) < 0.7


def test_fifteen_neighbours_vote_and_fewer_where_there_are_fewer() -> None:
    places = torch.arange(31.0)[:, None]
    labels = torch.cat([torch.zeros(7), torch.ones(24)]).long()
    query = torch.tensor([[0.0]])  # the 15 nearest: 7 of class 0, 8 of class 1
    assert knn_accuracy(places, labels, query, torch.tensor([1])) == 1.0
    assert knn_accuracy(places[:13], labels[:13], query, torch.tensor([0])) == 1.0
