"""The evidence lower bound of a model on a split."""

import math
from dataclasses import dataclass

import torch

from vae_core.data import ImageSource
from vae_core.models import LatentModel
from vae_core.objectives import Context, elbo_terms

BATCH_SIZE = 1024


@dataclass(frozen=True)
class Elbo:
    """Means over a split, in nats per image, at beta = 1 and with one sampled z per image.

    Attributes:
        recon_nats: -log p(x | z).
        kl_nats: KL(q(z | x) || p(z)); None for a plain autoencoder.
        elbo_nats: -(recon_nats + kl_nats); None for a plain autoencoder, which has no bound.
        kl_per_dim: (D,) KL of each latent dimension; empty for a plain autoencoder.
    """

    recon_nats: float
    kl_nats: float | None
    elbo_nats: float | None
    kl_per_dim: tuple[float, ...]

    @property
    def is_finite(self) -> bool:
        """Whether all terms are numbers."""
        return math.isfinite(self.recon_nats + (self.kl_nats or 0.0))


@torch.inference_mode()
def elbo(model: LatentModel, source: ImageSource, seed: int) -> Elbo:
    """Measure the ELBO on clean images (Kingma & Welling 2014, eq. 3).

    Sums are gathered over all items, so a short last batch weighs what it should.

    Args:
        model: in any mode, on the device of the images.
        source: the split.
        seed: of the samples of z.
    """
    device = source.images.device
    generator = torch.Generator(device).manual_seed(seed)
    was_training = model.training
    model.eval()
    recon, kl = 0.0, torch.zeros(model.latent_dim, dtype=torch.float64)
    for indices in torch.split(torch.arange(len(source), device=device), BATCH_SIZE):
        terms, latents = elbo_terms(model, source.batch(indices), Context(generator))
        recon += float(terms["recon_nats"][0].double().sum())
        per_dim = latents[0].kl()
        if per_dim is not None:
            kl += per_dim.double().sum(0).cpu()
    model.train(was_training)
    recon_nats = recon / len(source)
    if not model.is_variational:
        return Elbo(recon_nats, None, None, ())
    per_dim_nats = tuple((kl / len(source)).tolist())
    kl_nats = sum(per_dim_nats)
    return Elbo(recon_nats, kl_nats, -(recon_nats + kl_nats), per_dim_nats)
