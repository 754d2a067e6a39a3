"""The contract of every model, and the one class behind all one-level models."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from pydantic import Field
from torch import Tensor, nn

from vae_core.distributions import DiagonalGaussian, Point, Posterior, StandardNormal
from vae_core.errors import InvalidInputError
from vae_core.likelihoods import Bernoulli, Likelihood
from vae_core.schema import Config

LOGVAR_BOUND = 10.0
NO_CONDITIONS: Mapping[str, Tensor] = {}


class LatentConfig(Config):
    """What the configurations of all one-level models share.

    Attributes:
        latent_dim: D, 1 to 64.
        posterior: "gaussian" makes a VAE, "point" a plain autoencoder.
    """

    latent_dim: int = Field(default=2, ge=1, le=64)
    posterior: Literal["gaussian", "point"] = "gaussian"


@dataclass(frozen=True)
class LatentTerm:
    """One latent variable of a model's output.

    Attributes:
        name: for tables and charts.
        posterior: q(z | x).
        prior: p(z); None for a point posterior.
        z: what the decoder gets, (B, *shape).
    """

    name: str
    posterior: Posterior
    prior: StandardNormal | None
    z: Tensor


@dataclass(frozen=True)
class VAEOutput:
    """Latents and likelihood parameters of one forward pass."""

    latents: tuple[LatentTerm, ...]
    params: Tensor


@dataclass(frozen=True)
class Capabilities:
    """What a model can do, so that pages offer only that."""

    can_encode: bool
    has_prior: bool


class Model(Protocol):
    """What training, inference and pages rely on."""

    likelihood: Likelihood
    capabilities: Capabilities

    def infer(
        self,
        x: Tensor,
        conditions: Mapping[str, Tensor] = NO_CONDITIONS,
        *,
        mask: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> tuple[LatentTerm, ...]:
        """Return q(z | x) and a z: drawn with `generator`, or the mean when it is None."""
        ...

    def decode(
        self, zs: tuple[Tensor, ...], conditions: Mapping[str, Tensor] = NO_CONDITIONS
    ) -> Tensor:
        """Return the likelihood's parameters, never squashed pixels."""
        ...


class LatentModel(nn.Module):
    """A model with one vector latent: encoder, posterior head, decoder.

    Whether a sample is drawn depends on the generator given to `infer`, never on train or eval
    mode.

    Args:
        config: latent_dim and posterior.
        event_shape: (C, H, W) of the images.
        encoder: (B, C, H, W) in [0, 1] -> (B, num_features).
        num_features: width of the encoder's output.
        decoder: (B, D) -> (B, C, H, W) likelihood parameters.
    """

    def __init__(
        self,
        config: LatentConfig,
        event_shape: tuple[int, int, int],
        encoder: nn.Module,
        num_features: int,
        decoder: nn.Module,
    ) -> None:
        super().__init__()
        self.latent_dim = config.latent_dim
        self.event_shape = event_shape
        self.is_variational = config.posterior == "gaussian"
        self.likelihood: Likelihood = Bernoulli()
        self.capabilities = Capabilities(can_encode=True, has_prior=self.is_variational)
        self.encoder = encoder
        self.head = nn.Linear(num_features, self.latent_dim * (2 if self.is_variational else 1))
        self.decoder = decoder

    def encode(self, x: Tensor) -> DiagonalGaussian | Point:
        """Return q(z | x) with mean (B, D).

        Raises:
            InvalidInputError: when x is not (B, *event_shape).
        """
        if x.shape[1:] != self.event_shape:
            raise InvalidInputError(
                f"Images of shape {tuple(x.shape[1:])} received; this model expects "
                f"{self.event_shape} (channels, height, width). Resize them or choose a model "
                "trained on that size."
            )
        features = self.head(self.encoder(x))
        if not self.is_variational:
            return Point(features)
        mean, raw = features.chunk(2, dim=1)
        # A soft bound: exp(logvar) can neither overflow nor vanish, and gradients stay finite.
        return DiagonalGaussian(mean, LOGVAR_BOUND * torch.tanh(raw / LOGVAR_BOUND))

    def infer(
        self,
        x: Tensor,
        conditions: Mapping[str, Tensor] = NO_CONDITIONS,
        *,
        mask: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> tuple[LatentTerm, ...]:
        """See `Model.infer`."""
        posterior = self.encode(x)
        z = posterior.mean if generator is None else posterior.sample(generator)
        return (LatentTerm("z", posterior, self.prior(), z),)

    def decode(
        self, zs: tuple[Tensor, ...], conditions: Mapping[str, Tensor] = NO_CONDITIONS
    ) -> Tensor:
        """See `Model.decode`; zs holds one (B, D), the result is (B, C, H, W)."""
        (z,) = zs
        if z.ndim != 2 or z.shape[1] != self.latent_dim:
            raise InvalidInputError(
                f"Latents of shape {tuple(z.shape)} received; this model expects "
                f"(batch, {self.latent_dim})."
            )
        params: Tensor = self.decoder(z)
        return params

    def prior(self, conditions: Mapping[str, Tensor] = NO_CONDITIONS) -> StandardNormal | None:
        """Return p(z), or None for a plain autoencoder, which has none."""
        return StandardNormal((self.latent_dim,)) if self.is_variational else None

    def forward(self, x: Tensor, generator: torch.Generator | None = None) -> VAEOutput:
        """Encode, draw (or take the mean), decode."""
        latents = self.infer(x, generator=generator)
        return VAEOutput(latents, self.decode(tuple(term.z for term in latents)))
