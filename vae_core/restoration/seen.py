"""What is left of an image, as a likelihood of its code: log p(seen | z), for each kind of damage.

A VAE says how a *clean* image comes of a code z. To search for z one has to say, on top of that,
how what is seen comes of the clean image, which nobody has to train for:

- Pixels that are missing: the model's own likelihood of those that are known.
- Lost detail (blur, made smaller): the same is done to the likelihood's mean m, and compared. The
  average over a square of pixels has no density under most likelihoods, so it gets a Gaussian's.
- Noise of a known kind and level: a Gaussian about m as wide as the noise, cut off at black and
  white as the damage was, so that a pixel at 0 says "0 or darker", with the probability of that
  (a Tobit model, Tobin 1958). Values in between have a density, those at the ends a probability.

JPEG is left out: its steps have no gradient.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from vae_core.corruption import CORRUPTIONS, Damaged
from vae_core.errors import InvalidInputError
from vae_core.likelihoods import Likelihood
from vae_core.likelihoods.base import LOG_2PI, sum_values
from vae_core.restoration.filters import MISSING

# How far a clean image is from a decoder's mean, as a standard deviation: of a pixel, and of what
# lost its detail. Chosen by the PSNR of restored validation images, of MNIST and of digits.
PIXEL_SIGMA = 0.2
DETAIL_SIGMA = 0.05
RARE = 0.01  # share of pixels that salt and pepper may always have hit, and missed

DETAIL = ("blur", "down-sample")

Seen = Callable[[Tensor], Tensor]
"""Decoder's parameters (S, N, P * C, H, W) -> log p(what is seen | z), (S, N), in nats."""


def _gaussian(mean: Tensor, level: float) -> Tensor:
    return torch.full_like(mean, level**2)


def _speckle(mean: Tensor, level: float) -> Tensor:
    return (level * mean).square()


def _poisson(mean: Tensor, level: float) -> Tensor:
    """Of photon counts, taken as a Gaussian's: 1 / level^2 of them make white."""
    return level**2 * mean


def _none(mean: Tensor, level: float) -> Tensor:
    return torch.zeros_like(mean)


# Kind of noise -> the variance that it adds to each pixel, given the mean and the level.
VARIANCES: dict[str, Callable[[Tensor, float], Tensor]] = {
    "gaussian": _gaussian,
    "speckle": _speckle,
    "poisson": _poisson,
    "salt-and-pepper": _none,  # it hits or misses
}


def is_understood(kind: str) -> bool:
    """Whether it is known how this kind of damage comes about."""
    return kind in MISSING or kind in DETAIL or kind in VARIANCES


def what_is_seen(likelihood: Likelihood, damaged: Damaged) -> Seen:
    """log p(seen | z) as a function of what the decoder makes of z.

    Raises:
        InvalidInputError: for a kind of damage that is not understood.
    """
    kind, images = damaged.kind, damaged.images
    if damaged.known is not None:
        mask = damaged.known.expand_as(images).to(images.dtype)
        return lambda params: likelihood.log_prob(params, images, mask)
    if kind in DETAIL:
        return lambda params: _detail_nats(likelihood.mean(params), damaged)
    if kind in VARIANCES:
        return lambda params: _noise_nats(likelihood.mean(params), damaged)
    expected = ", ".join(one for one in CORRUPTIONS if is_understood(one))
    raise InvalidInputError(
        f"Damage {kind!r} received without the pixels that are known; a search expects one of "
        f"{expected}. Choose another method."
    )


def _detail_nats(mean: Tensor, damaged: Damaged) -> Tensor:
    """log N(seen; the same damage done to the mean, DETAIL_SIGMA^2), summed: (S, N)."""
    apply, step = CORRUPTIONS[damaged.kind].apply, damaged.factor
    less = apply(mean.flatten(0, 1), damaged.level, torch.Generator()).images  # draws nothing
    less = less[..., ::step, ::step]
    away = damaged.small - less.reshape(*mean.shape[:2], *less.shape[1:])
    return sum_values(_log_normal(away / DETAIL_SIGMA, DETAIL_SIGMA), None)


def _noise_nats(mean: Tensor, damaged: Damaged) -> Tensor:
    """log p(noisy pixels | mean), summed: (S, N).

    With s^2 = PIXEL_SIGMA^2 + the noise's variance: log Phi(-m / s) at 0, log Phi((m - 1) / s) at
    1, log N(x; m, s^2) between. Salt and pepper mixes it with a pixel that says nothing, black or
    white by a coin.
    """
    x, kind = damaged.images, damaged.kind
    sigma = (PIXEL_SIGMA**2 + VARIANCES[kind](mean, damaged.level)).sqrt()
    black = torch.special.log_ndtr(-mean / sigma)
    white = torch.special.log_ndtr((mean - 1) / sigma)
    between = _log_normal((x - mean) / sigma, sigma)
    nats = torch.where(x <= 0, black, torch.where(x >= 1, white, between))
    if kind == "salt-and-pepper":
        hit = min(max(damaged.level, RARE), 1 - RARE)
        is_end = (x <= 0) | (x >= 1)
        coin = torch.where(is_end, math.log(hit / 2), -math.inf)
        nats = torch.logaddexp(nats + math.log1p(-hit), coin)
    return sum_values(nats, None)


def _log_normal(scaled: Tensor, sigma: Tensor | float) -> Tensor:
    """Logarithm of a Gaussian's density, `scaled` standard deviations from its mean."""
    log_sigma = sigma.log() if isinstance(sigma, Tensor) else math.log(sigma)
    return -0.5 * (scaled.square() + LOG_2PI) - log_sigma
