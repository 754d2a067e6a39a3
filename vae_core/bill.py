"""What one picture costs under a VAE, term by term: the ELBO as a bill."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.distributions import DiagonalGaussian
from vae_core.inference import finite
from vae_core.likelihoods.base import Likelihood
from vae_core.models import NO_CONDITIONS, LatentModel

_VALUES_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class Bill:
    """The negative ELBO of one picture with z at the posterior mean, in nats.

    Attributes:
        recon: (H, W): -log p(x | z = mean) of each pixel, summed over channels. A density can make
            it negative.
        kl: (D,): KL(q(z | x) || p(z)) of each latent number; empty for an autoencoder.
        mean, sigma: (D,) of the posterior; sigma is empty for an autoencoder.
        prior_mean, prior_sigma: (D,) of p(z); empty for an autoencoder.
    """

    recon: Tensor
    kl: Tensor
    mean: Tensor
    sigma: Tensor
    prior_mean: Tensor
    prior_sigma: Tensor


@torch.inference_mode()
def bill(model: LatentModel, x: Tensor, conditions: Mapping[str, Tensor] = NO_CONDITIONS) -> Bill:
    """Make out the bill of one picture.

    Args:
        x: (1, C, H, W) in [0, 1].
        conditions: what a conditional model is told of it, each (1, ...).
    """
    (term,) = model.infer(x, conditions)
    posterior, prior = term.posterior, model.prior(conditions)
    params = model.decode((posterior.mean,), conditions)
    recon = finite(pixel_nats(model.likelihood, params, x))
    nothing = torch.empty(0)
    if not isinstance(posterior, DiagonalGaussian):
        return Bill(recon, nothing, posterior.mean[0], nothing, nothing, nothing)
    mean, sigma = posterior.mean[0], (0.5 * posterior.logvar[0]).exp()
    prior_mean, prior_sigma = torch.zeros_like(mean), torch.ones_like(mean)
    if isinstance(prior, DiagonalGaussian):
        prior_mean, prior_sigma = prior.mean[0], (0.5 * prior.logvar[0]).exp()
    return Bill(recon, posterior.kl(prior)[0], mean, sigma, prior_mean, prior_sigma)


def pixel_nats(likelihood: Likelihood, params: Tensor, x: Tensor) -> Tensor:
    """-log p(x | params) of each pixel of one picture, (H, W), summed over its channels.

    Each pixel is asked for alone, by a mask that counts no other, so that every likelihood answers
    as it does in training.

    Args:
        params: (1, P * C, H, W).
        x: (1, C, H, W).
    """
    channels, height, width = x.shape[1:]
    masks = torch.eye(height * width, device=x.device).reshape(-1, 1, height, width)
    parts = [
        -likelihood.log_prob(
            params.expand(len(part), -1, -1, -1),
            x.expand(len(part), -1, -1, -1),
            part.expand(-1, channels, -1, -1),
        )
        for part in torch.split(masks, min(len(masks), max(1, _VALUES_AT_ONCE // params.numel())))
    ]
    return torch.cat(parts).reshape(height, width)
