"""Likelihoods, against torch.distributions and the formula."""

from collections.abc import Callable

import pytest
import torch
from torch import distributions as reference

from vae_core.likelihoods import Bernoulli

Seeded = Callable[[int], torch.Generator]


@pytest.fixture
def logits(seeded: Seeded) -> torch.Tensor:
    return 3 * torch.randn(4, 1, 5, 6, generator=seeded(1))


@pytest.fixture
def grey(seeded: Seeded) -> torch.Tensor:
    return torch.rand(4, 1, 5, 6, generator=seeded(2))


def test_log_probability_of_black_and_white_equals_that_of_torch(
    logits: torch.Tensor, grey: torch.Tensor
) -> None:
    x = grey.round()
    expected = reference.Bernoulli(logits=logits).log_prob(x).sum((1, 2, 3))
    torch.testing.assert_close(Bernoulli().log_prob(logits, x), expected)


def test_log_probability_of_grey_follows_the_formula_in_double_precision(
    logits: torch.Tensor, grey: torch.Tensor
) -> None:
    p, x = torch.sigmoid(logits.double()), grey.double()
    expected = (x * p.log() + (1 - x) * (1 - p).log()).sum((1, 2, 3)).float()
    torch.testing.assert_close(Bernoulli().log_prob(logits, grey), expected)


def test_masked_pixels_do_not_count(logits: torch.Tensor, grey: torch.Tensor) -> None:
    likelihood = Bernoulli()
    mask = torch.zeros_like(grey)
    mask[..., :2] = 1
    left, right = (
        likelihood.log_prob(logits, grey, mask),
        likelihood.log_prob(logits, grey, 1 - mask),
    )
    expected = likelihood.log_prob(logits[..., :2], grey[..., :2])
    torch.testing.assert_close(left, expected)
    torch.testing.assert_close(left + right, likelihood.log_prob(logits, grey))


@pytest.mark.parametrize("size", [1e4, 1e30])
@pytest.mark.parametrize("sign", [-1, 1])
def test_extreme_logits_give_finite_gradients(grey: torch.Tensor, size: float, sign: int) -> None:
    logits = torch.full_like(grey, sign * size, requires_grad=True)
    value = Bernoulli().log_prob(logits, grey)
    value.sum().backward()
    assert bool(value.isfinite().all())
    torch.testing.assert_close(logits.grad, grey - int(sign > 0))


def test_the_mean_is_a_picture_and_samples_are_coins(logits: torch.Tensor, seeded: Seeded) -> None:
    likelihood = Bernoulli()
    mean = likelihood.mean(logits)
    assert 0.0 <= float(mean.min()) <= float(mean.max()) <= 1.0
    draws = torch.stack([likelihood.sample(logits, seeded(seed)) for seed in range(800)])
    assert set(draws.unique().tolist()) == {0.0, 1.0}
    assert float((draws.mean(0) - mean).abs().max()) < 0.08
    assert torch.equal(draws[0], likelihood.sample(logits, seeded(0)))


def test_it_says_that_its_bound_on_grey_pixels_is_not_a_density() -> None:
    assert "not a density" in (Bernoulli().note or "")
