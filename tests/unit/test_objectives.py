"""The loss: its terms, its scale, its sum."""

from collections.abc import Callable

import pytest
import torch

from vae_core.distributions import DiagonalGaussian, Point, StandardNormal
from vae_core.likelihoods import Bernoulli
from vae_core.models import LatentTerm, VAEOutput
from vae_core.objectives import Losses, elbo_losses, sum_weighted

Seeded = Callable[[int], torch.Generator]


@pytest.fixture
def output(seeded: Seeded) -> VAEOutput:
    generator = seeded(0)
    posterior = DiagonalGaussian(*torch.randn(2, 6, 3, generator=generator))
    term = LatentTerm("z", posterior, StandardNormal((3,)), posterior.sample(generator))
    return VAEOutput((term,), torch.randn(6, 1, 4, 4, generator=generator))


@pytest.fixture
def target(seeded: Seeded) -> torch.Tensor:
    return torch.rand(6, 1, 4, 4, generator=seeded(9))


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0, 7.0])
def test_reconstruction_plus_beta_times_kl_is_the_loss(
    output: VAEOutput, target: torch.Tensor, beta: float
) -> None:
    losses = elbo_losses(output, target, Bernoulli(), beta)
    recon, kl = (losses.terms[name][0] for name in ("recon_nats", "kl_nats"))
    torch.testing.assert_close(losses.total, recon.mean() + beta * kl.mean())
    assert [weight for _, weight in losses.terms.values()] == [1.0, beta]


def test_both_terms_are_sums_over_an_item_so_that_beta_means_the_same_everywhere(
    output: VAEOutput, target: torch.Tensor
) -> None:
    terms = elbo_losses(output, target, Bernoulli(), 1.0).terms
    torch.testing.assert_close(terms["recon_nats"][0], -Bernoulli().log_prob(output.params, target))
    torch.testing.assert_close(terms["kl_nats"][0], output.latents[0].posterior.kl().sum(1))


def test_each_item_has_the_same_loss_when_the_batch_is_doubled(
    output: VAEOutput, target: torch.Tensor
) -> None:
    (term,) = output.latents
    posterior = DiagonalGaussian(
        *(t.repeat(2, 1) for t in (term.posterior.mean, term.posterior.logvar))
    )
    doubled = VAEOutput(
        (LatentTerm("z", posterior, term.prior, term.z.repeat(2, 1)),),
        output.params.repeat(2, 1, 1, 1),
    )
    once = elbo_losses(output, target, Bernoulli(), 2.0)
    twice = elbo_losses(doubled, target.repeat(2, 1, 1, 1), Bernoulli(), 2.0)
    for name, (value, _) in once.terms.items():
        torch.testing.assert_close(twice.terms[name][0], value.repeat(2))
    torch.testing.assert_close(twice.total, once.total)


def test_several_latents_add_their_kl(output: VAEOutput, target: torch.Tensor) -> None:
    two = VAEOutput(output.latents * 2, output.params)
    kl_of_two, kl_of_one = (
        elbo_losses(each, target, Bernoulli(), 1.0).terms["kl_nats"][0] for each in (two, output)
    )
    torch.testing.assert_close(kl_of_two, 2 * kl_of_one)


def test_an_autoencoder_has_no_kl_term(output: VAEOutput, target: torch.Tensor) -> None:
    mean = output.latents[0].z
    plain = VAEOutput((LatentTerm("z", Point(mean), None, mean),), output.params)
    losses = elbo_losses(plain, target, Bernoulli(), 5.0)
    assert list(losses.terms) == ["recon_nats"]
    torch.testing.assert_close(losses.total, losses.terms["recon_nats"][0].mean())


def test_weights_multiply_their_terms() -> None:
    terms = {"a": (torch.tensor([1.0, 2.0]), 1.0), "b": (torch.tensor([10.0, 0.0]), 0.5)}
    assert sum_weighted(terms).tolist() == [6.0, 2.0]
    assert Losses(terms).total.item() == 4.0
