"""Mutual information and total correlation, where they are known."""

import math

import pytest
import torch
from torch import Tensor

from vae_core.metrics import information
from vae_core.metrics import information as measure

NUM = 4_000


def gaussian_means(covariance: Tensor, seed: int = 0) -> Tensor:
    eps = torch.randn(NUM, len(covariance), generator=torch.Generator().manual_seed(seed))
    return eps @ torch.linalg.cholesky(covariance).T


def test_both_are_those_of_a_gaussian_channel() -> None:
    """x -> mean ~ N(0, C), z = mean + N(0, s^2): I = 1/2 log det(I + C / s^2), TC of C + s^2."""
    covariance = torch.tensor([[1.0, 0.8, 0.0], [0.8, 1.0, 0.0], [0.0, 0.0, 0.25]])
    variance = 0.2
    aggregate = covariance + variance * torch.eye(3)
    mutual = 0.5 * math.log(torch.linalg.det(aggregate) / variance**3)
    total = -0.5 * math.log(torch.linalg.det(aggregate) / aggregate.diagonal().prod())
    means = gaussian_means(covariance)
    found = information(means, torch.full_like(means, math.log(variance)), seed=0)
    assert mutual < 0.4 * math.log(NUM)  # far from the cap
    assert found.mutual_nats == pytest.approx(mutual, abs=0.06)
    assert found.total_correlation_nats == pytest.approx(total, abs=0.04)


def test_with_the_closed_kl_the_three_parts_add_up() -> None:
    """E KL(q(z|x) || p) = I + TC + sum_d KL(q(z_d) || p); here the last is of Gaussians."""
    covariance = torch.tensor([[0.9, 0.5], [0.5, 0.7]])
    variance = 0.3
    means = gaussian_means(covariance)
    logvar = torch.full_like(means, math.log(variance))
    kl = 0.5 * (means.square() + variance - 1 - math.log(variance)).sum(1).mean().item()
    spread = means.var(0) + variance
    marginal = 0.5 * (means.mean(0).square() + spread - 1 - spread.log()).sum().item()
    found = information(means, logvar, seed=1)
    assert found.mutual_nats + found.total_correlation_nats + marginal == pytest.approx(
        kl, abs=0.05
    )


def test_a_latent_that_says_nothing_has_none_and_one_that_names_each_image_has_log_n() -> None:
    nothing = information(torch.zeros(500, 2), torch.zeros(500, 2), seed=0)
    assert nothing.mutual_nats == pytest.approx(0.0, abs=1e-4)
    assert nothing.total_correlation_nats == pytest.approx(0.0, abs=1e-4)
    places = 100.0 * torch.arange(500)[:, None].expand(500, 2)
    names = information(places, torch.zeros(500, 2), seed=0)
    assert names.mutual_nats == pytest.approx(math.log(500), rel=1e-4)
    assert names.total_correlation_nats == pytest.approx(math.log(500), rel=1e-4)


def test_independent_dimensions_have_no_total_correlation() -> None:
    means = gaussian_means(torch.eye(4))
    found = information(means, torch.full_like(means, -1.0), seed=0)
    assert found.total_correlation_nats == pytest.approx(0.0, abs=0.06)


@pytest.mark.parametrize("values", [1, 7_777, 10**6])
def test_pairs_are_held_a_block_at_a_time(values: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    means = gaussian_means(torch.eye(2))[:300]
    logvar = torch.zeros_like(means)
    expected = measure(means, logvar, seed=3)
    monkeypatch.setattr(sys.modules["vae_core.metrics.information"], "CELL_VALUES", values)
    found = measure(means, logvar, seed=3)
    assert found.mutual_nats == pytest.approx(expected.mutual_nats, abs=1e-5)
    assert found.total_correlation_nats == pytest.approx(expected.total_correlation_nats, abs=1e-5)


def test_it_repeats_with_its_seed() -> None:
    means = gaussian_means(torch.eye(2))
    logvar = torch.zeros_like(means)
    assert information(means, logvar, 1) == information(means, logvar, 1)
    assert information(means, logvar, 1) != information(means, logvar, 2)
