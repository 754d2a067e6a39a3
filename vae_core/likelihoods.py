"""Likelihoods: what a decoder's output means.

A decoder returns unconstrained parameters; the likelihood turns them into a log-probability,
a mean to show, or a sample.
"""

from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional


class Likelihood(Protocol):
    """p(x | params), with x (B, C, H, W) in [0, 1]."""

    note: str | None

    def log_prob(self, params: Tensor, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """log p(x | params) per item, (B,), in nats; `mask` (like x) is 1 where x counts."""
        ...

    def mean(self, params: Tensor) -> Tensor:
        """E[x], like x, in [0, 1]: the picture that is shown."""
        ...

    def sample(self, params: Tensor, generator: torch.Generator) -> Tensor:
        """Draw x, like params."""
        ...


class Bernoulli:
    """Each pixel is a coin with P(1) = sigmoid(logits)."""

    note: str | None = (
        "Bernoulli on grey pixels: a usual teaching choice, but its ELBO is not a density, so "
        "compare it only with ELBOs of the same kind."
    )

    def log_prob(self, params: Tensor, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """x * log sigmoid(l) + (1 - x) * log(1 - sigmoid(l)), summed over pixels, (B,)."""
        nats = -functional.binary_cross_entropy_with_logits(params.float(), x, reduction="none")
        if mask is not None:
            nats = nats * mask
        return nats.flatten(1).sum(1)

    def mean(self, params: Tensor) -> Tensor:
        """sigmoid(logits), in [0, 1]."""
        return torch.sigmoid(params)

    def sample(self, params: Tensor, generator: torch.Generator) -> Tensor:
        """Flip each coin: 0.0 or 1.0, like params."""
        return torch.bernoulli(torch.sigmoid(params), generator=generator)
