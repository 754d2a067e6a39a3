"""Using a trained model: encode, decode, reconstruct, sample, traverse.

Every function works in batches, without gradients, and leaves the model as it was. The z behind a
picture is the posterior's mean unless the name says `sample`. A conditional model is told what
`conditions` hold, its null where they are missing. What is given may be on another device than the
model; results come back to it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.distributions import DiagonalGaussian
from vae_core.errors import InvalidInputError
from vae_core.models import NO_CONDITIONS, LatentModel

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
def encode(
    model: LatentModel, x: Tensor, conditions: Mapping[str, Tensor] = NO_CONDITIONS
) -> Encoded:
    """Return the posterior of each image.

    Args:
        x: (N, C, H, W) in [0, 1].
        conditions: what the model is told, each (N, ...), or (1, ...) for the same everywhere;
            what is missing is unknown. So for every function here.

    Raises:
        UnknownNameError: for a condition that the model's data set does not have.
        InvalidInputError: for one of the wrong shape, type or range, for images that are no finite
            numbers, or when the network gives none.
    """
    lost = (~x.isfinite()).flatten(1).any(1).nonzero()[:, 0].tolist()
    if lost:
        raise InvalidInputError(
            f"Image {lost[0]} holds values that are no finite numbers; expected 0 to 1 everywhere."
        )
    own = told(model, conditions, len(x))
    posteriors = [
        model.encode(x[part].to(model.device), _rows(own, part)) for part in _parts(len(x))
    ]
    means = [q.mean.to(x.device) for q in posteriors]
    mean = torch.cat(means) if means else x.new_empty(0, model.latent_dim)
    logvars = [q.logvar.to(x.device) for q in posteriors if isinstance(q, DiagonalGaussian)]
    return Encoded(finite(mean), finite(torch.cat(logvars)) if logvars else None)


@torch.inference_mode()
def decode(
    model: LatentModel, z: Tensor, conditions: Mapping[str, Tensor] = NO_CONDITIONS
) -> Tensor:
    """Return the likelihood's mean for each z, (N, C, H, W) in [0, 1].

    Args:
        z: (N, D), finite.
        conditions: see `encode`.

    Raises:
        InvalidInputError: when z has another shape or is not finite, or what the network makes of
            it is not.
    """
    if not bool(torch.isfinite(z).all()):
        raise InvalidInputError("A latent that is not a finite number was received; choose others.")
    own = told(model, conditions, len(z))
    images = [
        model.likelihood.mean(model.decode((z[part].to(model.device),), _rows(own, part))).to(
            z.device
        )
        for part in _parts(len(z))
    ]
    return finite(torch.cat(images)) if images else z.new_empty(0, *model.event_shape)


def reconstruct(
    model: LatentModel, x: Tensor, conditions: Mapping[str, Tensor] = NO_CONDITIONS
) -> Tensor:
    """Encode to the mean and decode, both told the same: (N, C, H, W) in [0, 1]."""
    return decode(model, encode(model, x, conditions).mean, conditions)


@torch.inference_mode()
def draw(
    model: LatentModel,
    num_samples: int,
    generator: torch.Generator,
    conditions: Mapping[str, Tensor] = NO_CONDITIONS,
) -> Tensor:
    """Draw z from the prior, (num_samples, D).

    Raises:
        InvalidInputError: for a plain autoencoder, which has no prior.
    """
    prior = model.prior(told(model, conditions, num_samples))
    if prior is None:
        raise InvalidInputError(
            "A plain autoencoder has no prior to draw from; choose a VAE to sample new images."
        )
    return prior.draw(num_samples, generator)


def sample(
    model: LatentModel,
    num_samples: int,
    generator: torch.Generator,
    conditions: Mapping[str, Tensor] = NO_CONDITIONS,
) -> Tensor:
    """Decode draws from the prior: (num_samples, C, H, W) in [0, 1].

    Raises:
        InvalidInputError: for a plain autoencoder, which has no prior.
    """
    return decode(model, draw(model, num_samples, generator, conditions), conditions)


def traverse(
    model: LatentModel,
    z: Tensor,
    dim: int,
    values: Tensor,
    conditions: Mapping[str, Tensor] = NO_CONDITIONS,
) -> Tensor:
    """Decode z with one coordinate replaced by each of `values`.

    Args:
        z: (D,).
        dim: 0 to D - 1.
        values: (V,).
        conditions: see `encode`; (1, ...) is the same for all values.

    Returns:
        (V, C, H, W) in [0, 1].
    """
    if not 0 <= dim < model.latent_dim:
        raise InvalidInputError(
            f"Latent dimension {dim} received; expected 0 to {model.latent_dim - 1}."
        )
    zs = z.repeat(len(values), 1)
    zs[:, dim] = values
    return decode(model, zs, conditions)


def told(model: LatentModel, conditions: Mapping[str, Tensor], num: int) -> dict[str, Tensor]:
    """The model's own conditions for `num` items, checked, on its device; one row is repeated."""
    conditioning = model.conditioning
    conditioning.check_names(conditions)
    own = {}
    for name in conditioning.configs:
        if name in conditions:
            values = conditions[name].to(model.device)
            is_single = values.ndim > 0 and len(values) == 1
            own[name] = values.expand(num, *values.shape[1:]) if is_single else values
    picked = conditioning.pick(own, num)
    conditioning.check_values(picked)
    return picked


def finite(values: Tensor) -> Tensor:
    """What a network gave, once it is known to be numbers.

    Weights that are all finite may still be too large for its sums.

    Raises:
        InvalidInputError: when it is not finite.
    """
    if not bool(torch.isfinite(values).all()):
        raise InvalidInputError(
            "This model's network gives numbers that are not finite: its weights are too large. "
            "Choose another model, or train it again with a lower learning rate."
        )
    return values


def _rows(told: Mapping[str, Tensor], part: slice) -> dict[str, Tensor]:
    return {name: values[part] for name, values in told.items()}


def _parts(num: int) -> Iterator[slice]:
    return (slice(start, start + BATCH_SIZE) for start in range(0, num, BATCH_SIZE))
