"""Gaussians: a mean for each value; sigma fixed, learned once, or learned for each value.

The mean is the decoder's output as it is, and the density covers the whole line; what is shown is
clipped to [0, 1]. Learned sigmas have a soft floor, log sigma >= -6 (as in Rybkin et al. 2021,
"Simple and effective VAE training with calibrated decoders"): without it the density of values
that never change, such as black corners, grows without end. The constant log(2 pi) / 2 is kept.
"""

import math

import torch
from torch import Tensor, nn

from vae_core.likelihoods.base import LOG_2PI, masked, raw_for, soft_floor, sum_values, widened

LOG_SIGMA_FLOOR = -6.0
MIN_SIGMA, MAX_SIGMA = 0.003, 10.0


def _nats(mean: Tensor, log_sigma: Tensor, x: Tensor) -> Tensor:
    """log N(x; mean, sigma^2) = -((x - mean) / sigma)^2 / 2 - log sigma - log(2 pi) / 2."""
    return -0.5 * (((x - mean) * torch.exp(-log_sigma)).square() + LOG_2PI) - log_sigma


def _draw(mean: Tensor, log_sigma: Tensor, generator: torch.Generator) -> Tensor:
    eps = torch.empty_like(mean).normal_(generator=generator)
    return mean + torch.exp(log_sigma) * eps


class Gaussian:
    """One sigma, given.

    Args:
        sigma: standard deviation, in the unit of x.
    """

    note: str | None = None
    params_per_value = 1
    bears_bfloat16 = False

    def __init__(self, sigma: float) -> None:
        self.sigma = sigma
        self._log_sigma = torch.tensor(
            math.log(sigma), dtype=torch.float64
        )  # a 0-d tensor promotes nothing

    def log_prob(self, params: Tensor, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """log N(x; mean, sigma^2), summed over values."""
        return sum_values(_nats(widened(params), self._log_sigma, x), mask)

    def score(self, params: Tensor, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(x - mean) / sigma^2."""
        return masked((x - widened(params)) * self.sigma**-2, mask)

    def mean(self, params: Tensor) -> Tensor:
        """The mean, clipped to [0, 1]."""
        return widened(params).clamp(0, 1)

    def sample(self, params: Tensor, generator: torch.Generator) -> Tensor:
        """Draw from the density, which goes beyond [0, 1]."""
        return _draw(widened(params), self._log_sigma, generator)


class SharedGaussian(nn.Module):
    """One sigma for all values, a parameter of the model (the sigma-VAE of Rybkin et al. 2021).

    Args:
        sigma: where it starts.
    """

    params_per_value = 1
    bears_bfloat16 = False

    def __init__(self, sigma: float) -> None:
        super().__init__()
        self.note: str | None = None
        start = raw_for(math.log(sigma), LOG_SIGMA_FLOOR)
        self.raw_log_sigma = nn.Parameter(torch.tensor(start))

    @property
    def log_sigma(self) -> Tensor:
        """Natural logarithm of sigma, a scalar."""
        return soft_floor(widened(self.raw_log_sigma), LOG_SIGMA_FLOOR)

    def log_prob(self, params: Tensor, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """log N(x; mean, sigma^2), summed over values."""
        return sum_values(_nats(widened(params), self.log_sigma, x), mask)

    def score(self, params: Tensor, x: Tensor, mask: Tensor | None = None) -> None:
        """Return None: sigma learns from the value's own gradient."""
        return

    def mean(self, params: Tensor) -> Tensor:
        """The mean, clipped to [0, 1]."""
        return widened(params).clamp(0, 1)

    def sample(self, params: Tensor, generator: torch.Generator) -> Tensor:
        """Draw from the density, which goes beyond [0, 1]."""
        return _draw(widened(params), self.log_sigma.detach(), generator)


class PixelGaussian:
    """A mean and a sigma for each value: planes of means, then planes of raw log sigmas.

    Args:
        sigma: where a raw log sigma of 0 stands, which is about where a new decoder starts.
    """

    note: str | None = None
    params_per_value = 2
    bears_bfloat16 = False

    def __init__(self, sigma: float) -> None:
        self.start = raw_for(math.log(sigma), LOG_SIGMA_FLOOR)

    def _split(self, params: Tensor) -> tuple[Tensor, Tensor]:
        mean, raw = widened(params).chunk(2, dim=-3)
        return mean, self.start + raw

    def log_prob(self, params: Tensor, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """log N(x; mean, sigma^2), summed over values."""
        mean, raw = self._split(params)
        return sum_values(_nats(mean, soft_floor(raw, LOG_SIGMA_FLOOR), x), mask)

    def score(self, params: Tensor, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """((x - mean) / sigma^2, ((x - mean)^2 / sigma^2 - 1) d log sigma / d raw)."""
        mean, raw = self._split(params)
        inverse = torch.exp(-soft_floor(raw, LOG_SIGMA_FLOOR))
        scaled = (x - mean) * inverse
        slope = torch.sigmoid(raw - LOG_SIGMA_FLOOR)
        parts = (scaled * inverse, (scaled.square() - 1) * slope)
        return torch.cat([masked(part, mask) for part in parts], dim=-3)

    def mean(self, params: Tensor) -> Tensor:
        """The mean, clipped to [0, 1]."""
        return self._split(params)[0].clamp(0, 1)

    def sample(self, params: Tensor, generator: torch.Generator) -> Tensor:
        """Draw from the density, which goes beyond [0, 1]."""
        mean, raw = self._split(params)
        return _draw(mean, soft_floor(raw, LOG_SIGMA_FLOOR), generator)
