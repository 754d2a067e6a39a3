"""The contract of every model, and the one class behind all one-level models."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn import functional

from vae_core.data import CategorySpec, DataSpec
from vae_core.distributions import DiagonalGaussian, Point, Posterior, Prior, StandardNormal
from vae_core.errors import InvalidInputError
from vae_core.likelihoods import MAX_SIGMA, MIN_SIGMA, Likelihood, likelihood_entry
from vae_core.models.blocks import LayerStyle
from vae_core.models.conditions import ConditionConfig, Conditioning, Network, told_width

LOGVAR_BOUND = 10.0
CLASSIFIER_WIDTH = 64
NO_CONDITIONS: Mapping[str, Tensor] = {}


class LatentConfig(LayerStyle):
    """What the configurations of all one-level models share.

    Attributes:
        latent_dim: D, 1 to 64.
        posterior: "gaussian" makes a VAE, "point" a plain autoencoder.
        likelihood: what the decoder's output means, a name in LIKELIHOODS.
        sigma: standard deviation of that likelihood, fixed ("gaussian") or where its learning
            starts; Bernoullis have none.
        conditions: what the model is told beside the picture; none by default.
    """

    latent_dim: int = Field(default=2, ge=1, le=64)
    posterior: Literal["gaussian", "point"] = "gaussian"
    likelihood: str = "bernoulli"
    sigma: float = Field(default=0.1, ge=MIN_SIGMA, le=MAX_SIGMA)
    conditions: tuple[ConditionConfig, ...] = Field(default=(), max_length=8)

    @model_validator(mode="after")
    def _conditions_make_sense(self) -> Self:
        names = [condition.name for condition in self.conditions]
        if len(set(names)) < len(names):
            raise ValueError("each condition may be named once")
        if sum(condition.classifier_weight > 0 for condition in self.conditions) > 1:
            raise ValueError("only one condition may have a classifier on z")
        if self.posterior == "point" and told_width(self.conditions, "prior"):
            raise ValueError("a plain autoencoder has no prior that could be told a condition")
        return self

    @model_validator(mode="after")
    def _likelihood_is_known(self) -> Self:
        likelihood_entry(self.likelihood)
        return self


@dataclass(frozen=True)
class LatentTerm:
    """One latent variable of a model's output.

    Attributes:
        name: for tables and charts.
        posterior: q(z | x).
        prior: p(z), or p(z | conditions) for these items; None for a point posterior.
        z: what the decoder gets, (B, *shape).
    """

    name: str
    posterior: Posterior
    prior: Prior | None
    z: Tensor

    def kl(self) -> Tensor | None:
        """KL(q || prior) per dimension, (B, *shape), in nats; None for a point posterior."""
        return self.posterior.kl(self.prior)


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

    def prior(self, conditions: Mapping[str, Tensor] = NO_CONDITIONS) -> Prior | None:
        """Return p(z | conditions), or None for a model without a prior."""
        ...

    def hide_conditions(
        self, conditions: Mapping[str, Tensor], generator: torch.Generator
    ) -> Mapping[str, Tensor]:
        """Make some conditions unknown, as each step of training does."""
        ...

    def auxiliary_losses(
        self, latents: tuple[LatentTerm, ...], conditions: Mapping[str, Tensor]
    ) -> Mapping[str, tuple[Tensor, float]]:
        """Return further loss terms, name -> ((B,) nats, weight); none for most models."""
        ...


class LatentModel(nn.Module):
    """A model with one vector latent: encoder, posterior head, decoder.

    Whether a sample is drawn depends on the generator given to `infer`, never on train or eval
    mode. Conditions are mappings from name to values of B items; a model takes those that it was
    configured with, and one that is missing counts as unknown.

    Args:
        config: latent_dim, posterior and conditions.
        spec: of the data: the shape (C, H, W) of its images and the conditions it offers.
        likelihood: p(x | z), given the decoder's output; where it learns something, it is part
            of the model.
        encoder: (B, C, H, W) in [0, 1], what it is told (B, E) -> (B, num_features).
        num_features: width of the encoder's output.
        decoder: (B, D), what it is told (B, E) -> (B, P * C, H, W) likelihood parameters,
            with P the likelihood's params_per_value.
    """

    def __init__(
        self,
        config: LatentConfig,
        spec: DataSpec,
        likelihood: Likelihood,
        encoder: Network,
        num_features: int,
        decoder: Network,
    ) -> None:
        super().__init__()
        self.latent_dim = config.latent_dim
        self.event_shape = spec.event_shape
        self.is_variational = config.posterior == "gaussian"
        self.likelihood = likelihood
        self.capabilities = Capabilities(can_encode=True, has_prior=self.is_variational)
        self.encoder = encoder
        self.head = nn.Linear(num_features, self.latent_dim * (2 if self.is_variational else 1))
        self.decoder = decoder
        self.conditioning = Conditioning(config.conditions, spec)
        self.prior_head = _prior_head(config)
        self.classified, self.classifier = _classifier(config, self.conditioning)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.head.weight.device

    def encode(
        self, x: Tensor, conditions: Mapping[str, Tensor] = NO_CONDITIONS
    ) -> DiagonalGaussian | Point:
        """Return q(z | x, conditions) with mean (B, D).

        Raises:
            InvalidInputError: when x is not (B, *event_shape), or a condition does not fit it.
        """
        if x.shape[1:] != self.event_shape:
            raise InvalidInputError(
                f"Images of shape {tuple(x.shape[1:])} received; this model expects "
                f"{self.event_shape} (channels, height, width). Resize them or choose a model "
                "trained on that size."
            )
        picked = self.conditioning.pick(conditions, len(x))
        told = self.conditioning.embed(picked, "encoder")
        features = self.head(self.encoder(x.to(self.head.weight.dtype), told)).float()
        if not self.is_variational:
            return Point(features)
        return _bounded_gaussian(features)

    def infer(
        self,
        x: Tensor,
        conditions: Mapping[str, Tensor] = NO_CONDITIONS,
        *,
        mask: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> tuple[LatentTerm, ...]:
        """See `Model.infer`."""
        posterior = self.encode(x, conditions)
        z = posterior.mean if generator is None else posterior.sample(generator)
        return (LatentTerm("z", posterior, self.prior(conditions), z),)

    def decode(
        self, zs: tuple[Tensor, ...], conditions: Mapping[str, Tensor] = NO_CONDITIONS
    ) -> Tensor:
        """See `Model.decode`; zs holds one (B, D), the result is (B, P * C, H, W).

        With a leading dimension of samples, z (S, B, D) and conditions of B items, the result is
        (S, B, P * C, H, W).
        """
        (z,) = zs
        if z.ndim not in (2, 3) or z.shape[-1] != self.latent_dim:
            raise InvalidInputError(
                f"Latents of shape {tuple(z.shape)} received; this model expects "
                f"(batch, {self.latent_dim})."
            )
        picked = self.conditioning.pick(conditions, z.shape[-2])
        told = self.conditioning.embed(picked, "decoder")
        if z.ndim == 3 and told is not None:
            told = told.repeat(len(z), 1)
        params: Tensor = self.decoder(z.flatten(0, -2).to(self.head.weight.dtype), told)
        return params if z.ndim == 2 else params.view(*z.shape[:2], *params.shape[1:])

    def prior(self, conditions: Mapping[str, Tensor] = NO_CONDITIONS) -> Prior | None:
        """Return p(z | conditions); None for a plain autoencoder, which has none.

        Where the prior is told a condition: a Gaussian for each of the B items, (B, D); for one
        item, (1, D), when nothing is told.
        """
        if self.prior_head is None:
            return StandardNormal((self.latent_dim,)) if self.is_variational else None
        rows = [len(conditions[name]) for name in self.conditioning.configs if name in conditions]
        picked = self.conditioning.pick(conditions, rows[0] if rows else 1)
        return _bounded_gaussian(self.prior_head(self.conditioning.embed(picked, "prior")).float())

    def hide_conditions(
        self, conditions: Mapping[str, Tensor], generator: torch.Generator
    ) -> Mapping[str, Tensor]:
        """Make each condition unknown for some items, drawn at its `null_rate`.

        Returns:
            This model's own conditions alone; those of the mapping are left as they are.
        """
        return self.conditioning.hide(conditions, generator)

    def auxiliary_losses(
        self, latents: tuple[LatentTerm, ...], conditions: Mapping[str, Tensor]
    ) -> Mapping[str, tuple[Tensor, float]]:
        """Return the classifier's loss, where the model has one.

        "classifier_nats" is -log p(class | z), 0 where the class is unknown or hidden.
        """
        if self.classifier is None or self.classified is None:
            return {}
        (term,) = latents
        labels = self.conditioning.pick(conditions, len(term.z))[self.classified.name]
        logits = self.classifier(term.z.to(self.head.weight.dtype)).float()
        nats = functional.cross_entropy(logits, labels, ignore_index=-1, reduction="none")
        return {"classifier_nats": (nats, self.classified.classifier_weight)}

    def forward(
        self,
        x: Tensor,
        generator: torch.Generator | None = None,
        conditions: Mapping[str, Tensor] = NO_CONDITIONS,
    ) -> VAEOutput:
        """Encode, draw (or take the mean), decode."""
        latents = self.infer(x, conditions, generator=generator)
        return VAEOutput(latents, self.decode(tuple(term.z for term in latents), conditions))


def _bounded_gaussian(features: Tensor) -> DiagonalGaussian:
    """Mean and logarithm of the variance from (B, 2 D)."""
    mean, raw = features.chunk(2, dim=1)
    # A soft bound: exp(logvar) can neither overflow nor vanish, and gradients stay finite.
    return DiagonalGaussian(mean, LOGVAR_BOUND * torch.tanh(raw / LOGVAR_BOUND))


def _prior_head(config: LatentConfig) -> nn.Linear | None:
    """A layer from what the prior is told to its mean and spread; it starts at N(0, I)."""
    width = told_width(config.conditions, "prior")
    if not width:
        return None
    head = nn.Linear(width, 2 * config.latent_dim)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return head


def _classifier(
    config: LatentConfig, conditioning: Conditioning
) -> tuple[ConditionConfig | None, nn.Sequential | None]:
    """The condition that z has to tell, and the network that reads it from z."""
    for condition in config.conditions:
        spec = conditioning.specs[condition.name]
        if condition.classifier_weight and isinstance(spec, CategorySpec):
            network = nn.Sequential(
                nn.Linear(config.latent_dim, CLASSIFIER_WIDTH),
                nn.SiLU(),
                nn.Linear(CLASSIFIER_WIDTH, len(spec.class_names)),
            )
            return condition, network
    return None, None
