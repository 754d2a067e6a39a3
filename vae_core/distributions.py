"""Distributions over latents: what an encoder returns and what a prior is.

KL and log-densities are computed in float32 whatever the matmul precision. Log-densities sum over
the dimensions of one latent, in nats: z (B, *shape) gives (B,), and z with a leading dimension of
samples, (S, B, *shape), gives (S, B).
"""

import math
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from vae_core.errors import InvalidInputError

LOG_2PI = math.log(2 * math.pi)


class Posterior(Protocol):
    """q(z | x): `mean` (B, *shape), and a way to draw z."""

    @property
    def mean(self) -> Tensor: ...  # noqa: D102

    def sample(self, generator: torch.Generator) -> Tensor:
        """Draw z of the shape of `mean`, by reparameterisation where there is a spread."""
        ...

    def kl(self, prior: "Prior | None" = None) -> Tensor | None:
        """KL(q || prior) per dimension, shape of `mean`, in nats; None where there is none.

        Without a prior, N(0, I) is meant.
        """
        ...


class _Reparameterised(torch.autograd.Function):
    """mean + exp(logvar / 2) * eps, all of one shape (Kingma & Welling 2014, eq. 10).

    This and the KL below give their gradients in closed form: a small model's step spends as long
    on the many small operations of a latent as on a layer, and these are a third of them.
    """

    @staticmethod
    def forward(ctx: Any, mean: Tensor, logvar: Tensor, eps: Tensor) -> Tensor:
        spread = torch.exp(0.5 * logvar).mul_(eps)
        ctx.save_for_backward(spread)
        return mean + spread

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        (spread,) = ctx.saved_tensors
        return grad, grad.mul(spread).mul_(0.5), None


class _StandardKl(torch.autograd.Function):
    """KL(N(mean, exp(logvar)) || N(0, 1)) = (mean^2 + exp(logvar) - 1 - logvar) / 2."""

    @staticmethod
    def forward(ctx: Any, mean: Tensor, logvar: Tensor) -> Tensor:
        variance = logvar.exp()
        ctx.save_for_backward(mean, variance)
        return mean.square().add_(variance).sub_(1.0).sub_(logvar).mul_(0.5)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor]:
        mean, variance = ctx.saved_tensors
        return grad * mean, (variance - 1.0).mul_(0.5).mul_(grad)


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
        """z = mean + std * eps with eps ~ N(0, I), by reparameterisation."""
        eps = torch.empty_like(self.mean).normal_(generator=generator)
        z: Tensor = _Reparameterised.apply(self.mean, self.logvar, eps)
        return z

    def draw(self, num_samples: int, generator: torch.Generator) -> Tensor:
        """Draw (num_samples, *shape) as a prior: one for each item, or all from a single item.

        Raises:
            InvalidInputError: when there are several items, but not num_samples.
        """
        if len(self.mean) not in (1, num_samples):
            raise InvalidInputError(
                f"{num_samples} draws asked for of a prior for {len(self.mean)} items; expected "
                "as many draws as items."
            )
        shape = (num_samples, *self.mean.shape[1:])
        return DiagonalGaussian(self.mean.expand(shape), self.logvar.expand(shape)).sample(
            generator
        )

    def log_prob(self, z: Tensor) -> Tensor:
        """log q(z) in nats, (B,); (S, B) for z with a leading dimension of samples."""
        mean, logvar = self.mean.float(), self.logvar.float()
        squared = (z.float() - mean).square() * torch.exp(-logvar)
        return _sum_latent(-0.5 * (squared + logvar + LOG_2PI), mean.ndim - 1)

    def kl(self, prior: "Prior | None" = None) -> Tensor:
        """KL(q || prior) per dimension, (B, *shape); without a prior N(0, I) is meant.

        1/2 ((mu - m)^2 / s^2 + sigma^2 / s^2 - 1 - ln(sigma^2 / s^2)) for a prior N(m, s^2)
        (Kingma & Welling 2014, appendix B, is m = 0 and s = 1).
        """
        mean, logvar = self.mean.float(), self.logvar.float()
        if isinstance(prior, DiagonalGaussian):
            prior_logvar = prior.logvar.float()
            mean = (mean - prior.mean.float()) * torch.exp(-0.5 * prior_logvar)
            logvar = logvar - prior_logvar
        kl: Tensor = _StandardKl.apply(mean, logvar)
        return kl


@dataclass(frozen=True)
class Point:
    """All mass at `mean`, (B, *shape): the posterior of a plain autoencoder.

    It has no spread and no KL; both are absent, not zero.
    """

    mean: Tensor

    def sample(self, generator: torch.Generator) -> Tensor:
        """Return the mean: there is nothing to draw."""
        return self.mean

    def kl(self, prior: "Prior | None" = None) -> None:
        """Return None: a point has no KL to a density."""
        return


@dataclass(frozen=True)
class StandardNormal:
    """The prior N(0, I) over `shape`."""

    shape: tuple[int, ...]

    def sample(self, num_samples: int, generator: torch.Generator) -> Tensor:
        """Draw (num_samples, *shape)."""
        shape = (num_samples, *self.shape)
        return torch.randn(shape, generator=generator, device=generator.device)

    def draw(self, num_samples: int, generator: torch.Generator) -> Tensor:
        """Draw (num_samples, *shape); the name that every prior knows."""
        return self.sample(num_samples, generator)

    def log_prob(self, z: Tensor) -> Tensor:
        """log p(z) in nats, (B,); (S, B) for z with a leading dimension of samples."""
        return _sum_latent(-0.5 * (z.float().square() + LOG_2PI), len(self.shape))

    def quantiles(self, probabilities: Tensor) -> Tensor:
        """Values of one latent dimension at `probabilities` in (0, 1); same shape."""
        quantiles: Tensor = torch.special.ndtri(probabilities)
        return quantiles


Prior = StandardNormal | DiagonalGaussian


def _sum_latent(values: Tensor, num_dims: int) -> Tensor:
    """Sum the last `num_dims` dimensions: those of one latent."""
    return values.flatten(-num_dims).sum(-1)
