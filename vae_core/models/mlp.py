"""A multi-layer perceptron on flattened images."""

import math
from typing import Literal

from pydantic import Field
from torch import nn

from vae_core.models.base import LatentConfig, LatentModel
from vae_core.models.blocks import Width, dense


class MLPConfig(LatentConfig):
    """Settings of the MLP.

    Attributes:
        hidden: widths of the encoder's layers; the decoder mirrors them.
    """

    name: Literal["mlp"] = "mlp"
    hidden: tuple[Width, ...] = Field(default=(256, 128), min_length=1, max_length=8)


def build_mlp(config: MLPConfig, event_shape: tuple[int, int, int]) -> LatentModel:
    """Build the model for images of `event_shape` (C, H, W)."""
    num_pixels = math.prod(event_shape)
    widths = (num_pixels, *config.hidden)
    mirrored = (config.latent_dim, *reversed(config.hidden))
    encoder = nn.Sequential(nn.Flatten(), *dense(widths))
    decoder = nn.Sequential(
        *dense(mirrored),
        nn.Linear(mirrored[-1], num_pixels),
        nn.Unflatten(1, event_shape),
    )
    return LatentModel(config, event_shape, encoder, widths[-1], decoder)
