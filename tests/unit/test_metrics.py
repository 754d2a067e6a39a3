"""Metrics, against scikit-image, scikit-learn's definitions and closed forms."""

import copy
import json
import math
import sys
from collections.abc import Callable

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torchmetrics.functional.image import structural_similarity_index_measure

from vae_core import MLPConfig, build_model, evaluate
from vae_core.data import Dataset, DataSpec, ImageSource
from vae_core.errors import InvalidInputError, UnknownNameError
from vae_core.inference import encode, reconstruct
from vae_core.metrics import (
    ALL,
    METRICS,
    QUICK,
    active_units,
    elbo,
    evaluation,
    knn_accuracy,
    linear_probe_accuracy,
    mse,
    psnr_db,
    ssim,
)
from vae_core.models import LatentModel

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


@pytest.mark.parametrize(("size", "channels"), [(8, 1), (11, 1), (28, 3)])
def test_ssim_is_that_of_torchmetrics(size: int, channels: int) -> None:
    images, target = noisy_pair(size, channels=channels)
    window = {"sigma": 1.5} if size > 10 else {"gaussian_kernel": False, "kernel_size": 7}
    expected = structural_similarity_index_measure(
        images, target, data_range=1.0, reduction="none", **window
    )
    torch.testing.assert_close(ssim(images, target), expected.reshape(len(images)))


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
    terms = []
    for part in x.split(chunk):
        (latent,) = model.infer(part, generator=generator)
        recon = -model.likelihood.log_prob(model.decode((latent.z,)), part)
        terms.append({"recon_nats": recon, "kl_nats": latent.posterior.kl().sum(1)})
    for name in ("recon_nats", "kl_nats"):
        mean = torch.cat([each[name] for each in terms]).mean().item()
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


ABSENT_FOR_AUTOENCODERS = {
    "elbo_nats",
    "kl_nats",
    "active_units",
    "mutual_information_nats",
    "total_correlation_nats",
    "sample_fid",
    "precision",
    "recall",
    "diversity",
    "nll_nats",
}


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_an_evaluation_gathers_the_quick_metrics_of_a_split(
    model: LatentModel, tiny: Dataset, split: str
) -> None:
    result = evaluate(model, tiny, split)
    source = tiny.split(split)
    x = source.pixels()
    recon, bound = reconstruct(model, x), elbo(model, source, evaluation.SEED_EVALUATION)
    assert tuple(result.values) == QUICK
    assert (result.split, result.num_images, result.seed) == (split, len(source), 0)
    assert (result.num_samples, result.extractor, result.num_feature_images) == (None, None, None)
    assert (result.elbo_nats, result.recon_nats, result.kl_nats, result.kl_per_dim) == (
        bound.elbo_nats,
        bound.recon_nats,
        bound.kl_nats,
        bound.kl_per_dim,
    )
    for name, metric in (("mse", mse), ("psnr_db", psnr_db), ("ssim", ssim)):
        assert result.values[name] == pytest.approx(metric(recon, x).mean().item())
    means = encode(model, tiny.train.pixels()).mean
    assert result.knn_accuracy == knn_accuracy(
        means, tiny.train.labels, encode(model, x).mean, source.labels
    )
    assert result.active_units == active_units(encode(model, x).mean)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_can_be_measured_alone_and_repeats(
    model: LatentModel, tiny: Dataset, name: str
) -> None:
    told: list[str] = []
    first = evaluate(model, tiny, "val", [name], seed=4, num_samples=3, on_metric=told.append)
    assert first == evaluate(model, tiny, "val", [name], seed=4, num_samples=3)
    assert name in first.values
    assert list(first.values) == told
    value = first.values[name]
    assert value is not None
    assert math.isfinite(value)
    if name.endswith("accuracy") or name in ("precision", "recall"):
        assert 0 <= value <= 1
    assert first.seed == 4
    assert first.num_samples == (3 if name == "nll_nats" else None)
    if name in ("sample_fid", "fid_floor", "precision", "recall", "diversity"):
        assert (first.extractor, first.num_feature_images) == ("mnist-conv-64", 20)


@pytest.mark.parametrize("name", METRICS)
def test_what_a_plain_autoencoder_does_not_have_is_none_and_never_0(
    tiny: Dataset, name: str
) -> None:
    model = build_model(MLPConfig(hidden=(16,), posterior="point"), tiny.spec)
    result = evaluate(model, tiny, "test", [name], num_samples=3)
    assert (result.values[name] is None) == (name in ABSENT_FOR_AUTOENCODERS)
    assert result.kl_per_dim == ()
    assert result.num_samples is None


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_leaves_the_model_as_it_was(
    model: LatentModel, tiny: Dataset, name: str
) -> None:
    before = {key: value.clone() for key, value in model.state_dict().items()}
    model.train()
    evaluate(model, tiny, "test", [name], num_samples=2)
    assert model.training
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())


def test_what_several_metrics_need_is_computed_once(
    model: LatentModel, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One pass for the ELBO, one each for train, test and the NLL; one decoding each."""
    num_encoded = 0
    infer = model.infer

    def counted(x: torch.Tensor, *args: object, **kwargs: object) -> object:
        nonlocal num_encoded
        num_encoded += len(x)
        return infer(x, *args, **kwargs)

    monkeypatch.setattr(model, "infer", counted)
    result = evaluate(model, tiny, "test", ALL, num_samples=2)
    assert tuple(result.values) == ALL
    assert num_encoded == 30 + 70 + 30 + 30


def test_a_fid_comes_with_its_floor(model: LatentModel, tiny: Dataset) -> None:
    assert set(evaluate(model, tiny, metrics=["sample_fid"]).values) == {"sample_fid", "fid_floor"}


def test_colour_has_no_grey_features(seeded: Seeded, make_spec: Callable[..., DataSpec]) -> None:
    spec = make_spec((3, 8, 8))
    images = torch.randint(0, 256, (40, 3, 8, 8), generator=seeded(0), dtype=torch.uint8)
    source = ImageSource(spec, images, torch.arange(40) % 2)
    data = Dataset(spec, source, source, source)
    result = evaluate(build_model(MLPConfig(hidden=(8,)), spec), data, metrics=ALL, num_samples=2)
    absent = {"sample_fid", "fid_floor", "precision", "recall", "diversity"}
    assert {name for name, value in result.values.items() if value is None} == absent
    assert result.extractor is None


def test_a_single_class_leaves_a_linear_probe_nothing_to_tell(tiny: Dataset) -> None:
    means = torch.randn(20, 2, generator=torch.Generator().manual_seed(0))
    ones = torch.ones(20, dtype=torch.int64)
    assert linear_probe_accuracy(means, ones, means, ones) is None


def test_a_linear_probe_reads_what_a_line_can_separate_and_no_more(seeded: Seeded) -> None:
    means = torch.randn(400, 2, generator=seeded(0))
    side = (means[:, 0] * 1000 > 0).long()  # standardised: the scale does not matter
    ring = (means.norm(dim=1) > 1.2).long()
    scaled = means * torch.tensor([1000.0, 1.0])
    assert linear_probe_accuracy(scaled[:300], side[:300], scaled[300:], side[300:]) > 0.95
    assert linear_probe_accuracy(means[:300], ring[:300], means[300:], ring[300:]) < 0.7


def test_units_are_active_when_their_means_vary() -> None:
    means = torch.tensor([[0.0, 0.0, 5.0], [0.0, 0.3, 5.01]])  # variances 0, 0.0225, 0.000025
    assert active_units(means) == 1
    assert active_units(means[:, :1]) == 0


def test_an_evaluation_reads_like_its_numbers(model: LatentModel, tiny: Dataset) -> None:
    result = evaluate(model, tiny)
    assert repr(result).startswith(f"Evaluation(elbo_nats={result.elbo_nats!r}, recon_nats=")
    assert repr(result).endswith("extractor=None, num_feature_images=None)")
    assert json.loads(json.dumps(result.as_dict())) == result.as_dict()
    with pytest.raises(AttributeError, match="holds no 'nll_nats'; it holds elbo_nats, recon"):
        _ = result.nll_nats
    assert copy.deepcopy(result) == result


def test_an_unknown_metric_names_those_there_are(model: LatentModel, tiny: Dataset) -> None:
    with pytest.raises(UnknownNameError, match="Unknown metric 'fid'"):
        evaluate(model, tiny, metrics=["elbo_nats", "fid"])


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
