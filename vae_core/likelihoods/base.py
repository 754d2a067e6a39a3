"""What every likelihood offers, and the few lines they share."""

import math
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

LOG_2PI = math.log(2 * math.pi)
TAYLOR_BELOW = 1.0


class Likelihood(Protocol):
    """p(x | params), with x (B, C, H, W) in [0, 1].

    The decoder's planes come parameter by parameter: (B, P * C, H, W) holds the C planes of the
    first parameter, then those of the second. Whatever the dtype of `params`, everything is
    computed, and returned, in float32 (float64 for float64).

    Attributes:
        note: what a person should know before reading its numbers; None when there is nothing.
        params_per_value: P, parameter planes per plane of data.
        bears_bfloat16: whether a decoder may compute the parameters in bfloat16: where that moves a
            bound by less than 0.1 nat. A Bernoulli's logits may; a Gaussian mean that is off by a
            500th of its value costs 40 nats at sigma = 0.003.
    """

    note: str | None
    params_per_value: int
    bears_bfloat16: bool

    def log_prob(self, params: Tensor, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """log p(x | params) per item, in nats, summed over the last three dimensions.

        Args:
            params: (B, P * C, H, W), or with leading dimensions of samples, (S, B, P * C, H, W).
            x: (B, C, H, W) in [0, 1].
            mask: like x, 1 where a value counts.

        Returns:
            (B,), or (S, B).
        """
        ...

    def score(self, params: Tensor, x: Tensor, mask: Tensor | None = None) -> Tensor | None:
        """d log_prob / d params, like params, where that costs less than the value; else None.

        A training step needs only this, so that the value can wait until somebody reads it. None
        too where the likelihood learns parameters of its own, which need the value's gradient.
        """
        ...

    def mean(self, params: Tensor) -> Tensor:
        """E[x], (B, C, H, W), clipped to [0, 1] where the density goes beyond: what is shown."""
        ...

    def sample(self, params: Tensor, generator: torch.Generator) -> Tensor:
        """Draw x, (B, C, H, W)."""
        ...


def widened(params: Tensor) -> Tensor:
    """Parameters in at least float32: half precision is for matrix products only."""
    return params.to(torch.promote_types(params.dtype, torch.float32))


def sum_values(nats: Tensor, mask: Tensor | None) -> Tensor:
    """Sum over channels, rows and columns, (..., C, H, W) -> (...), without what is masked."""
    if mask is not None:
        nats = nats * mask
    return nats.flatten(-3).sum(-1)


def masked(score: Tensor, mask: Tensor | None) -> Tensor:
    """No gradient where a value does not count."""
    return score if mask is None else score * mask


def soft_floor(raw: Tensor, floor: float) -> Tensor:
    """A number above `floor` that equals `raw` well above it; its gradient never vanishes at once.

    floor + softplus(raw - floor)
    """
    return floor + functional.softplus(raw - floor)


def raw_for(value: float, floor: float) -> float:
    """Invert `soft_floor`: the raw number that gives `value`, which lies above the floor."""
    return value + math.log(-math.expm1(floor - value))


def uniform_like(params: Tensor, generator: torch.Generator) -> Tensor:
    """Draw u in (0, 1), like params: neither 0 nor 1, whose logarithms are not finite."""
    tiny = torch.finfo(params.dtype).eps / 2
    return torch.empty_like(params).uniform_(generator=generator).clamp_(tiny, 1 - tiny)


def log_sinhc(rate: Tensor) -> Tensor:
    """log(sinh(r / 2) / (r / 2)) by its Taylor series at 0, for |r| <= 1 (error below 5e-11)."""
    square = rate.square()
    series = 1 / 181440 + square * (-1 / 9676800 + square * (1 / 479001600))
    return square * (1 / 24 + square * (-1 / 2880 + square * series))


def log_mean_exp(rate: Tensor) -> Tensor:
    """log of the mean of exp(-r t) over t in [0, 1], log((1 - exp(-r)) / r), for r >= 0.

    Value and gradient are exact at 0, where the formula is 0 / 0, and for large r.
    """
    small = rate < TAYLOR_BELOW
    # `where` alone is not enough: the branch not taken would still send NaN backwards.
    safe = torch.where(small, torch.ones_like(rate), rate)
    series = torch.where(small, rate, torch.zeros_like(rate))
    return torch.where(
        small, log_sinhc(series) - series / 2, torch.log(-torch.expm1(-safe)) - torch.log(safe)
    )
