"""Bernoulli and continuous Bernoulli: one logit for each value."""

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from vae_core.likelihoods.base import (
    TAYLOR_BELOW,
    log_mean_exp,
    log_sinhc,
    masked,
    sum_values,
    uniform_like,
    widened,
)

LARGEST_GROUP = 126  # factors of at most 2 each, whose product float32 holds


@lru_cache(maxsize=16)
def _group(num_values: int) -> int:
    """The largest divisor of `num_values` that is at most 126."""
    return max(n for n in range(1, LARGEST_GROUP + 1) if num_values % n == 0)


class Bernoulli:
    """Each value is a coin with P(1) = sigmoid(logit).

    Args:
        levels: brightness steps of the data; with more than two, the bound is not a density and
            `note` says so.
    """

    params_per_value = 1
    bears_bfloat16 = True

    def __init__(self, levels: int = 256) -> None:
        self.note: str | None = None
        if levels > 2:
            self.note = (
                "Bernoulli on grey pixels: a usual teaching choice, but its ELBO is not a "
                "density, so compare it only with ELBOs of the same kind."
            )

    def log_prob(self, params: Tensor, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """x * log sigmoid(l) + (1 - x) * log(1 - sigmoid(l)), summed over values."""
        logits = widened(params)
        x = x.to(logits.dtype).expand_as(logits)
        nats = -functional.binary_cross_entropy_with_logits(logits, x, reduction="none")
        return sum_values(nats, mask)

    def log_prob_of_samples(self, params: Tensor, x: Tensor) -> Tensor:
        """`log_prob` for many draws of the parameters, several times faster.

        With log(1 + e^l) = l / 2 + |l| / 2 + log(1 + e^-|l|),

            log p = sum (x - 1/2) l - 1/2 sum |l| - log prod (1 + e^-|l|):

        two matrix products, everything else in place, and one logarithm for many values instead
        of one each: a factor is in (1, 2], so float32 holds the product of 126.

        Args:
            params: (S, B, C, H, W); overwritten.
            x: (B, C, H, W) in [0, 1].

        Returns:
            (S, B), without a gradient.
        """
        logits = widened(params.flatten(2))  # (S, B, P)
        weights = x.flatten(1).to(logits.dtype) - 0.5
        nats = torch.bmm(logits.transpose(0, 1), weights[:, :, None])[:, :, 0].T
        negative = torch.copysign(logits, -1.0, out=logits)
        nats += negative @ torch.full_like(weights[0], 0.5)
        factors = negative.exp_().add_(1.0).view(*nats.shape, -1, _group(weights.shape[1]))
        return nats.sub_(factors.prod(-1).log_().sum(-1))

    def score(self, params: Tensor, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """x - sigmoid(l): no logarithm, which is what the value costs."""
        return masked(x - torch.sigmoid(widened(params)), mask)

    def mean(self, params: Tensor) -> Tensor:
        """sigmoid(l), in [0, 1]."""
        return torch.sigmoid(widened(params))

    def sample(self, params: Tensor, generator: torch.Generator) -> Tensor:
        """Flip each coin: 0.0 or 1.0."""
        return torch.bernoulli(self.mean(params), generator=generator)


class ContinuousBernoulli:
    """The density on [0, 1] proportional to the Bernoulli's x^p (Loaiza-Ganem & Cunningham 2019).

    With natural parameter l (their lambda is sigmoid(l)), p(x) = exp(l x) l / (exp(l) - 1): an
    exponential cut off at both ends. Everything below is written in its rate |l| and in the
    distance from the likelier end, so that nothing overflows; near l = 0 (lambda = 0.5), where
    the formulas are 0 / 0, Taylor series take over.
    """

    note: str | None = None
    params_per_value = 1
    bears_bfloat16 = False  # large logits, whose last digits are whole nats

    def log_prob(self, params: Tensor, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """l x - log((exp(l) - 1) / l), summed over values."""
        logits = widened(params)
        rate = logits.abs()
        small = rate < TAYLOR_BELOW
        near = torch.where(small, logits, torch.zeros_like(logits))
        # Not log_mean_exp alone: |l| has no gradient at 0, although the density has.
        nats = torch.where(
            small,
            near * (x - 0.5) - log_sinhc(near),
            -rate * torch.where(logits > 0, 1 - x, x) - log_mean_exp(rate),
        )
        return sum_values(nats, mask)

    def score(self, params: Tensor, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """x - E[x], as in every exponential family."""
        return masked(x - self.mean(params), mask)

    def mean(self, params: Tensor) -> Tensor:
        """1 / (1 - exp(-l)) - 1 / l, in [0, 1]; 1 / 2 + l / 12 - ... near l = 0."""
        logits = widened(params)
        rate = logits.abs()
        small = rate < TAYLOR_BELOW
        safe = torch.where(small, torch.ones_like(rate), rate)
        # Mean distance from the likelier end.
        distance = 1 / safe + torch.exp(-safe) / torch.expm1(-safe)
        far = torch.where(logits > 0, 1 - distance, distance)
        near = torch.where(small, logits, torch.zeros_like(logits))
        square = near.square()
        series = 1 / 30240 + square * (-1 / 1209600 + square * (1 / 47900160))
        return torch.where(
            small, 0.5 + near * (1 / 12 + square * (-1 / 720 + square * series)), far
        )

    def sample(self, params: Tensor, generator: torch.Generator) -> Tensor:
        """By the inverse of the distribution function, in [0, 1]."""
        logits = widened(params)
        # Below this rate the density is flat to float32's last bit.
        rate = logits.abs().clamp_min(1e-6)
        u = uniform_like(logits, generator)
        distance = (-torch.log1p(u * torch.expm1(-rate)) / rate).clamp(0, 1)
        return torch.where(logits > 0, 1 - distance, distance)
