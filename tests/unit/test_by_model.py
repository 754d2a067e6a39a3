"""Restoring with a trained model: one pass, and the mean of draws from the posterior."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

from tests.unit._linear import DIM, linear_model, weights
from vae_core import ConvConfig, MLPConfig, build_model, damage, denoise
from vae_core.corruption import CORRUPTIONS
from vae_core.data import Dataset
from vae_core.errors import InvalidInputError
from vae_core.inference import decode, encode, reconstruct
from vae_core.models import LatentModel
from vae_core.restoration import keep_known, model_methods, posterior_mean

Seeded = Callable[[int], torch.Generator]


@pytest.fixture
def model(tiny: Dataset) -> LatentModel:
    return build_model(MLPConfig(hidden=(16,)), tiny.spec)


@pytest.fixture
def autoencoder(tiny: Dataset) -> LatentModel:
    return build_model(MLPConfig(hidden=(16,), posterior="point"), tiny.spec)


def test_denoising_is_one_pass_through_the_mean(model: LatentModel, tiny: Dataset) -> None:
    x = tiny.test.pixels()
    assert torch.equal(denoise(model, x), reconstruct(model, x))


# Mean of draws


def test_mean_and_spread_are_those_of_the_decoded_draws(
    model: LatentModel, tiny: Dataset, seeded: Seeded
) -> None:
    x, generator = tiny.test.pixels(), seeded(3)
    found = posterior_mean(model, x, num_samples=20, generator=seeded(3))
    q = encode(model, x)
    draws = [
        decode(model, q.mean + q.std * torch.randn(q.mean.shape, generator=generator)).numpy()
        for _ in range(20)
    ]
    np.testing.assert_allclose(found.images, np.mean(draws, 0), atol=1e-6)
    np.testing.assert_allclose(found.spread, np.std(np.float64(draws), 0), atol=1e-6)
    assert np.std(draws, 0).max() > 0.05


def test_the_spread_of_a_linear_decoder_has_a_closed_form(tiny: Dataset, seeded: Seeded) -> None:
    model = linear_model(tiny.spec)
    with torch.no_grad():
        model.head.bias[DIM:] = -2  # so that no draw is clipped
    x = tiny.test.pixels(0, 4)
    found = posterior_mean(model, x, num_samples=1_500, generator=seeded(0))
    std = encode(model, x).std
    assert found.spread is not None
    assert std is not None
    exact = (weights().square() @ std.square().T).sqrt().T.view(4, 1, 8, 8)
    torch.testing.assert_close(found.spread, exact, rtol=0.08, atol=0)
    torch.testing.assert_close(found.images, denoise(model, x), rtol=0, atol=0.02)


def test_there_is_hardly_a_spread_where_the_encoder_is_sure(tiny: Dataset, seeded: Seeded) -> None:
    model = linear_model(tiny.spec)
    with torch.no_grad():
        model.head.bias[DIM:] = -1e4  # the soft bound keeps the standard deviation at 0.0067
    x = tiny.test.pixels()
    found = posterior_mean(model, x, num_samples=50, generator=seeded(0))
    assert found.spread is not None
    assert 0 < float(found.spread.max()) < 0.0067
    torch.testing.assert_close(found.images, denoise(model, x), rtol=0, atol=0.0067)


def test_a_decoder_that_ignores_the_code_has_no_spread_at_all(
    model: LatentModel, tiny: Dataset, seeded: Seeded
) -> None:
    for layer in model.decoder:
        if isinstance(layer, nn.Linear):
            nn.init.zeros_(layer.weight)
    spread = posterior_mean(model, tiny.test.pixels(), generator=seeded(0)).spread
    assert spread is not None
    assert torch.equal(spread, torch.zeros_like(spread))


def test_the_spread_of_colours_is_one_plane(
    make_spec: Callable[..., object], seeded: Seeded
) -> None:
    model = build_model(ConvConfig(latent_dim=2), make_spec((3, 12, 10)))  # type: ignore[arg-type]
    x = torch.rand(2, 3, 12, 10, generator=seeded(0))
    found = posterior_mean(model, x, num_samples=4, generator=seeded(1))
    assert found.images.shape == (2, 3, 12, 10)
    assert found.spread is not None
    assert found.spread.shape == (2, 1, 12, 10)


def test_draws_depend_on_their_seed_alone(
    model: LatentModel, tiny: Dataset, seeded: Seeded
) -> None:
    x = tiny.test.pixels()
    before = x.clone(), torch.get_rng_state()
    first, again, other = (posterior_mean(model, x, generator=seeded(n)).images for n in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(x, before[0])
    assert torch.equal(torch.get_rng_state(), before[1])


def test_an_autoencoder_has_nothing_to_draw(
    autoencoder: LatentModel, tiny: Dataset, seeded: Seeded
) -> None:
    with pytest.raises(InvalidInputError, match=r"with nothing to draw; .* expects a VAE"):
        posterior_mean(autoencoder, tiny.test.pixels(), generator=seeded(0))


@pytest.mark.parametrize("num_samples", [-1, 0, 1, 10_001])
def test_numbers_of_draws_without_a_spread_or_an_end_are_refused(
    model: LatentModel, tiny: Dataset, seeded: Seeded, num_samples: int
) -> None:
    with pytest.raises(InvalidInputError, match=f"{num_samples} draws received; expected 2 to"):
        posterior_mean(model, tiny.test.pixels(), num_samples=num_samples, generator=seeded(0))


# The list of methods


def test_a_vae_offers_three_methods_and_an_autoencoder_one(
    model: LatentModel, autoencoder: LatentModel
) -> None:
    assert list(model_methods(model, ":m")) == ["one-pass:m", "posterior-mean:m", "search:m"]
    assert list(model_methods(autoencoder)) == ["one-pass"]
    for name, method in model_methods(model, ":m").items():
        assert method.name == name
        assert method.family == "model"
        assert method.is_slow == (name == "search:m")


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_every_method_of_a_model_restores_what_it_is_meant_for(
    model: LatentModel, tiny: Dataset, kind: str, seeded: Seeded
) -> None:
    clean = tiny.test.pixels(0, 3)
    damaged = damage(clean, kind, CORRUPTIONS[kind].levels.default, seeded(0))
    methods = [one for one in model_methods(model).values() if one.fits(kind)]
    assert [one.name for one in methods[:2]] == ["one-pass", "posterior-mean"]
    assert (len(methods) == 3) == (kind != "jpeg")
    for method in methods:
        restored = method.restore(damaged, {}, 0)
        assert restored.images.shape == clean.shape
        assert 0 <= float(restored.images.min()) <= float(restored.images.max()) <= 1
        assert (restored.spread is not None) == (method.name == "posterior-mean")
        assert torch.equal(keep_known(restored.images, damaged), restored.images)


def test_what_is_known_has_no_spread(model: LatentModel, tiny: Dataset, seeded: Seeded) -> None:
    damaged = damage(tiny.test.pixels(0, 3), "half", 0.5, seeded(0))
    spread = model_methods(model)["posterior-mean"].restore(damaged, {}, 0).spread
    assert spread is not None
    assert float(spread[..., :4, :].max()) == 0
    assert float(spread[..., 4:, :].min()) > 0
