"""Using a trained model: encode, decode, reconstruct, sample, traverse.

Every function works in batches, without gradients, and leaves the model as it was. The z behind a
picture is the posterior's mean unless the name says `sample`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.distributions import DiagonalGaussian
from vae_core.errors import InvalidInputError
from vae_core.models import LatentModel

BATCH_SIZE = 2048


@dataclass(frozen=True)
class Encoded:
    """Posteriors of many images.

    Attributes:
        mean: (N, D).
        logvar: (N, D); None for a plain autoencoder.
    """

    mean: Tensor
    logvar: Tensor | None

    @property
    def std(self) -> Tensor | None:
        """The spread, (N, D)."""
        return None if self.logvar is None else torch.exp(0.5 * self.logvar)


@torch.inference_mode()
def encode(model: LatentModel, x: Tensor) -> Encoded:
    """Return the posterior of each image.

    Args:
        x: (N, C, H, W) in [0, 1].
    """
    posteriors = [model.encode(part) for part in _parts(x)]
    mean = (
        torch.cat([q.mean for q in posteriors]) if posteriors else x.new_empty(0, model.latent_dim)
    )
    logvars = [q.logvar for q in posteriors if isinstance(q, DiagonalGaussian)]
    return Encoded(mean, torch.cat(logvars) if logvars else None)


@torch.inference_mode()
def decode(model: LatentModel, z: Tensor) -> Tensor:
    """Return the likelihood's mean for each z, (N, C, H, W) in [0, 1].

    Args:
        z: (N, D), finite.

    Raises:
        InvalidInputError: when z has another shape or is not finite.
    """
    if not bool(torch.isfinite(z).all()):
        raise InvalidInputError("A latent that is not a finite number was received; choose others.")
    images = [model.likelihood.mean(model.decode((part,))) for part in _parts(z)]
    return torch.cat(images) if images else z.new_empty(0, *model.event_shape)


def reconstruct(model: LatentModel, x: Tensor) -> Tensor:
    """Encode to the mean and decode: (N, C, H, W) in [0, 1]."""
    return decode(model, encode(model, x).mean)


def sample(model: LatentModel, num_samples: int, generator: torch.Generator) -> Tensor:
    """Decode draws from the prior: (num_samples, C, H, W) in [0, 1].

    Raises:
        InvalidInputError: for a plain autoencoder, which has no prior.
    """
    prior = model.prior()
    if prior is None:
        raise InvalidInputError(
            "A plain autoencoder has no prior to draw from; choose a VAE to sample new images."
        )
    return decode(model, prior.sample(num_samples, generator))


def traverse(model: LatentModel, z: Tensor, dim: int, values: Tensor) -> Tensor:
    """Decode z with one coordinate replaced by each of `values`.

    Args:
        z: (D,).
        dim: 0 to D - 1.
        values: (V,).

    Returns:
        (V, C, H, W) in [0, 1].
    """
    if not 0 <= dim < model.latent_dim:
        raise InvalidInputError(
            f"Latent dimension {dim} received; expected 0 to {model.latent_dim - 1}."
        )
    zs = z.repeat(len(values), 1)
    zs[:, dim] = values
    return decode(model, zs)


def _parts(x: Tensor) -> Iterator[Tensor]:
    return (x[start : start + BATCH_SIZE] for start in range(0, len(x), BATCH_SIZE))
