"""The losses: their terms, their scale, their sums, their gradients."""

import math
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
import torch
from torch.distributions import Bernoulli as TorchBernoulli
from torch.distributions import Normal, kl_divergence

from vae_core import MLPConfig
from vae_core.data import Batch, Dataset
from vae_core.distributions import DiagonalGaussian, Point, StandardNormal
from vae_core.models import ConditionConfig, LatentModel, LatentTerm, build_model
from vae_core.objectives import (
    OBJECTIVES,
    BetaTCConfig,
    Context,
    ElboConfig,
    InfoVAEConfig,
    IwaeConfig,
    Losses,
    losses_of,
)
from vae_core.objectives.base import kl_terms, sum_weighted
from vae_core.objectives.beta_tc import log_stratified_weights, total_correlation
from vae_core.objectives.info_vae import mmd

Seeded = Callable[[int], torch.Generator]
CONFIGS = [ElboConfig(), IwaeConfig(num_samples=3), BetaTCConfig(), InfoVAEConfig()]


@pytest.fixture
def model(tiny: Dataset) -> LatentModel:
    return build_model(MLPConfig(latent_dim=3, hidden=(16,)), tiny.spec, seed=1)


@pytest.fixture
def batch(tiny: Dataset) -> Batch:
    return tiny.train.batch(torch.arange(12))


def latent(seeded: Seeded, num: int = 6, dim: int = 3) -> LatentTerm:
    posterior = DiagonalGaussian(*torch.randn(2, num, dim, generator=seeded(0)))
    return LatentTerm("z", posterior, StandardNormal((dim,)), posterior.sample(seeded(1)))


def gradients(model: LatentModel, losses: Losses) -> torch.Tensor:
    model.zero_grad()
    losses.total.backward()
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


def test_the_registry_holds_the_configurations_under_their_names() -> None:
    assert {name: entry.config().name for name, entry in OBJECTIVES.items()} == {
        name: name for name in OBJECTIVES
    }
    assert {type(config) for config in CONFIGS} == {e.config for e in OBJECTIVES.values()}


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0, 7.0])
def test_the_elbo_is_that_of_torch_distributions(
    model: LatentModel, batch: Batch, seeded: Seeded, beta: float
) -> None:
    losses = losses_of(ElboConfig(), model, batch, Context(seeded(4), beta=beta))
    posterior = model.encode(batch.x)
    z = posterior.sample(seeded(4))
    pixels = TorchBernoulli(logits=model.decode((z,)), validate_args=False)
    recon = -pixels.log_prob(batch.x).sum((1, 2, 3))  # grey pixels: the usual extension
    kl = kl_divergence(Normal(posterior.mean, posterior.std), Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(losses.terms["recon_nats"][0], recon)
    torch.testing.assert_close(losses.terms["kl_nats"][0], kl)
    torch.testing.assert_close(losses.total, (recon + beta * kl).mean())


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.name)
def test_the_terms_add_up_to_what_is_minimised(
    config: Any, model: LatentModel, batch: Batch, seeded: Seeded
) -> None:
    losses = losses_of(config, model, batch, Context(seeded(4), num_train=70))
    total = sum(weight * value.mean() for value, weight in losses.terms.values())
    torch.testing.assert_close(losses.total, total)
    assert list(losses.terms)[:2] == ["recon_nats", "kl_nats"]
    assert all(value.shape == (len(batch.x),) for value, _ in losses.terms.values())


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.name)
def test_a_step_is_the_same_whether_its_losses_are_read_or_not(
    config: Any, model: LatentModel, batch: Batch, seeded: Seeded
) -> None:
    read = gradients(model, losses_of(config, model, batch, Context(seeded(4), num_train=70)))
    unread = losses_of(config, model, batch, Context(seeded(4), 1.0, 70, wants_values=False))
    assert torch.equal(gradients(model, unread), read)
    assert read.isfinite().all()
    if config.name != "iwae":  # whose weights need every value
        assert unread.terms["recon_nats"][0].isnan().all()  # not 0: nobody can take it for one


def test_the_shortcut_through_the_score_is_the_gradient_of_the_value(
    model: LatentModel, batch: Batch, seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = Context(seeded(4))
    quick = gradients(model, losses_of(ElboConfig(), model, batch, context))
    monkeypatch.setattr(model.likelihood, "score", lambda *_: None)
    context = Context(seeded(4))
    slow = gradients(model, losses_of(ElboConfig(), model, batch, context))
    torch.testing.assert_close(quick, slow, rtol=1e-4, atol=1e-6)


def test_both_terms_are_sums_over_an_item_and_do_not_depend_on_the_batch(seeded: Seeded) -> None:
    term = latent(seeded)
    twice = LatentTerm(
        "z",
        DiagonalGaussian(term.posterior.mean.repeat(2, 1), term.posterior.logvar.repeat(2, 1)),
        term.prior,
        term.z.repeat(2, 1),
    )
    once = kl_terms((term,), 2.0, 0.0)["kl_nats"][0]
    torch.testing.assert_close(once, term.posterior.kl().sum(1))
    torch.testing.assert_close(kl_terms((twice,), 2.0, 0.0)["kl_nats"][0], once.repeat(2))


def test_several_latents_add_their_kl(seeded: Seeded) -> None:
    term = latent(seeded)
    one, two = (kl_terms(terms, 1.0, 0.0)["kl_nats"][0] for terms in ((term,), (term, term)))
    torch.testing.assert_close(two, 2 * one)


def test_a_point_has_no_kl_term(seeded: Seeded, tiny: Dataset, batch: Batch) -> None:
    mean = latent(seeded).z
    assert kl_terms((LatentTerm("z", Point(mean), None, mean),), 5.0, 0.5) == {}
    plain = build_model(MLPConfig(hidden=(16,), posterior="point"), tiny.spec)
    losses = losses_of(ElboConfig(), plain, batch, Context(seeded(0), beta=5.0))
    assert list(losses.terms) == ["recon_nats"]


def test_weights_multiply_their_terms() -> None:
    terms = {"a": (torch.tensor([1.0, 2.0]), 1.0), "b": (torch.tensor([10.0, 0.0]), 0.5)}
    assert sum_weighted(terms).tolist() == [6.0, 2.0]
    assert Losses(terms).total.item() == 4.0


def test_free_bits_lift_each_dimension_to_the_floor_and_free_it_there(seeded: Seeded) -> None:
    """Kingma et al. 2016, eq. 15: sum over dimensions of max(floor, mean KL)."""
    mean = torch.tensor([[0.1, 2.0], [-0.1, -1.0]], requires_grad=True)
    posterior = DiagonalGaussian(mean, torch.zeros(2, 2))
    term = LatentTerm("z", posterior, StandardNormal((2,)), mean)
    terms = kl_terms((term,), 1.0, 0.25)
    per_dim = 0.5 * mean.square().mean(0)
    assert per_dim[0] < 0.25 < per_dim[1]
    total = sum_weighted(terms).mean()
    torch.testing.assert_close(total, 0.25 + per_dim[1])
    total.backward()
    assert mean.grad is not None
    torch.testing.assert_close(mean.grad[:, 0], torch.zeros(2))
    torch.testing.assert_close(mean.grad[:, 1], mean.detach()[:, 1] / 2)


def weights_by_hand(
    model: LatentModel, batch: Batch, num_samples: int, generator: torch.Generator
) -> torch.Tensor:
    """log w, (K, B), with torch.distributions."""
    posterior = model.encode(batch.x)
    q = Normal(posterior.mean, posterior.std)
    rows = []
    for _ in range(num_samples):
        z = posterior.sample(generator)
        pixels = TorchBernoulli(logits=model.decode((z,)), validate_args=False)
        log_p = pixels.log_prob(batch.x).sum((1, 2, 3)) + Normal(0.0, 1.0).log_prob(z).sum(1)
        rows.append(log_p - q.log_prob(z).sum(1))
    return torch.stack(rows)


@pytest.mark.parametrize("num_samples", [1, 2, 7])
def test_the_importance_weighted_bound_and_its_gradient_are_those_of_its_definition(
    model: LatentModel, batch: Batch, seeded: Seeded, num_samples: int
) -> None:
    losses = losses_of(
        IwaeConfig(num_samples=num_samples), model, batch, Context(seeded(4), num_train=70)
    )
    ours = gradients(model, losses)
    log_w = weights_by_hand(model, batch, num_samples, seeded(4))
    bound = torch.logsumexp(log_w, 0) - math.log(num_samples)
    torch.testing.assert_close(losses.total, -bound.mean())
    model.zero_grad()
    (-bound.mean()).backward()
    theirs = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-5)
    gain = losses.terms["iwae_gain_nats"][0]
    assert (gain >= -1e-4).all()  # mean log w <= log mean w, draw by draw
    assert bool((gain.abs() < 1e-4).all()) == (num_samples == 1)


def test_the_importance_weighted_bound_grows_with_its_samples(
    model: LatentModel, batch: Batch, seeded: Seeded
) -> None:
    with torch.no_grad():
        means = [
            torch.stack(
                [
                    losses_of(
                        IwaeConfig(num_samples=num), model, batch, Context(seeded(seed))
                    ).total
                    for seed in range(30)
                ]
            ).mean()
            for num in (1, 5, 50)
        ]
    assert means[0] > means[1] > means[2]


@pytest.mark.parametrize(("num_train", "size"), [(5, 2), (5, 3), (6, 4), (5, 5)])
def test_stratified_weights_estimate_the_mean_over_the_whole_set_without_bias(
    num_train: int, size: int
) -> None:
    """Averaged over every batch that holds item 0 first, they give the mean over all items."""
    values = torch.arange(1.0, num_train + 1) ** 2
    weights = log_stratified_weights(size, num_train).exp()
    torch.testing.assert_close(weights.sum(1), torch.ones(size))
    estimates = [
        (weights[0] * values[[0, *rest]]).sum()
        for rest in permutations(range(1, num_train), size - 1)
    ]
    torch.testing.assert_close(torch.stack(estimates).mean(), values.mean())


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
def test_total_correlation_is_that_of_a_gaussian_with_known_correlation(
    share: float, seeded: Seeded
) -> None:
    num, spread = 1500, 0.3
    common, *own = torch.randn(3, num, generator=seeded(2))
    mean = torch.stack([math.sqrt(share) * common + math.sqrt(1 - share) * o for o in own], 1)
    posterior = DiagonalGaussian(mean, torch.full_like(mean, 2 * math.log(spread)))
    estimate = total_correlation(posterior, posterior.sample(seeded(3)), num).mean()
    correlation = share / (1 + spread**2)
    assert float(estimate) == pytest.approx(-0.5 * math.log(1 - correlation**2), abs=0.06)


def test_beta_tc_with_a_weight_of_one_is_the_elbo(
    model: LatentModel, batch: Batch, seeded: Seeded
) -> None:
    tc, plain = (
        losses_of(config, model, batch, Context(seeded(4), num_train=70)).total
        for config in (BetaTCConfig(tc_weight=1.0), ElboConfig())
    )
    torch.testing.assert_close(tc, plain)


def test_beta_tc_asks_for_the_true_size_of_the_set(
    model: LatentModel, batch: Batch, seeded: Seeded
) -> None:
    small, large = (
        losses_of(BetaTCConfig(), model, batch, Context(seeded(4), num_train=num)).terms["tc_nats"]
        for num in (70, 60_000)
    )
    assert not torch.allclose(small[0], large[0])
    assert (small[1], large[1]) == (5.0, 5.0)


@pytest.mark.parametrize("dim", [1, 4])
def test_the_discrepancy_is_its_definition_summed_pair_by_pair(dim: int, seeded: Seeded) -> None:
    a, b = torch.randn(2, 7, dim, generator=seeded(5))
    scale = 2.0 * dim

    def kernel(first: torch.Tensor, second: torch.Tensor) -> float:
        return float(scale / (scale + (first - second).square().sum()))

    pairs = list(permutations(range(7), 2))
    within = [sum(kernel(x[i], x[j]) for i, j in pairs) / len(pairs) for x in (a, b)]
    across = sum(kernel(x, y) for x in a for y in b) / 49
    assert float(mmd(a, b)) == pytest.approx(sum(within) - 2 * across, abs=1e-5)


def test_the_discrepancy_tells_another_distribution_from_the_same(seeded: Seeded) -> None:
    generator = seeded(6)
    same, shifted = (
        [
            float(mmd(torch.randn(64, 2, generator=generator) + shift, torch.randn(64, 2)))
            for _ in range(50)
        ]
        for shift in (0.0, 0.7)
    )
    assert abs(sum(same) / 50) < 0.01  # unbiased: around 0, and sometimes below it
    assert min(same) < 0
    assert sum(shifted) / 50 > 0.05


def test_a_single_image_has_no_discrepancy_and_a_finite_total_correlation(
    model: LatentModel, tiny: Dataset, seeded: Seeded
) -> None:
    one = tiny.train.batch(torch.arange(1))
    for config in (InfoVAEConfig(), BetaTCConfig()):
        losses = losses_of(config, model, one, Context(seeded(0), num_train=70))
        assert gradients(model, losses).isfinite().all()
    assert losses.terms["tc_nats"][0].tolist() == [0.0]  # a single code correlates with nothing
    assert float(mmd(torch.zeros(1, 2), torch.ones(1, 2))) == 0.0


def test_the_discrepancy_is_from_the_prior_that_is_told(
    tiny: Dataset, seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = (ConditionConfig(name="class", into=("prior",)),)
    model = build_model(MLPConfig(latent_dim=3, hidden=(16,), conditions=told), tiny.spec)
    batch = tiny.train.batch(torch.arange(70))
    with torch.no_grad():
        model.prior_head.bias[:3] = 3.0
    monkeypatch.setattr(model, "encode", lambda x, conditions: model.prior(conditions))
    with torch.no_grad():
        terms = losses_of(InfoVAEConfig(), model, batch, Context(seeded(0))).terms
    assert float(terms["kl_nats"][0].sum()) == pytest.approx(0.0, abs=1e-4)
    assert abs(float(terms["mmd"][0][0])) < 0.05  # from N(0, I) it would be 0.8
