"""A linear VAE with Gaussian noise, whose posteriors are known in closed form."""

import torch
from torch import Tensor, nn

from vae_core import ConditionConfig, MLPConfig, build_model
from vae_core.data import DataSpec
from vae_core.likelihoods import Gaussian
from vae_core.models import LatentModel
from vae_core.models.conditions import Network

SIGMA, DIM = 0.3, 3


def weights(num_pixels: int = 64) -> Tensor:
    """W of x = W z + 1/2, (P, 3); small, so that no mean leaves [0, 1] for likely z."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(num_pixels, DIM, generator=generator) * 0.1


def linear_model(spec: DataSpec, told: tuple[ConditionConfig, ...] = ()) -> LatentModel:
    """x = W z + 1/2 + SIGMA * noise; an encoder that has learned nothing.

    Args:
        spec: of images of one channel.
        told: conditions of the prior.
    """
    config = MLPConfig(latent_dim=DIM, hidden=(4,), likelihood="gaussian", conditions=told)
    model = build_model(config, spec)
    model.likelihood = Gaussian(SIGMA)
    _, height, width = spec.event_shape
    layer = nn.Linear(DIM, height * width)
    with torch.no_grad():
        layer.weight.copy_(weights(height * width))
        layer.bias.fill_(0.5)
    model.decoder = Network(layer, nn.Unflatten(1, (1, height, width)))
    return model.eval()
