"""A convolutional network that halves the image at each layer and doubles it on the way back."""

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field
from torch import nn

from vae_core.models.base import LatentConfig, LatentModel
from vae_core.models.blocks import Width, dense

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


def build_conv(config: ConvConfig, event_shape: tuple[int, int, int]) -> LatentModel:
    """Build the model for images of `event_shape` (C, H, W), of any size from 8 to 64."""
    widths = (event_shape[0], *config.channels)
    sizes = [event_shape[1:]]
    for _ in config.channels:
        height, width = sizes[-1]
        sizes.append(((height + 1) // 2, (width + 1) // 2))  # a stride of 2, rounded up
    smallest = (widths[-1], *sizes[-1])
    num_flat = smallest[0] * smallest[1] * smallest[2]

    encoder = nn.Sequential(
        *(
            layer
            for before, after in pairwise(widths)
            for layer in (nn.Conv2d(before, after, 3, stride=2, padding=1), nn.SiLU())
        ),
        nn.Flatten(),
        *dense((num_flat, *config.hidden)),
    )
    mirrored = (config.latent_dim, *reversed(config.hidden), num_flat)
    layers: list[nn.Module] = [*dense(mirrored), nn.Unflatten(1, smallest)]
    for level in range(len(config.channels), 0, -1):
        # An output padding of 1 restores an even side, 0 an odd one: 4 -> 7 -> 14 -> 28.
        larger = sizes[level - 1]
        odd = tuple(1 - side % 2 for side in larger)
        layers.append(
            nn.ConvTranspose2d(
                widths[level],
                widths[level - 1],
                3,
                stride=2,
                padding=1,
                output_padding=(odd[0], odd[1]),
            )
        )
        if level > 1:
            layers.append(nn.SiLU())
    return LatentModel(config, event_shape, encoder, config.hidden[-1], nn.Sequential(*layers))
