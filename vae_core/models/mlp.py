"""A multi-layer perceptron on flattened images."""

import math
from typing import Literal

from pydantic import Field
from torch import nn

from vae_core.data import DataSpec
from vae_core.likelihoods import build_likelihood
from vae_core.models.base import LatentConfig, LatentModel
from vae_core.models.blocks import Width, dense
from vae_core.models.conditions import Network, fused, told_width


class MLPConfig(LatentConfig):
    """Settings of the MLP.

    Attributes:
        hidden: widths of the encoder's layers; the decoder mirrors them.
    """

    name: Literal["mlp"] = "mlp"
    hidden: tuple[Width, ...] = Field(default=(256, 128), min_length=1, max_length=8)


def build_mlp(config: MLPConfig, spec: DataSpec) -> LatentModel:
    """Build the model for the images that `spec` describes."""
    likelihood = build_likelihood(config.likelihood, spec.levels, config.sigma)
    channels, height, width = spec.event_shape
    num_pixels = math.prod(spec.event_shape)
    to_encoder, in_width = fused(num_pixels, told_width(config.conditions, "encoder"))
    to_decoder, z_width = fused(config.latent_dim, told_width(config.conditions, "decoder"))
    encoder = Network(nn.Flatten(), *to_encoder, *dense((in_width, *config.hidden), config))
    decoder = Network(
        *to_decoder,
        *dense((z_width, *reversed(config.hidden)), config),
        nn.Linear(config.hidden[0], likelihood.params_per_value * num_pixels),
        nn.Unflatten(1, (likelihood.params_per_value * channels, height, width)),
    )
    return LatentModel(config, spec, likelihood, encoder, config.hidden[-1], decoder)
