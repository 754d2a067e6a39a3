"""Distributions, against torch.distributions and closed forms."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import distributions as reference

from vae_core.distributions import DiagonalGaussian, Point, StandardNormal

Seeded = Callable[[int], torch.Generator]


@pytest.fixture
def posterior(seeded: Seeded) -> DiagonalGaussian:
    mean, logvar = torch.randn(2, 7, 5, generator=seeded(1))
    return DiagonalGaussian(mean, 2 * logvar)


def as_reference(posterior: DiagonalGaussian) -> reference.Normal:
    return reference.Normal(posterior.mean, posterior.std)


def test_kl_of_the_standard_normal_is_zero() -> None:
    kl = DiagonalGaussian(torch.zeros(3, 4), torch.zeros(3, 4)).kl()
    assert torch.equal(kl, torch.zeros(3, 4))


def test_kl_equals_that_of_torch_in_each_dimension(posterior: DiagonalGaussian) -> None:
    expected = reference.kl_divergence(as_reference(posterior), reference.Normal(0.0, 1.0))
    torch.testing.assert_close(posterior.kl(), expected)


def test_kl_is_the_mean_log_ratio_of_samples(posterior: DiagonalGaussian, seeded: Seeded) -> None:
    num = 40_000
    one = DiagonalGaussian(posterior.mean[:1].expand(num, -1), posterior.logvar[:1].expand(num, -1))
    z = one.sample(seeded(0))
    estimate = (one.log_prob(z) - StandardNormal((5,)).log_prob(z)).mean()
    torch.testing.assert_close(estimate, one.kl()[0].sum(), rtol=0.02, atol=0.0)


def test_log_density_sums_that_of_torch_over_all_but_the_batch(
    posterior: DiagonalGaussian, seeded: Seeded
) -> None:
    z = torch.randn(7, 5, generator=seeded(2))
    torch.testing.assert_close(posterior.log_prob(z), as_reference(posterior).log_prob(z).sum(1))


def test_kl_is_computed_in_float32_from_reduced_precision() -> None:
    half = DiagonalGaussian(torch.full((1, 1), 300.0).half(), torch.zeros(1, 1).half())
    assert half.kl().dtype == torch.float32
    assert half.kl().item() == pytest.approx(45_000.0)


def test_samples_repeat_with_the_generator_and_ignore_the_global_one(
    posterior: DiagonalGaussian, seeded: Seeded
) -> None:
    first = posterior.sample(seeded(5))
    state = torch.get_rng_state()
    torch.rand(3)
    assert torch.equal(posterior.sample(seeded(5)), first)
    assert not torch.equal(posterior.sample(seeded(6)), first)
    torch.set_rng_state(state)
    posterior.sample(seeded(5))
    assert torch.equal(torch.get_rng_state(), state)


def test_samples_have_the_mean_and_spread_of_the_posterior(seeded: Seeded) -> None:
    wide = DiagonalGaussian(torch.full((50_000, 1), 3.0), torch.full((50_000, 1), math.log(4.0)))
    z = wide.sample(seeded(0))
    assert z.mean().item() == pytest.approx(3.0, abs=0.04)
    assert z.std().item() == pytest.approx(2.0, abs=0.04)


def test_gradients_reach_mean_and_spread_through_a_sample(seeded: Seeded) -> None:
    mean = torch.zeros(4, 2, requires_grad=True)
    logvar = torch.zeros(4, 2, requires_grad=True)
    DiagonalGaussian(mean, logvar).sample(seeded(0)).sum().backward()
    eps = torch.empty(4, 2).normal_(generator=seeded(0))
    assert torch.equal(mean.grad, torch.ones(4, 2))
    torch.testing.assert_close(logvar.grad, 0.5 * eps)


@pytest.mark.parametrize("logvar", [-80.0, -10.0, 10.0, 80.0])
@pytest.mark.parametrize("mean", [0.0, 1e4])
def test_kl_and_its_gradients_are_finite_at_extreme_spreads(mean: float, logvar: float) -> None:
    leaves = [torch.full((2, 3), value, requires_grad=True) for value in (mean, logvar)]
    kl = DiagonalGaussian(*leaves).kl().sum()
    kl.backward()
    assert all(bool(tensor.isfinite().all()) for tensor in (kl, *(leaf.grad for leaf in leaves)))


def test_a_point_has_no_kl_and_its_sample_is_its_mean(seeded: Seeded) -> None:
    point = Point(torch.randn(3, 2, generator=seeded(0)))
    assert point.kl() is None
    assert point.sample(seeded(1)) is point.mean


def test_the_prior_agrees_with_torch_on_density_and_quantiles(seeded: Seeded) -> None:
    prior, normal = StandardNormal((4,)), reference.Normal(0.0, 1.0)
    z = prior.sample(6, seeded(0))
    assert z.shape == (6, 4)
    torch.testing.assert_close(prior.log_prob(z), normal.log_prob(z).sum(1))
    shares = torch.tensor([0.01, 0.25, 0.5, 0.99])
    torch.testing.assert_close(prior.quantiles(shares), normal.icdf(shares))


def test_kl_to_a_prior_of_its_own_equals_that_of_torch(
    posterior: DiagonalGaussian, seeded: Seeded
) -> None:
    mean, logvar = torch.randn(2, 7, 5, generator=seeded(3))
    for rows in (slice(None), slice(0, 1)):  # one prior for each item, one for all
        prior = DiagonalGaussian(mean[rows], 2 * logvar[rows])
        expected = reference.kl_divergence(as_reference(posterior), as_reference(prior))
        torch.testing.assert_close(posterior.kl(prior), expected)
    assert torch.equal(posterior.kl(StandardNormal((5,))), posterior.kl())
    torch.testing.assert_close(posterior.kl(posterior), torch.zeros(7, 5))
    assert Point(mean).kl(prior) is None


def test_kl_to_a_prior_is_finite_and_in_float32_at_extreme_spreads() -> None:
    ends = [
        DiagonalGaussian(torch.full((2, 3), mean), torch.full((2, 3), logvar).half())
        for mean in (-100.0, 100.0)
        for logvar in (-10.0, 10.0)
    ]
    for posterior in ends:
        for prior in ends:
            assert posterior.kl(prior).dtype == torch.float32
            assert bool(posterior.kl(prior).isfinite().all())


def test_log_densities_keep_a_leading_dimension_of_samples(
    posterior: DiagonalGaussian, seeded: Seeded
) -> None:
    z = torch.randn(4, 7, 5, generator=seeded(2))
    for distribution in (posterior, StandardNormal((5,))):
        one_by_one = torch.stack([distribution.log_prob(sample) for sample in z])
        torch.testing.assert_close(distribution.log_prob(z), one_by_one)


def test_log_densities_sum_over_every_dimension_of_a_spatial_latent(seeded: Seeded) -> None:
    mean, logvar, z = torch.randn(3, 2, 4, 3, 3, generator=seeded(0))
    spatial = DiagonalGaussian(mean, logvar)
    expected = as_reference(spatial).log_prob(z).flatten(1).sum(1)
    torch.testing.assert_close(spatial.log_prob(z), expected)
    assert StandardNormal((4, 3, 3)).log_prob(z).shape == (2,)
