"""What every objective is built from: named terms, the ELBO's two, and the gradient hook."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from pydantic import Field
from torch import Tensor
from torch.autograd.function import once_differentiable

from vae_core.data import Batch
from vae_core.likelihoods import Likelihood
from vae_core.models import LatentModel, LatentTerm
from vae_core.schema import Config

Scalar = float | Tensor
"""A number, or a 0-d tensor that a recorded step reads anew each time."""

Terms = dict[str, tuple[Tensor, Scalar]]
"""Named loss terms: name -> ((B,) per item, weight)."""


@dataclass(frozen=True)
class Losses:
    """Named loss terms.

    Attributes:
        terms: name -> ((B,) nats per item, weight).
    """

    terms: Mapping[str, tuple[Tensor, Scalar]]

    @property
    def total(self) -> Tensor:
        """Weighted sum of the terms, averaged over the batch: what is minimised."""
        return sum_weighted(self.terms).mean()


def sum_weighted(terms: Mapping[str, tuple[Tensor, Scalar]]) -> Tensor:
    """Return the weighted sum per item, (B,)."""
    first, *rest = (
        value if not isinstance(weight, Tensor) and weight == 1 else value * weight
        for value, weight in terms.values()
    )
    for value in rest:
        first = first + value
    return first


@dataclass(frozen=True)
class Context:
    """What an objective needs besides the model and the batch.

    Attributes:
        generator: of the samples of z.
        beta: weight of the KL at this step.
        num_train: size of the whole training split, N.
        wants_values: False lets terms be NaN that are only needed for their gradient, which stays
            exact; nobody may read them then.
    """

    generator: torch.Generator
    beta: Scalar = 1.0
    num_train: int = 1
    wants_values: bool = True


class ObjectiveConfig(Config):
    """What the configurations of all objectives share.

    Attributes:
        free_bits: nats that each latent dimension may carry unpunished, on average over the
            batch (Kingma et al. 2016, eq. 15).
    """

    free_bits: float = Field(default=0.0, ge=0.0, le=100.0)


class _Scored(torch.autograd.Function):
    """-log p(x | params) with a gradient that is known already: the score."""

    @staticmethod
    def forward(ctx: Any, params: Tensor, score: Tensor, value: Tensor) -> Tensor:
        ctx.save_for_backward(score)
        return value

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        (score,) = ctx.saved_tensors
        weight = -grads[0].to(score.dtype)
        return score * weight.view(-1, *[1] * (score.ndim - 1)), None, None


def recon_nats(likelihood: Likelihood, params: Tensor, batch: Batch, context: Context) -> Tensor:
    """-log p(target | params), (B,), in nats.

    The one shortcut of training: where the likelihood knows its score, d log p / d params, in
    closed form, the gradient comes from it, and the value, which costs more, is computed only
    when it will be read. Its gradient does not depend on whether it is.
    """
    fixed = params.detach()
    if not params.requires_grad:
        return -likelihood.log_prob(fixed, batch.target, batch.mask)
    score = likelihood.score(fixed, batch.target, batch.mask)
    if score is None:
        return -likelihood.log_prob(params, batch.target, batch.mask)
    if context.wants_values:
        value = -likelihood.log_prob(fixed, batch.target, batch.mask)
    else:
        value = torch.full((len(params),), torch.nan, device=params.device)
    nats: Tensor = _Scored.apply(params, score, value)
    return nats


def kl_terms(latents: tuple[LatentTerm, ...], beta: Scalar, free_bits: float) -> Terms:
    """The KL, and what free bits add to it; nothing for a point posterior.

    "free_bits_nats" is what lifts each dimension's mean KL to `free_bits`, so that the terms still
    add up and its gradient cancels that of a KL below the floor.
    """
    kls = [kl.flatten(1) for term in latents if (kl := term.kl()) is not None]
    if not kls:
        return {}
    per_dim = kls[0] if len(kls) == 1 else torch.cat(kls, 1)  # (B, D)
    terms: Terms = {"kl_nats": (per_dim.sum(1), beta)}
    if free_bits > 0:
        lifted = (free_bits - per_dim.mean(0)).clamp_min(0.0).sum()
        terms["free_bits_nats"] = (lifted.expand(len(per_dim)), beta)
    return terms


def infer_and_decode(
    model: LatentModel, batch: Batch, context: Context
) -> tuple[tuple[LatentTerm, ...], Tensor]:
    """One pass with one sampled z per item: latents and likelihood parameters."""
    latents = model.infer(batch.x, batch.conditions, mask=batch.mask, generator=context.generator)
    return latents, model.decode(tuple(term.z for term in latents), batch.conditions)


def elbo_terms(
    model: LatentModel, batch: Batch, context: Context, free_bits: float = 0.0
) -> tuple[Terms, tuple[LatentTerm, ...]]:
    """The terms of the negative beta-ELBO, and the latents behind them.

    loss = -log p(x | z) + beta * KL(q(z | x) || p(z))

    (Kingma & Welling 2014, eq. 3; beta: Higgins et al. 2017, eq. 4.) Both are sums, over pixels
    and over latent dimensions, so beta means the same at every image size.
    """
    latents, params = infer_and_decode(model, batch, context)
    terms: Terms = {"recon_nats": (recon_nats(model.likelihood, params, batch, context), 1.0)}
    return terms | kl_terms(latents, context.beta, free_bits), latents
