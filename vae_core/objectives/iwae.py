"""The importance-weighted bound."""

import math
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from vae_core.data import Batch
from vae_core.distributions import DiagonalGaussian
from vae_core.models import LatentModel, LatentTerm
from vae_core.objectives.base import Context, Losses, ObjectiveConfig, Terms


class IwaeConfig(ObjectiveConfig):
    """The bound of K samples.

    Attributes:
        num_samples: K, 1 to 100; 1 is the ELBO with a sampled KL.
        free_bits: none: there is no separate KL.
    """

    name: Literal["iwae"] = "iwae"
    free_bits: float = Field(default=0.0, ge=0.0, le=0.0)
    num_samples: int = Field(default=5, ge=1, le=100)


def log_weights(
    term: LatentTerm, model: LatentModel, batch: Batch, num_samples: int, context: Context
) -> tuple[Tensor, Tensor]:
    """Two parts of log w = log p(x | z) + log p(z) - log q(z | x), each (K, B), float32.

    Returns:
        log p(x | z), and log p(z) - log q(z | x), for K draws of z from each posterior.
    """
    prior, posterior = term.prior, term.posterior
    assert prior is not None
    assert isinstance(posterior, DiagonalGaussian)
    z = torch.stack([posterior.sample(context.generator) for _ in range(num_samples)])
    ratio = torch.stack([prior.log_prob(draw) - posterior.log_prob(draw) for draw in z])
    params = model.decode((z,), batch.conditions)
    return model.likelihood.log_prob(params, batch.target, batch.mask), ratio


def iwae_losses(config: IwaeConfig, model: LatentModel, batch: Batch, context: Context) -> Losses:
    """-log (1/K sum_k w_k) (Burda et al. 2016, eq. 8), with its reparameterised gradient.

    The terms add up to it: recon_nats and kl_nats are means over the K samples, and
    "iwae_gain_nats", at least 0, is what the bound gains over their sum. All of the gradient,
    sum_k softmax(log w)_k * d log w_k, flows through that last term.
    """
    latents = model.infer(batch.x, batch.conditions, mask=batch.mask)
    log_likelihood, ratio = log_weights(latents[0], model, batch, config.num_samples, context)
    log_w = log_likelihood + ratio
    bound = torch.logsumexp(log_w, 0) - math.log(len(log_w))
    terms: Terms = {
        "recon_nats": (-log_likelihood.detach().mean(0), 1.0),
        "kl_nats": (-ratio.detach().mean(0), 1.0),
        "iwae_gain_nats": (bound - log_w.detach().mean(0), -1.0),
    }
    return Losses({**terms, **model.auxiliary_losses(latents, batch.conditions)})
