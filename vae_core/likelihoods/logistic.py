"""The discretised logistic: a probability for each brightness level."""

import math

import torch
from torch import Tensor
from torch.nn import functional

from vae_core.likelihoods.base import (
    log_mean_exp,
    raw_for,
    soft_floor,
    sum_values,
    uniform_like,
    widened,
)

MAX_EXACT_LEVELS = 32
TINY = 1e-12  # of 1 / s, so that a scale beyond all bounds gives 1 / 2 and not 0 / 0


class DiscretisedLogistic:
    """A logistic density cut into one bin per level, the outer two taken to infinity.

    P(level k) = sigmoid((x_k + h - mean) / s) - sigmoid((x_k - h - mean) / s), with x_k = k /
    (levels - 1) and h half the distance of two levels (Salimans et al. 2017, PixelCNN++, eq. 2,
    one component). These are probabilities: they sum to 1 over the levels.

    Mean and scale are given for each value, planes of means, then planes of raw log scales: the
    border of a digit is black for certain while its strokes are not, which one scale for all
    values can't say. The scale's soft floor lies where a mean on a level leaves no more than 4e-9
    to the other levels.

    Args:
        levels: brightness steps of the data, at least 2.
        sigma: standard deviation of the logistic where the raw log scale is 0, which is about
            where a new decoder starts.
    """

    note: str | None = None
    params_per_value = 2
    bears_bfloat16 = False

    def __init__(self, levels: int, sigma: float) -> None:
        self.levels = levels
        self.half = 0.5 / (levels - 1)
        self.floor = math.log(self.half) - 3.0
        log_scale = math.log(sigma * math.sqrt(3) / math.pi)
        self.start = raw_for(max(log_scale, self.floor + 0.01), self.floor)

    def _split(self, params: Tensor) -> tuple[Tensor, Tensor]:
        mean, raw = widened(params).chunk(2, dim=-3)
        return mean, soft_floor(self.start + raw, self.floor)

    def log_prob(self, params: Tensor, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """log P(level of x), summed over values; an x between levels counts as the nearest.

        With upper edge a and lower edge b, both in units of s, sigmoid(a) - sigmoid(b) =
        sigmoid(a) sigmoid(-b) (1 - exp(b - a)): a product, whose logarithm can neither cancel
        nor underflow as the difference does far from the mean.
        """
        mean, log_scale = self._split(params)
        # In units of levels, where an edge has the same bits seen from either side.
        level = torch.round(x * (self.levels - 1))
        offset = level - mean * (self.levels - 1)
        log_width = math.log(2 * self.half) - log_scale  # of a bin, in units of s
        inverse = torch.exp(log_width)
        below_upper = functional.logsigmoid((offset + 0.5) * inverse)
        above_lower = functional.logsigmoid((0.5 - offset) * inverse)
        width = log_width + log_mean_exp(inverse)
        first, last = level <= 0, level >= self.levels - 1
        inside = below_upper + above_lower + width
        return sum_values(
            torch.where(first, below_upper, torch.where(last, above_lower, inside)), mask
        )

    def score(self, params: Tensor, x: Tensor, mask: Tensor | None = None) -> None:
        """Return None: it costs what the value costs."""
        return

    def mean(self, params: Tensor) -> Tensor:
        """E[x] in [0, 1]: the sum of P(at least level k), over k >= 1, over levels - 1.

        Beyond 32 levels the sum is replaced by its integral, s log((1 + exp(mean / s)) /
        (1 + exp((mean - 1) / s))), which is off by half a level at the most.
        """
        mean, log_scale = self._split(params)
        inverse = torch.exp(-log_scale).clamp_min(TINY)
        if self.levels <= MAX_EXACT_LEVELS:
            total = torch.zeros_like(mean)
            for k in range(1, self.levels):
                total += torch.sigmoid((mean - (2 * k - 1) * self.half) * inverse)
            return total / (self.levels - 1)
        lower, upper = mean * inverse, (mean - 1) * inverse
        sharp = functional.softplus(lower) - functional.softplus(upper)
        # The same for wide scales, where that difference cancels.
        wide = torch.log1p(torch.sigmoid(upper) * torch.expm1(inverse.clamp(max=10.0)))
        integral = torch.where(inverse > 10.0, sharp, wide) / inverse
        return integral.clamp(0, 1)

    def sample(self, params: Tensor, generator: torch.Generator) -> Tensor:
        """Draw from the logistic and take the nearest level, as 0 to 1."""
        mean, log_scale = self._split(params)
        drawn = mean + torch.exp(log_scale) * torch.logit(uniform_like(mean, generator))
        return torch.round(drawn.clamp(0, 1) * (self.levels - 1)) / (self.levels - 1)
