"""beta-TCVAE: the ELBO with a heavier weight on the total correlation of the latents."""

import math
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor

from vae_core.data import Batch
from vae_core.distributions import DiagonalGaussian
from vae_core.models import LatentModel
from vae_core.objectives.base import Context, Losses, ObjectiveConfig, elbo_terms


class BetaTCConfig(ObjectiveConfig):
    """ELBO plus a penalty on total correlation.

    Attributes:
        tc_weight: of the total correlation, that inside the KL included (beta in the paper);
            1 is the ELBO.
    """

    name: Literal["beta-tc"] = "beta-tc"
    tc_weight: float = Field(default=6.0, ge=0.0, le=1000.0)


def log_stratified_weights(
    batch_size: int, num_train: int, device: torch.device | None = None
) -> Tensor:
    """Logarithms of the weights of minibatch-stratified sampling, (B, B), row i for z_i.

    q(z_i) = sum over the N training images of q(z_i | x_n) / N is estimated from a batch that
    holds x_i and M = B - 1 others: 1/N for x_i's own posterior, 1/M for M - 1 of the others, and
    for the last of them 1/M - (M - ...)/(N M), that is (N - M) / (N M), so that the weights of
    each row sum to one (Chen et al. 2018, appendix C.2).
    """
    num_others = batch_size - 1
    own = torch.eye(batch_size, dtype=torch.bool, device=device)
    weights = torch.full(own.shape, 1 / max(1, num_others), device=device)
    weights.masked_fill_(own, 1 / num_train)
    if num_others:
        last = (num_train - num_others) / (num_train * num_others)
        weights.masked_fill_(own.roll(1, dims=1), max(last, 0.0))
    return weights.log()


def total_correlation(posterior: DiagonalGaussian, z: Tensor, num_train: int) -> Tensor:
    """log q(z) - sum_d log q(z_d) per item, (B,), estimated from the batch; may be negative.

    Args:
        posterior: of the batch.
        z: (B, D) drawn from it, in the same order.
        num_train: true size N of the training split: the estimate is biased without it.

    Returns:
        0 for a batch of one, which tells nothing.
    """
    if len(z) == 1:
        return z.new_zeros(1, dtype=torch.float32)
    z, mean, logvar = z.float(), posterior.mean.float(), posterior.logvar.float()
    squared = (z[:, None] - mean).square() * torch.exp(-logvar)
    log_q = -0.5 * (squared + logvar + math.log(2 * math.pi))  # (B, B, D): z_i under q(. | x_j)
    log_w = log_stratified_weights(len(z), num_train, z.device)
    joint = torch.logsumexp(log_w + log_q.sum(2), 1)
    marginals = torch.logsumexp(log_w[:, :, None] + log_q, 1)
    return joint - marginals.sum(1)


def beta_tc_losses(
    config: BetaTCConfig, model: LatentModel, batch: Batch, context: Context
) -> Losses:
    """ELBO + (tc_weight - 1) * TC (Chen et al. 2018, eq. 4 with alpha = gamma = 1).

    The KL is the closed form, which holds the total correlation once already; only the extra
    share is estimated by sampling.
    """
    terms, latents = elbo_terms(model, batch, context, config.free_bits)
    (term,) = latents
    assert isinstance(term.posterior, DiagonalGaussian)
    tc_nats = total_correlation(term.posterior, term.z, context.num_train)
    terms["tc_nats"] = (tc_nats, config.tc_weight - 1.0)
    return Losses({**terms, **model.auxiliary_losses(latents, batch.conditions)})
