"""Restoring with a trained autoencoder: through what it knows of clean images."""

import torch
from torch import Tensor

from vae_core.corruption import Damaged
from vae_core.distributions import DiagonalGaussian
from vae_core.errors import InvalidInputError
from vae_core.inference import decode, encode, reconstruct
from vae_core.models import NO_CONDITIONS, LatentModel
from vae_core.restoration.base import Conditions, Restored

NUM_DRAWS, MAX_DRAWS = 64, 10_000


def denoise(model: LatentModel, x: Tensor, conditions: Conditions = NO_CONDITIONS) -> Tensor:
    """One pass: the likelihood's mean at the posterior's mean of the damaged image.

    Args:
        x: (N, C, H, W) in [0, 1], damaged.
        conditions: what a conditional model is told of the images, each (N, ...).
    """
    return reconstruct(model, x, conditions)


@torch.inference_mode()
def posterior_mean(
    model: LatentModel,
    x: Tensor,
    conditions: Conditions = NO_CONDITIONS,
    *,
    num_samples: int = NUM_DRAWS,
    generator: torch.Generator,
) -> Restored:
    """Mean and spread of what the decoder makes of draws z ~ q(z | x).

    The spread is that of the likelihood's mean alone, a standard deviation in units of brightness
    (over channels, the root of the mean variance): what the code leaves open, not the noise that
    the likelihood adds to each pixel. One draw of every image is held at a time.

    Args:
        x: (N, C, H, W) in [0, 1], damaged.
        conditions: what a conditional model is told of the images, each (N, ...).
        num_samples: S, draws for each image, 2 to 10,000.
        generator: source of the draws.

    Raises:
        InvalidInputError: for a plain autoencoder, or a number of draws out of range.
    """
    if not 2 <= num_samples <= MAX_DRAWS:
        raise InvalidInputError(
            f"{num_samples} draws received; expected 2 to {MAX_DRAWS}, since one has no spread."
        )
    encoded = encode(model, x, conditions)
    if encoded.logvar is None:
        raise InvalidInputError(
            "A plain autoencoder gives one code for each image, with nothing to draw; the mean of "
            "draws expects a VAE. Choose one, or one pass."
        )
    posterior = DiagonalGaussian(encoded.mean, encoded.logvar)
    mean, squares = torch.zeros_like(x), torch.zeros_like(x)
    for count in range(1, num_samples + 1):
        images = decode(model, posterior.sample(generator), conditions)
        # Welford 1962: sums of squares would cancel where the spread is small.
        away = images - mean
        mean += away / count
        squares += away * (images - mean)
    variance = (squares / num_samples).mean(1, keepdim=True)
    return Restored(mean, variance.sqrt())


def keep_known(images: Tensor, damaged: Damaged) -> Tensor:
    """Put the pixels that are known to be right back in their places.

    Args:
        images: (N, C, H, W), restored.
    """
    return images if damaged.known is None else damaged.images.where(damaged.known, images)
