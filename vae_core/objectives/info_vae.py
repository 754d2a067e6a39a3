"""InfoVAE: the ELBO plus a distance between all codes together and the prior."""

from typing import Literal

from pydantic import Field
from torch import Tensor

from vae_core.data import Batch
from vae_core.models import LatentModel
from vae_core.objectives.base import Context, Losses, ObjectiveConfig, elbo_terms


class InfoVAEConfig(ObjectiveConfig):
    """ELBO plus a maximum mean discrepancy.

    Attributes:
        mmd_weight: of the discrepancy (lambda - 1 + alpha in the paper; beta is 1 - alpha).
    """

    name: Literal["info-vae"] = "info-vae"
    mmd_weight: float = Field(default=100.0, ge=0.0, le=1e6)


def mmd(z: Tensor, prior: Tensor) -> Tensor:
    """Squared maximum mean discrepancy of two samples, a scalar without unit.

    Unbiased estimate (Gretton et al. 2012, eq. 3) with the inverse multiquadratic kernel
    C / (C + |a - b|^2), C = 2 D, the expected squared distance of two draws of N(0, I)
    (Tolstikhin et al. 2018, section 4). It may be negative. 0 for a single item.

    Args:
        z, prior: (B, D).
    """
    num, dim = z.shape
    if num < 2:
        return z.new_zeros(())
    scale = 2.0 * dim

    def kernel(a: Tensor, b: Tensor) -> Tensor:
        squared = a.square().sum(1)[:, None] + b.square().sum(1) - 2 * a @ b.T
        return scale / (scale + squared.clamp_min(0.0))

    within = sum(kernel(a, a).sum() - num for a in (z, prior)) / (num * (num - 1))
    return within - 2 * kernel(z, prior).mean()


def info_vae_losses(
    config: InfoVAEConfig, model: LatentModel, batch: Batch, context: Context
) -> Losses:
    """recon_nats + beta * kl_nats + mmd_weight * MMD(q(z), p(z)) (Zhao et al. 2019, eq. 6).

    The discrepancy belongs to the batch as a whole: doubling a batch changes it.
    """
    terms, latents = elbo_terms(model, batch, context, config.free_bits)
    (term,) = latents
    assert term.prior is not None
    draws = term.prior.draw(len(term.z), context.generator)
    discrepancy = mmd(term.z.float(), draws.float())
    terms["mmd"] = (discrepancy.expand(len(term.z)), config.mmd_weight)
    return Losses({**terms, **model.auxiliary_losses(latents, batch.conditions)})
