"""Objectives: pure functions from a model's output to named loss terms, in nats per item."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from vae_core.likelihoods import Likelihood
from vae_core.models.base import VAEOutput


@dataclass(frozen=True)
class Losses:
    """Named loss terms.

    Attributes:
        terms: name -> ((B,) nats per item, weight).
    """

    terms: Mapping[str, tuple[Tensor, float]]

    @property
    def total(self) -> Tensor:
        """Weighted sum of the terms, averaged over the batch: what is minimised."""
        return sum_weighted(self.terms).mean()


def sum_weighted(terms: Mapping[str, tuple[Tensor, float]]) -> Tensor:
    """Return the weighted sum per item, (B,)."""
    first, *rest = (value * weight for value, weight in terms.values())
    for value in rest:
        first = first + value
    return first


def elbo_losses(output: VAEOutput, target: Tensor, likelihood: Likelihood, beta: float) -> Losses:
    """Return the negative beta-ELBO in its two terms.

    loss = -log p(x | z) + beta * KL(q(z | x) || p(z))

    (Kingma & Welling 2014, eq. 3; beta: Higgins et al. 2017, eq. 4.) Both terms are sums, over
    pixels and over latent dimensions, so beta means the same at every image size. A point
    posterior has no KL term: it is absent.

    Args:
        output: of the model.
        target: (B, C, H, W) in [0, 1], the clean images.
        likelihood: of the model.
        beta: weight of the KL, at least 0.
    """
    terms = {"recon_nats": (-likelihood.log_prob(output.params, target), 1.0)}
    kls = [
        kl.flatten(1).sum(1) for term in output.latents if (kl := term.posterior.kl()) is not None
    ]
    if kls:
        terms["kl_nats"] = (sum(kls[1:], start=kls[0]), beta)
    return Losses(terms)
