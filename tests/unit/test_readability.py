"""The holes of a latent space, counted by a classifier."""

from pathlib import Path

import pytest
import torch

from vae_core import DATASETS, load_checkpoint, load_dataset
from vae_core.inference import decode
from vae_core.metrics.extractor import READERS, reader_of
from vae_core.metrics.readability import CONFIDENT, confidence_map, readable_shares
from vae_core.projection import axes_projection


def test_the_readers_read_the_test_pictures_they_are_for() -> None:
    data, reader = load_dataset("digits"), reader_of("digits")
    assert reader is not None
    x = data.test.pixels()
    right = (reader.classify(x) == data.test.labels).double().mean()
    assert float(right) == pytest.approx(reader.card.test_accuracy)
    assert float(right) > 0.97
    sure = reader.confidence(x)
    assert float((sure >= CONFIDENT).double().mean()) > 0.95


def test_confidence_is_the_probability_of_the_class_that_is_read() -> None:
    reader = reader_of("digits")
    x = load_dataset("digits").test.pixels(0, 20)
    logits = reader.network(
        torch.nn.functional.interpolate(x, (28, 28), mode="bilinear", antialias=True)
    )
    torch.testing.assert_close(reader.confidence(x), logits.softmax(1).max(1).values.detach())


def test_only_digits_have_a_reader() -> None:
    assert set(READERS) < set(DATASETS)
    assert reader_of("fashion-mnist") is None
    assert reader_of("kmnist") is None


def test_shares_are_those_of_drawing_and_reading_by_hand(bundled: Path) -> None:
    found, reader = load_checkpoint(bundled / "digits-ae-2d"), reader_of("digits")
    means = found.latents.encoded.mean
    shares = readable_shares(found.model, means, reader, num=500, seed=3)
    noise = torch.randn(500, 2, generator=torch.Generator().manual_seed(3))
    sure = reader.confidence(decode(found.model, noise)) >= CONFIDENT
    assert shares.prior == pytest.approx(float(sure.double().mean()))
    # A Gaussian of that covariance, whatever root of it is taken.
    root = torch.linalg.cholesky(torch.cov(means.T))
    codes = means.mean(0) + torch.randn(20_000, 2) @ root.T
    fitted = (reader.confidence(decode(found.model, codes)) >= CONFIDENT).double().mean()
    assert shares.fitted == pytest.approx(float(fitted), abs=0.06)


def test_the_same_seed_counts_the_same(bundled: Path) -> None:
    found, reader = load_checkpoint(bundled / "digits-2d"), reader_of("digits")
    means = found.latents.encoded.mean
    first, again, other = (
        readable_shares(found.model, means, reader, num=300, seed=seed) for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


def test_a_vae_s_prior_holds_fewer_holes_than_an_autoencoder_s_on_mnist(bundled: Path) -> None:
    reader = reader_of("mnist")
    shares = {}
    for name in ("mnist-2d", "mnist-ae-2d"):
        found = load_checkpoint(bundled / name)
        shares[name] = readable_shares(found.model, found.latents.encoded.mean, reader)
    assert shares["mnist-2d"].prior > shares["mnist-ae-2d"].prior + 0.1


def test_the_map_of_confidence_begins_at_the_top_left(bundled: Path) -> None:
    found, reader = load_checkpoint(bundled / "digits-2d"), reader_of("digits")
    flat = axes_projection(2)
    sure = confidence_map(found.model, flat, (-3, 3, -3, 3), 6, reader)
    assert sure.shape == (6, 6)
    corners = torch.tensor([[-2.5, 2.5], [2.5, 2.5], [-2.5, -2.5], [2.5, -2.5]])
    expected = reader.confidence(decode(found.model, corners))
    torch.testing.assert_close(sure[[0, 0, -1, -1], [0, -1, 0, -1]], expected)


def test_a_conditional_model_is_told_its_class(bundled: Path) -> None:
    found, reader = load_checkpoint(bundled / "digits-cvae-2d"), reader_of("digits")
    told = {"class": torch.tensor([3])}
    z = torch.randn(200, 2, generator=torch.Generator().manual_seed(0))
    sure = reader.confidence(decode(found.model, z, told)) >= CONFIDENT
    shares = readable_shares(found.model, found.latents.encoded.mean, reader, told, num=200)
    assert shares.prior == pytest.approx(float(sure.double().mean()), abs=0.02)
