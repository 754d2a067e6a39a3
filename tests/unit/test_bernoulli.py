"""Bernoulli and continuous Bernoulli, against torch.distributions, the formula and integrals."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import distributions as reference

from vae_core.likelihoods import Bernoulli, ContinuousBernoulli

Seeded = Callable[[int], torch.Generator]
SIZES = [0.0, 1e-12, 1e-3, 0.1, 0.999, 1.0, 1.001, 3.0, 20.0, 90.0, 1e3]


@pytest.fixture
def logits(seeded: Seeded) -> torch.Tensor:
    return 3 * torch.randn(4, 1, 5, 6, generator=seeded(1))


@pytest.fixture
def grey(seeded: Seeded) -> torch.Tensor:
    return torch.rand(4, 1, 5, 6, generator=seeded(2))


def single(value: float) -> torch.Tensor:
    return torch.full((1, 1, 1, 1), value, dtype=torch.float64)


# Bernoulli


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


@pytest.mark.parametrize("size", [1e4, 1e30])
@pytest.mark.parametrize("sign", [-1, 1])
def test_extreme_logits_give_finite_gradients(grey: torch.Tensor, size: float, sign: int) -> None:
    logits = torch.full_like(grey, sign * size, requires_grad=True)
    value = Bernoulli().log_prob(logits, grey)
    value.sum().backward()
    assert bool(value.isfinite().all())
    torch.testing.assert_close(logits.grad, grey - int(sign > 0))


def test_samples_are_coins(logits: torch.Tensor, seeded: Seeded) -> None:
    draws = torch.stack([Bernoulli().sample(logits, seeded(seed)) for seed in range(800)])
    assert set(draws.unique().tolist()) == {0.0, 1.0}
    assert float((draws.mean(0) - torch.sigmoid(logits)).abs().max()) < 0.08


@pytest.mark.parametrize("levels", [17, 256])
def test_it_says_that_its_bound_on_grey_pixels_is_not_a_density(levels: int) -> None:
    assert "not a density" in (Bernoulli(levels).note or "")


def test_on_black_and_white_there_is_nothing_to_say() -> None:
    assert Bernoulli(2).note is None


# Continuous Bernoulli


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("sign", [-1, 1])
def test_its_density_integrates_to_one_with_its_mean(size: float, sign: int) -> None:
    logit = single(sign * size)
    # Gauss-Legendre on geometric pieces towards the steep end: exact for far rates too.
    edges = torch.tensor([0.0, *(2.0**-k for k in range(14, -1, -1))], dtype=torch.float64)
    nodes, weights = (torch.tensor(part) for part in _gauss_legendre())
    low, high = edges[:-1, None], edges[1:, None]
    distance = (low + (high - low) * (nodes + 1) / 2).flatten()
    weight = ((high - low) / 2 * weights).flatten()
    x = 1 - distance if sign > 0 else distance
    nats = ContinuousBernoulli().log_prob(logit.expand(len(x), 1, 1, 1), x.view(-1, 1, 1, 1))
    mass = weight * nats.exp()
    assert float(mass.sum()) == pytest.approx(1.0, abs=1e-9)
    assert float((mass * x).sum()) == pytest.approx(
        float(ContinuousBernoulli().mean(logit)), abs=1e-9
    )


def _gauss_legendre() -> tuple[object, object]:
    from numpy.polynomial.legendre import leggauss

    return leggauss(20)


def test_it_equals_that_of_torch(logits: torch.Tensor, grey: torch.Tensor) -> None:
    far = logits.double()
    theirs = reference.ContinuousBernoulli(logits=far, lims=(0.49, 0.51))
    ours = ContinuousBernoulli()
    torch.testing.assert_close(
        ours.log_prob(far, grey.double()), theirs.log_prob(grey.double()).sum((1, 2, 3)),
        rtol=1e-6, atol=1e-6,
    )  # fmt: skip
    torch.testing.assert_close(ours.mean(far), theirs.mean, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("x", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("logit", [-1e-4, -1e-8, 0.0, 1e-8, 1e-4, 0.3])
def test_near_one_half_the_taylor_series_takes_over(x: float, logit: float) -> None:
    """log p = l (x - 1/2) - l^2/24 + l^4/2880 - ..., with slope x - 1/2 - l/12 + l^3/720 - ..."""
    params = torch.full((1, 1, 1, 1), logit, requires_grad=True)
    nats = ContinuousBernoulli().log_prob(params, torch.full((1, 1, 1, 1), x))
    nats.backward()
    expected = logit * (x - 0.5) - logit**2 / 24 + logit**4 / 2880
    assert nats.item() == pytest.approx(expected, abs=1e-7)
    assert params.grad.item() == pytest.approx(x - 0.5 - logit / 12 + logit**3 / 720, abs=1e-6)


def test_the_branches_meet_without_a_step() -> None:
    below, above = (
        torch.full((1, 1, 1, 1), side, dtype=torch.float64, requires_grad=True)
        for side in (math.nextafter(1.0, 0.0), 1.0)
    )
    x = single(0.3)
    for function in (
        lambda params: ContinuousBernoulli().log_prob(params, x),
        ContinuousBernoulli().mean,
    ):
        values = [function(side).sum() for side in (below, above)]
        assert values[0].item() == pytest.approx(values[1].item(), abs=1e-9)
        slopes = [
            torch.autograd.grad(v, s)[0].item() for v, s in zip(values, (below, above), strict=True)
        ]
        assert slopes[0] == pytest.approx(slopes[1], abs=1e-8)


@pytest.mark.parametrize("size", [1e4, 1e30])
@pytest.mark.parametrize("sign", [-1, 1])
def test_at_large_logits_the_density_leans_on_the_likelier_end(size: float, sign: int) -> None:
    end = float(sign > 0)
    x = torch.tensor([end, 1 - end]).view(2, 1, 1, 1)
    params = torch.full((2, 1, 1, 1), sign * size, requires_grad=True)
    nats = ContinuousBernoulli().log_prob(params, x)
    nats.sum().backward()
    assert nats[0].item() == pytest.approx(math.log(size), rel=1e-6)
    assert nats[1].item() == pytest.approx(-size, rel=1e-3)
    assert bool(params.grad.isfinite().all())
    mean = ContinuousBernoulli().mean(params.detach())
    assert mean[0].item() == pytest.approx(end, abs=1.1 / size)


@pytest.mark.parametrize("logit", [-1e4, -30.0, -2.0, -1e-7, 0.0, 1e-7, 2.0, 30.0, 1e4])
def test_its_samples_follow_its_distribution_function(logit: float, seeded: Seeded) -> None:
    num = 50_000
    x = ContinuousBernoulli().sample(torch.full((num, 1, 1, 1), logit), seeded(0)).flatten()
    assert 0.0 <= float(x.min()) <= float(x.max()) <= 1.0
    # Distance from the likelier end: an exponential of that rate, cut off at 1.
    distance = (1 - x.double() if logit > 0 else x.double()).sort().values
    rate = abs(logit)
    cdf = torch.expm1(-rate * distance) / math.expm1(-rate) if rate > 1e-6 else distance
    steps = (torch.arange(num) + 0.5) / num
    # Kolmogorov-Smirnov at 1e-6, and what float32 near 1 can't tell apart.
    assert float((cdf - steps).abs().max()) < 2.7 / num**0.5 + min(0.1, rate * 2**-23)
