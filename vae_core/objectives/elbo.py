"""The evidence lower bound, with the KL weighted by beta."""

from typing import Literal

from vae_core.data import Batch
from vae_core.models import LatentModel
from vae_core.objectives.base import Context, Losses, ObjectiveConfig, elbo_terms


class ElboConfig(ObjectiveConfig):
    """The beta-ELBO; see `base.elbo_terms`."""

    name: Literal["elbo"] = "elbo"


def elbo_losses(config: ElboConfig, model: LatentModel, batch: Batch, context: Context) -> Losses:
    """recon_nats + beta * kl_nats; a point posterior has no KL term: it is absent."""
    terms, latents = elbo_terms(model, batch, context, config.free_bits)
    return Losses({**terms, **model.auxiliary_losses(latents, batch.conditions)})
