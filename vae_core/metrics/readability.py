"""Whether what a decoder makes can be read: the holes of a latent space, counted and on a map.

A hole is a place whose decode a classifier, taught to read real pictures, does not read with
confidence. A classifier errs: some of what it reads no person would, so these are counts of what
this classifier reads, to be compared with what it reads of real pictures.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.distributions import DiagonalGaussian
from vae_core.inference import decode
from vae_core.metrics.extractor import Extractor
from vae_core.models import NO_CONDITIONS, LatentModel
from vae_core.projection import Projection, grid

CONFIDENT = 0.9  # probability of the likeliest class
NUM_DRAWS = 2_000


@dataclass(frozen=True)
class Readable:
    """Shares of decodes that a classifier reads with confidence.

    Attributes:
        prior: of z from the model's prior; of N(0, I) for an autoencoder, which has none.
        fitted: of z from a Gaussian with mean and covariance of the model's own codes: the best
            that a single Gaussian can know of where they lie.
    """

    prior: float
    fitted: float


@torch.inference_mode()
def readable_shares(
    model: LatentModel,
    means: Tensor,
    reader: Extractor,
    conditions: Mapping[str, Tensor] = NO_CONDITIONS,
    *,
    num: int = NUM_DRAWS,
    seed: int = 0,
) -> Readable:
    """Draw, decode and read. The same seed draws the same z ~ N(0, I) for every model.

    Args:
        means: (N, D) the model's codes, N > D.
        reader: of the classes of the model's data.
        conditions: what a conditional model is told, each (num, ...) or (1, ...).
    """
    noise = torch.randn(num, model.latent_dim, generator=torch.Generator().manual_seed(seed))
    prior = model.prior(conditions)
    z = noise
    if isinstance(prior, DiagonalGaussian):  # one that depends on what is told
        z = prior.mean + (0.5 * prior.logvar).exp() * noise
    away = (means - means.mean(0)).double()
    values, vectors = torch.linalg.eigh(away.T @ away / max(1, len(means) - 1))
    root = (vectors * values.clamp_min(0).sqrt()).float()
    fitted = means.mean(0) + noise @ root.T
    return Readable(*(_share(model, codes, reader, conditions) for codes in (z, fitted)))


def _share(
    model: LatentModel, z: Tensor, reader: Extractor, conditions: Mapping[str, Tensor]
) -> float:
    sure = reader.confidence(decode(model, z, conditions)) >= CONFIDENT
    return float(sure.double().mean())


@torch.inference_mode()
def confidence_map(
    model: LatentModel,
    projection: Projection,
    limits: tuple[float, float, float, float],
    num: int,
    reader: Extractor,
    conditions: Mapping[str, Tensor] = NO_CONDITIONS,
) -> Tensor:
    """How surely a grid of places is read, (num, num), the top row first; see `manifold`."""
    places = projection.lift(grid(limits, num))
    pictures = decode(model, places, conditions)
    return reader.confidence(pictures).reshape(num, num)
