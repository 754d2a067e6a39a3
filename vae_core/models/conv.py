"""A convolutional network that halves the image at each layer and doubles it on the way back."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field
from torch import nn

from vae_core.data import DataSpec
from vae_core.likelihoods import build_likelihood
from vae_core.models.base import LatentConfig, LatentModel
from vae_core.models.blocks import Width, dense, follow
from vae_core.models.conditions import Network, fused, told_width

Channels = Annotated[int, Field(ge=1, le=512)]


class ConvConfig(LatentConfig):
    """Settings of the convolutional model.

    Attributes:
        channels: of each strided convolution; the decoder mirrors them.
        hidden: widths of the layers between the feature map and the latent; mirrored too.
    """

    name: Literal["conv"] = "conv"
    channels: tuple[Channels, ...] = Field(default=(16, 32), min_length=1, max_length=4)
    hidden: tuple[Width, ...] = Field(default=(256, 128), min_length=1, max_length=8)


def build_conv(config: ConvConfig, spec: DataSpec) -> LatentModel:
    """Build the model for the images that `spec` describes, of any size from 8 to 64.

    What the model is told joins the flattened feature map, and z.
    """
    likelihood = build_likelihood(config.likelihood, spec.levels, config.sigma)
    widths = (spec.event_shape[0], *config.channels)
    sizes = [spec.event_shape[1:]]
    for _ in config.channels:
        height, width = sizes[-1]
        sizes.append(((height + 1) // 2, (width + 1) // 2))  # a stride of 2, rounded up
    smallest = (widths[-1], *sizes[-1])
    num_flat = smallest[0] * smallest[1] * smallest[2]
    to_encoder, in_width = fused(num_flat, told_width(config.conditions, "encoder"))
    to_decoder, z_width = fused(config.latent_dim, told_width(config.conditions, "decoder"))

    encoder = Network(
        *(
            layer
            for before, after in pairwise(widths)
            for layer in (
                nn.Conv2d(before, after, 3, stride=2, padding=1),
                *follow(after, config),
            )
        ),
        nn.Flatten(),
        *to_encoder,
        *dense((in_width, *config.hidden), config),
    )
    mirrored = (z_width, *reversed(config.hidden), num_flat)
    layers = [*to_decoder, *dense(mirrored, config), nn.Unflatten(1, smallest)]
    for level in range(len(config.channels), 0, -1):
        # An output padding of 1 restores an even side, 0 an odd one: 4 -> 7 -> 14 -> 28.
        larger = sizes[level - 1]
        odd = tuple(1 - side % 2 for side in larger)
        layers.append(
            nn.ConvTranspose2d(
                widths[level],
                widths[level - 1] * (1 if level > 1 else likelihood.params_per_value),
                3,
                stride=2,
                padding=1,
                output_padding=(odd[0], odd[1]),
            )
        )
        if level > 1:
            layers += follow(widths[level - 1], config)
    return LatentModel(config, spec, likelihood, encoder, config.hidden[-1], Network(*layers))
