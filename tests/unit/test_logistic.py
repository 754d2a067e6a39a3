"""The discretised logistic: probabilities of levels, against sums in many digits."""

from collections.abc import Callable
from decimal import Decimal, localcontext

import pytest
import torch

from vae_core.likelihoods import DiscretisedLogistic

Seeded = Callable[[int], torch.Generator]
SIGMA = 0.3
every_number_of_levels = pytest.mark.parametrize("levels", [2, 5, 17, 32, 33, 256])


def all_levels(levels: int) -> torch.Tensor:
    return (torch.arange(levels) / (levels - 1)).view(-1, 1, 1, 1)


def params_of(
    mean: float, raw: float, num: int = 1, dtype: torch.dtype = torch.float32
) -> torch.Tensor:
    return torch.tensor([mean, raw], dtype=dtype).view(1, 2, 1, 1).repeat(num, 1, 1, 1)


def probabilities(levels: int, mean: float, raw: float) -> torch.Tensor:
    likelihood = DiscretisedLogistic(levels, SIGMA)
    return likelihood.log_prob(params_of(mean, raw, levels), all_levels(levels)).double().exp()


@every_number_of_levels
@pytest.mark.parametrize("mean", [-40.0, -0.3, 0.0, 0.213, 0.5, 1.0, 1.7, 40.0])
@pytest.mark.parametrize("raw", [-30.0, -3.0, 0.0, 2.0, 30.0])
def test_the_probabilities_of_all_levels_sum_to_one(levels: int, mean: float, raw: float) -> None:
    assert float(probabilities(levels, mean, raw).sum()) == pytest.approx(1.0, abs=5e-6)


@pytest.mark.parametrize("levels", [17, 256])
@pytest.mark.parametrize(("mean", "raw"), [(-1.0, -4.0), (1.5, -3.5), (0.1, -3.0), (0.5, 9.0)])
def test_it_is_the_difference_of_two_sigmoids_even_where_that_underflows(
    levels: int, mean: float, raw: float
) -> None:
    likelihood = DiscretisedLogistic(levels, SIGMA)
    params = params_of(mean, raw, levels, torch.float64)
    ours = likelihood.log_prob(params, all_levels(levels).double())
    scale = Decimal(likelihood._split(params)[1][0].exp().item())

    def cumulated(edge: Decimal) -> Decimal:
        return 1 / (1 + (-(edge - Decimal(mean)) / scale).exp())

    with localcontext(prec=500):  # the farthest levels have a probability of 1e-300
        half = Decimal(1) / (2 * (levels - 1))
        for k in (0, 1, levels // 2, levels - 2, levels - 1):
            # Salimans et al. 2017, eq. 2, as it is written.
            centre = Decimal(k) / (levels - 1)
            upper = Decimal(1) if k == levels - 1 else cumulated(centre + half)
            lower = Decimal(0) if k == 0 else cumulated(centre - half)
            expected = float((upper - lower).ln())
            assert ours[k].item() == pytest.approx(expected, rel=1e-7, abs=1e-7)


def test_far_from_the_mean_the_logarithm_falls_in_a_straight_line() -> None:
    # exp(-2,000) is 0 in every floating-point format; its logarithm is not.
    likelihood = DiscretisedLogistic(256, SIGMA)
    raw = params_of(0.0, -6.0)
    scale = likelihood._split(raw)[1].exp().item()
    nats = [likelihood.log_prob(params_of(mean, -6.0), torch.full((1, 1, 1, 1), 128 / 255)).item()
            for mean in (2000 * scale, 2001 * scale)]  # fmt: skip
    assert nats[0] < -1000
    assert nats[0] - nats[1] == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(("mean", "level"), [(-5.0, 0), (6.0, 255)])
def test_the_outer_bins_reach_to_infinity(mean: float, level: int) -> None:
    assert float(probabilities(256, mean, 0.0)[level]) == pytest.approx(1.0, abs=1e-6)


def test_at_the_floor_a_mean_on_a_level_leaves_nothing_to_the_others() -> None:
    for levels in (2, 17, 256):
        place = levels // 2
        certain = probabilities(levels, place / (levels - 1), -1e6)
        assert float(certain[place]) == pytest.approx(1.0, abs=1e-6)
        assert float(certain.sum() - certain[place]) < 5e-9


@every_number_of_levels
@pytest.mark.parametrize("mean", [-0.5, 0.0, 0.21, 0.5, 0.96, 3.0])
@pytest.mark.parametrize("raw", [-30.0, -2.0, 0.0, 3.0, 12.0, 60.0])
def test_the_mean_is_that_of_the_levels(levels: int, mean: float, raw: float) -> None:
    expected = float((probabilities(levels, mean, raw) * all_levels(levels).flatten()).sum())
    shown = DiscretisedLogistic(levels, SIGMA).mean(params_of(mean, raw)).item()
    # Beyond 32 levels an integral stands for the sum: half a level at the most.
    allowed = 2e-6 if levels <= 32 else 0.5 / (levels - 1) + 2e-6
    assert abs(shown - expected) <= allowed


def test_the_integral_is_exact_for_scales_wider_than_a_level() -> None:
    for raw in (-0.5, 0.0, 1.0, 4.0):
        expected = float((probabilities(256, 0.3, raw) * all_levels(256).flatten()).sum())
        shown = DiscretisedLogistic(256, SIGMA).mean(params_of(0.3, raw)).item()
        assert shown == pytest.approx(expected, abs=1e-5)


def test_a_value_between_levels_counts_as_the_nearest() -> None:
    likelihood = DiscretisedLogistic(17, SIGMA)
    params = params_of(0.4, -1.0, 2)
    nats = likelihood.log_prob(params, torch.tensor([5 / 16, 5.4 / 16]).view(2, 1, 1, 1))
    assert nats[0] == nats[1]


@pytest.mark.parametrize("levels", [2, 5, 17])
@pytest.mark.parametrize(("mean", "raw"), [(0.3, 0.0), (0.95, -1.0), (-0.2, 1.0)])
def test_levels_are_drawn_as_often_as_told(
    levels: int, mean: float, raw: float, seeded: Seeded
) -> None:
    num = 40_000
    draws = DiscretisedLogistic(levels, SIGMA).sample(params_of(mean, raw, num), seeded(0))
    places = draws.flatten() * (levels - 1)
    torch.testing.assert_close(places, places.round(), rtol=0, atol=1e-5)
    shares = torch.bincount(places.round().long(), minlength=levels) / num
    told = probabilities(levels, mean, raw)
    assert bool(((shares - told).abs() < 5 * (told * (1 - told) / num).sqrt() + 1e-5).all())


def test_scales_start_at_the_spread_asked_for(seeded: Seeded) -> None:
    draws = DiscretisedLogistic(256, 0.05).sample(params_of(0.5, 0.0, 20_000), seeded(1))
    assert float(draws.std()) == pytest.approx(0.05, rel=0.05)
