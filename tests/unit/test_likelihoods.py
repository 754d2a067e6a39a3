"""What every likelihood promises; their formulas are tested in the files beside this one."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from vae_core.errors import UnknownNameError
from vae_core.likelihoods import LIKELIHOODS, Likelihood, build_likelihood, likelihood_entry

Seeded = Callable[[int], torch.Generator]
LEVELS = 17
SIGMA = 0.3
every_likelihood = pytest.mark.parametrize("name", LIKELIHOODS)


@dataclass(frozen=True)
class Case:
    """A likelihood with parameters (4, P * 3, 5, 6) and data on 17 levels, in float64."""

    likelihood: Likelihood
    params: Tensor
    x: Tensor
    mask: Tensor


@pytest.fixture
def case(name: str, seeded: Seeded) -> Case:
    likelihood = build_likelihood(name, LEVELS, SIGMA)
    generator = seeded(1)
    planes = 3 * likelihood.params_per_value
    params = torch.randn(4, planes, 5, 6, generator=generator, dtype=torch.float64)
    x = torch.randint(0, LEVELS, (4, 3, 5, 6), generator=generator).double() / (LEVELS - 1)
    mask = torch.randint(0, 2, x.shape, generator=generator).double()
    return Case(likelihood, params, x, mask)


@every_likelihood
def test_nats_are_summed_over_an_item_and_the_same_when_the_batch_is_doubled(case: Case) -> None:
    nats = case.likelihood.log_prob(case.params, case.x)
    assert nats.shape == (4,)
    doubled = case.likelihood.log_prob(case.params.repeat(2, 1, 1, 1), case.x.repeat(2, 1, 1, 1))
    torch.testing.assert_close(doubled, nats.repeat(2))
    # Parameters come plane by plane: all first parameters, then all second ones.
    each = case.params.unflatten(1, (case.likelihood.params_per_value, 3))
    one_by_one = sum(
        case.likelihood.log_prob(
            each[:, :, c, i : i + 1, j : j + 1], case.x[:, c, i, j, None, None, None]
        )
        for c in range(3)
        for i in range(5)
        for j in range(6)
    )
    torch.testing.assert_close(nats, one_by_one)


@every_likelihood
def test_values_under_the_mask_do_not_count(case: Case) -> None:
    log_prob, params, mask = case.likelihood.log_prob, case.params, case.mask
    some, others = log_prob(params, case.x, mask), log_prob(params, case.x, 1 - mask)
    torch.testing.assert_close(some + others, log_prob(params, case.x))
    elsewhere = torch.where(mask == 1, case.x, 1 - case.x)
    torch.testing.assert_close(log_prob(params, elsewhere, mask), some)
    assert not torch.allclose(some, others)


@every_likelihood
@pytest.mark.parametrize("use_mask", [False, True])
def test_samples_may_lead_the_batch(case: Case, use_mask: bool) -> None:
    likelihood, mask = case.likelihood, case.mask if use_mask else None
    params = torch.stack([case.params, -case.params, 0 * case.params])
    together = likelihood.log_prob(params, case.x, mask)
    assert together.shape == (3, 4)
    torch.testing.assert_close(
        together, torch.stack([likelihood.log_prob(part, case.x, mask) for part in params])
    )
    score = likelihood.score(params, case.x, mask)
    if score is not None:
        parts = [likelihood.score(part, case.x, mask) for part in params]
        torch.testing.assert_close(score, torch.stack(parts))
    torch.testing.assert_close(
        likelihood.mean(params), torch.stack([likelihood.mean(part) for part in params])
    )


@every_likelihood
@pytest.mark.parametrize("use_mask", [False, True])
def test_the_score_is_the_gradient_of_the_value(case: Case, use_mask: bool) -> None:
    mask = case.mask if use_mask else None
    params = case.params.requires_grad_()
    score = case.likelihood.score(params, case.x, mask)
    has_own_weights = isinstance(case.likelihood, nn.Module)
    if score is None:
        return
    assert not has_own_weights  # they would get no gradient
    (expected,) = torch.autograd.grad(case.likelihood.log_prob(params, case.x, mask).sum(), params)
    torch.testing.assert_close(score.detach(), expected)


def test_which_likelihoods_train_without_their_value() -> None:
    x = torch.zeros(1, 1, 2, 2)
    assert {
        name
        for name in LIKELIHOODS
        if (likelihood := build_likelihood(name, LEVELS, SIGMA)).score(
            torch.zeros(1, likelihood.params_per_value, 2, 2), x
        )
        is not None
    } == {"bernoulli", "continuous-bernoulli", "gaussian", "gaussian-pixel"}


@every_likelihood
def test_the_gradient_is_that_of_finite_differences(case: Case) -> None:
    params = case.params[:1, :, :1, :2].clone().requires_grad_()
    x = case.x[:1, :, :1, :2]
    assert torch.autograd.gradcheck(lambda p: case.likelihood.log_prob(p, x), params)


@every_likelihood
def test_half_precision_is_widened_before_anything_is_computed(case: Case) -> None:
    half, x = case.params.bfloat16(), case.x.float()
    wide = half.float()
    for computed, expected in (
        (case.likelihood.log_prob(half, x), case.likelihood.log_prob(wide, x)),
        (case.likelihood.mean(half), case.likelihood.mean(wide)),
        (case.likelihood.score(half, x), case.likelihood.score(wide, x)),
    ):
        if expected is not None:
            assert computed.dtype == torch.float32
            assert torch.equal(computed, expected)
    half.requires_grad_()
    case.likelihood.log_prob(half, x).sum().backward()
    assert half.grad.dtype == torch.bfloat16
    assert bool(half.grad.isfinite().all())


@every_likelihood
def test_float32_is_as_good_as_float64(case: Case) -> None:
    params, x = 4 * case.params.float(), case.x.float()
    exact = case.likelihood.log_prob(params.double(), x.double())
    torch.testing.assert_close(
        case.likelihood.log_prob(params, x).double(), exact, rtol=2e-6, atol=2e-4
    )


@every_likelihood
@pytest.mark.parametrize("size", [0.0, 1e-30, 1e-6, 1e4, 1e6])
@pytest.mark.parametrize("sign", [-1, 1])
def test_extreme_parameters_give_finite_values_and_gradients(
    case: Case, size: float, sign: int
) -> None:
    x = case.x.float()
    for plane in range(case.likelihood.params_per_value):
        params = torch.zeros_like(case.params, dtype=torch.float32)
        params[:, 3 * plane : 3 * plane + 3] = sign * size
        params.requires_grad_()
        nats = case.likelihood.log_prob(params, x)
        nats.sum().backward()
        assert bool(nats.isfinite().all())
        assert bool(params.grad.isfinite().all())
        score = case.likelihood.score(params.detach(), x)
        if score is not None:
            torch.testing.assert_close(score, params.grad, rtol=1e-5, atol=1e-6)
        picture = case.likelihood.mean(params.detach())
        assert 0.0 <= float(picture.min()) <= float(picture.max()) <= 1.0
        # Both planes of two at once.
        both = torch.full_like(params, sign * size).requires_grad_()
        case.likelihood.log_prob(both, x).sum().backward()
        assert bool(both.grad.isfinite().all())


@every_likelihood
def test_means_are_pictures_and_samples_average_to_them(case: Case, seeded: Seeded) -> None:
    # Means well within [0, 1], where nothing is clipped.
    likelihood, num = case.likelihood, 40_000
    params = torch.zeros(1, likelihood.params_per_value, 2, 3)
    params[0, 0] = torch.tensor([[0.2, 0.5, 0.7], [0.3, 0.4, 0.6]])
    params[0, 1:] = torch.tensor([[-3.0, 0.0, -1.0], [0.3, -2.0, -0.5]])
    many = params.expand(num, -1, -1, -1)
    draws = likelihood.sample(many, seeded(0))
    assert draws.shape == (num, 1, 2, 3)
    assert draws.dtype == torch.float32
    error = 5 * draws.std(0) / num**0.5
    assert bool(((draws.mean(0) - likelihood.mean(params)[0]).abs() < error).all())
    assert torch.equal(draws, likelihood.sample(many, seeded(0)))
    assert not torch.equal(draws, likelihood.sample(many, seeded(1)))
    assert not draws.requires_grad


@every_likelihood
def test_what_is_drawn_has_the_probability_that_was_told(case: Case, seeded: Seeded) -> None:
    """E[d log p / d params] = 0 under p: sample and log_prob are of one distribution."""
    likelihood, num = case.likelihood, 20_000
    params = torch.full((num, likelihood.params_per_value, 1, 1), 0.4, requires_grad=True)
    x = likelihood.sample(params.detach(), seeded(3))
    likelihood.log_prob(params, x).sum().backward()
    mean, error = params.grad.mean(0), params.grad.std(0) / num**0.5
    assert bool((mean.abs() < 5 * error).all())


def test_an_unknown_likelihood_is_answered_with_the_names_there_are() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown likelihood 'poisson'\. .* bernoulli, con"):
        likelihood_entry("poisson")


def test_titles_tell_likelihoods_apart() -> None:
    titles = [entry.title for entry in LIKELIHOODS.values()]
    assert len(set(titles)) == len(titles)
