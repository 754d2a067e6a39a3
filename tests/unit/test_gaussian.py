"""Gaussian likelihoods, against torch.distributions."""

import math
from collections.abc import Callable

import pytest
import torch
from torch.distributions import Normal

from vae_core.likelihoods import MAX_SIGMA, MIN_SIGMA, Gaussian, PixelGaussian, SharedGaussian
from vae_core.likelihoods.gaussian import LOG_SIGMA_FLOOR

Seeded = Callable[[int], torch.Generator]


@pytest.fixture
def mean(seeded: Seeded) -> torch.Tensor:
    return torch.randn(4, 2, 5, 6, generator=seeded(1))


@pytest.fixture
def x(seeded: Seeded) -> torch.Tensor:
    return torch.rand(4, 2, 5, 6, generator=seeded(2))


@pytest.mark.parametrize("sigma", [MIN_SIGMA, 0.1, 1.0, MAX_SIGMA])
@pytest.mark.parametrize("kind", [Gaussian, SharedGaussian])
def test_one_sigma_equals_the_normal_of_torch(
    kind: type[Gaussian] | type[SharedGaussian], sigma: float, mean: torch.Tensor, x: torch.Tensor
) -> None:
    expected = Normal(mean, sigma).log_prob(x).sum((1, 2, 3))
    torch.testing.assert_close(kind(sigma).log_prob(mean, x), expected, rtol=1e-5, atol=1e-4)


def test_the_constant_of_two_pi_is_kept() -> None:
    at_mean = torch.zeros(1, 1, 1, 1)
    nats = Gaussian(1.0).log_prob(at_mean, at_mean).item()
    assert nats == pytest.approx(-0.5 * math.log(2 * math.pi))


def test_a_sigma_for_each_pixel_equals_the_normal_of_torch(
    mean: torch.Tensor, x: torch.Tensor, seeded: Seeded
) -> None:
    likelihood = PixelGaussian(1.0)
    raw = torch.randn(mean.shape, generator=seeded(5))
    params = torch.cat([mean, raw], dim=1)
    log_sigma = raw + likelihood.start
    # Well above the floor the raw number is the logarithm of sigma itself.
    soft = log_sigma + torch.log1p(torch.exp(LOG_SIGMA_FLOOR - log_sigma))
    expected = Normal(mean, soft.exp()).log_prob(x).sum((1, 2, 3))
    torch.testing.assert_close(likelihood.log_prob(params, x), expected, rtol=1e-5, atol=1e-4)
    assert float((soft - raw).abs().max()) < 0.1


@pytest.mark.parametrize("sigma", [MIN_SIGMA, 0.1, 3.0])
def test_learning_starts_at_the_sigma_asked_for(sigma: float) -> None:
    assert SharedGaussian(sigma).log_sigma.exp().item() == pytest.approx(sigma, rel=1e-4)
    at_mean = torch.zeros(1, 2, 1, 1)
    start = PixelGaussian(sigma).log_prob(at_mean, at_mean[:, :1])
    torch.testing.assert_close(
        start, Gaussian(sigma).log_prob(at_mean[:, :1], at_mean[:, :1]), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("raw", [-1e30, -1e4, -20.0, -6.0])
def test_sigma_never_falls_below_its_floor_however_well_the_mean_fits(raw: float) -> None:
    fits = torch.full((1, 1, 1, 1), 0.5)
    best = -LOG_SIGMA_FLOOR - 0.5 * math.log(2 * math.pi)
    params = torch.tensor([0.5, raw]).view(1, 2, 1, 1)
    shared = SharedGaussian(1.0)
    with torch.no_grad():
        shared.raw_log_sigma.fill_(raw)
    for nats in (PixelGaussian(1.0).log_prob(params, fits), shared.log_prob(fits, fits)):
        assert nats.item() <= best + 1e-5
        assert nats.item() > best - 1.0


def test_the_shared_sigma_learns_the_spread_of_the_residuals(
    mean: torch.Tensor, seeded: Seeded
) -> None:
    true = 0.37
    x = mean + true * torch.randn(mean.shape, generator=seeded(4))
    likelihood = SharedGaussian(0.1)
    optimiser = torch.optim.Adam(likelihood.parameters(), lr=0.05)
    for _ in range(300):
        optimiser.zero_grad()
        (-likelihood.log_prob(mean, x).mean()).backward()
        optimiser.step()
    # The best sigma is the root of the mean square (Rybkin et al. 2021).
    best = (x - mean).square().mean().sqrt().item()
    assert likelihood.log_sigma.exp().item() == pytest.approx(best, rel=1e-2)
    assert [name for name, _ in likelihood.named_parameters()] == ["raw_log_sigma"]


@pytest.mark.parametrize("kind", [Gaussian, SharedGaussian, PixelGaussian])
def test_what_is_shown_is_clipped_and_what_is_drawn_is_not(
    kind: type[Gaussian], seeded: Seeded
) -> None:
    likelihood = kind(0.5)
    params = torch.zeros(2000, likelihood.params_per_value, 1, 3)
    params[:, 0, 0] = torch.tensor([-2.0, 0.25, 3.0])
    assert likelihood.mean(params)[0, 0, 0].tolist() == [0.0, 0.25, 1.0]
    draws = likelihood.sample(params, seeded(0))[:, 0, 0]
    torch.testing.assert_close(draws.mean(0), torch.tensor([-2.0, 0.25, 3.0]), rtol=0, atol=0.06)
    torch.testing.assert_close(draws.std(0), torch.full((3,), 0.5), rtol=0, atol=0.04)
