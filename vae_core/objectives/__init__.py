"""Objectives: pure functions from a model and a batch to named loss terms, in nats per item."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from vae_core.data import Batch
from vae_core.models import LatentModel
from vae_core.objectives.base import Context, Losses, ObjectiveConfig, Scalar, elbo_terms
from vae_core.objectives.beta_tc import BetaTCConfig, beta_tc_losses
from vae_core.objectives.elbo import ElboConfig, elbo_losses
from vae_core.objectives.info_vae import InfoVAEConfig, info_vae_losses
from vae_core.objectives.iwae import IwaeConfig, iwae_losses

__all__ = [
    "OBJECTIVES",
    "BetaTCConfig",
    "Context",
    "ElboConfig",
    "InfoVAEConfig",
    "IwaeConfig",
    "Losses",
    "Objective",
    "ObjectiveEntry",
    "Scalar",
    "elbo_terms",
    "losses_of",
]

Objective = Annotated[
    ElboConfig | IwaeConfig | BetaTCConfig | InfoVAEConfig, Field(discriminator="name")
]


@dataclass(frozen=True)
class ObjectiveEntry:
    """One row of the registry.

    Attributes:
        title: the name for people.
        config: its configuration class.
        losses: (config, model, batch, context) -> Losses.
    """

    title: str
    config: type[ObjectiveConfig]
    losses: Callable[[Any, LatentModel, Batch, Context], Losses]


OBJECTIVES: dict[str, ObjectiveEntry] = {
    "elbo": ObjectiveEntry("ELBO", ElboConfig, elbo_losses),
    "iwae": ObjectiveEntry("Importance-weighted bound", IwaeConfig, iwae_losses),
    "beta-tc": ObjectiveEntry("beta-TC", BetaTCConfig, beta_tc_losses),
    "info-vae": ObjectiveEntry("InfoVAE (MMD)", InfoVAEConfig, info_vae_losses),
}


def losses_of(
    config: ElboConfig | IwaeConfig | BetaTCConfig | InfoVAEConfig,
    model: LatentModel,
    batch: Batch,
    context: Context,
) -> Losses:
    """Compute the objective that a configuration names."""
    return OBJECTIVES[config.name].losses(config, model, batch, context)
