"""Distributions over latents: what an encoder returns and what a prior is.

KL and log-densities are computed in float32 whatever the matmul precision. All sums run over
every dimension but the first (the batch), in nats.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

LOG_2PI = math.log(2 * math.pi)


class Posterior(Protocol):
    """q(z | x): `mean` (B, *shape), and a way to draw z."""

    @property
    def mean(self) -> Tensor: ...  # noqa: D102

    def sample(self, generator: torch.Generator) -> Tensor:
        """Draw z of the shape of `mean`, by reparameterisation where there is a spread."""
        ...

    def kl(self) -> Tensor | None:
        """KL(q || N(0, I)) per dimension, shape of `mean`, in nats; None where there is none."""
        ...


@dataclass(frozen=True)
class DiagonalGaussian:
    """A Gaussian with diagonal covariance.

    Args:
        mean: (B, *shape).
        logvar: natural logarithm of the variance, (B, *shape).
    """

    mean: Tensor
    logvar: Tensor

    @property
    def std(self) -> Tensor:
        """Standard deviation, (B, *shape): what pages call the spread."""
        return torch.exp(0.5 * self.logvar)

    def sample(self, generator: torch.Generator) -> Tensor:
        """z = mean + std * eps with eps ~ N(0, I) (Kingma & Welling 2014, eq. 10)."""
        eps = torch.empty_like(self.mean).normal_(generator=generator)
        return self.mean + self.std * eps

    def log_prob(self, z: Tensor) -> Tensor:
        """log q(z), (B,), in nats."""
        squared = (z - self.mean).square() * torch.exp(-self.logvar)
        return (-0.5 * (squared + self.logvar + LOG_2PI)).flatten(1).sum(1)

    def kl(self) -> Tensor:
        """KL(q || N(0, I)) per dimension, (B, *shape) (Kingma & Welling 2014, appendix B)."""
        mean, logvar = self.mean.float(), self.logvar.float()
        return 0.5 * (mean.square() + logvar.exp() - 1.0 - logvar)


@dataclass(frozen=True)
class Point:
    """All mass at `mean`, (B, *shape): the posterior of a plain autoencoder.

    It has no spread and no KL; both are absent, not zero.
    """

    mean: Tensor

    def sample(self, generator: torch.Generator) -> Tensor:
        """Return the mean: there is nothing to draw."""
        return self.mean

    def kl(self) -> None:
        """Return None: a point has no KL to a density."""
        return


@dataclass(frozen=True)
class StandardNormal:
    """The prior N(0, I) over `shape`."""

    shape: tuple[int, ...]

    def sample(self, num_samples: int, generator: torch.Generator) -> Tensor:
        """Draw (num_samples, *shape)."""
        return torch.randn((num_samples, *self.shape), generator=generator)

    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z), (B,), in nats."""
        return (-0.5 * (z.square() + LOG_2PI)).flatten(1).sum(1)

    def quantiles(self, probabilities: Tensor) -> Tensor:
        """Values of one latent dimension at `probabilities` in (0, 1); same shape."""
        quantiles: Tensor = torch.special.ndtri(probabilities)
        return quantiles
