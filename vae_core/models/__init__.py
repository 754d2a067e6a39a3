"""Models: `MODELS` names them, `build_model` makes one from its configuration."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from pydantic import Field

from vae_core.data import DataSpec
from vae_core.errors import InvalidConfigError, UnknownNameError
from vae_core.models.base import (
    NO_CONDITIONS,
    Capabilities,
    LatentConfig,
    LatentModel,
    LatentTerm,
    Model,
    VAEOutput,
)
from vae_core.models.conditions import PLACES, ConditionConfig, Conditioning
from vae_core.models.conv import ConvConfig, build_conv
from vae_core.models.mlp import MLPConfig, build_mlp

__all__ = [
    "MODELS",
    "NO_CONDITIONS",
    "PLACES",
    "Capabilities",
    "ConditionConfig",
    "Conditioning",
    "ConvConfig",
    "LatentConfig",
    "LatentModel",
    "LatentTerm",
    "MLPConfig",
    "Model",
    "ModelConfig",
    "ModelEntry",
    "VAEOutput",
    "build_model",
    "model_entry",
    "num_parameters",
]

ModelConfig = Annotated[MLPConfig | ConvConfig, Field(discriminator="name")]
MIN_SIDE, MAX_SIDE = 8, 64


@dataclass(frozen=True)
class ModelEntry:
    """One row of the registry.

    Attributes:
        title: the name for people.
        config: its configuration class.
        build: (config, spec of the data) -> model.
    """

    title: str
    config: type[LatentConfig]
    build: Callable[[Any, DataSpec], LatentModel]


MODELS: dict[str, ModelEntry] = {
    "mlp": ModelEntry("Fully connected (MLP)", MLPConfig, build_mlp),
    "conv": ModelEntry("Convolutional", ConvConfig, build_conv),
}


def model_entry(name: str) -> ModelEntry:
    """Look a model up.

    Raises:
        UnknownNameError: for a name that is not registered.
    """
    if name not in MODELS:
        raise UnknownNameError("model", name, MODELS)
    return MODELS[name]


def build_model(config: MLPConfig | ConvConfig, spec: DataSpec, seed: int = 0) -> LatentModel:
    """Build a model whose initial weights depend on `seed` alone.

    Raises:
        InvalidConfigError: when the images are not 8x8 to 64x64 with 1 or 3 channels.
        UnknownNameError: for a condition that the data set does not offer.
    """
    channels, height, width = spec.event_shape
    if channels not in (1, 3) or not all(MIN_SIDE <= n <= MAX_SIDE for n in (height, width)):
        raise InvalidConfigError(
            f"Images of shape {spec.event_shape} received; models expect 1 or 3 channels and "
            f"sides from {MIN_SIDE} to {MAX_SIDE} pixels."
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return model_entry(config.name).build(config, spec)


def num_parameters(config: MLPConfig | ConvConfig, spec: DataSpec) -> int:
    """Count the numbers that training would change, without taking memory for them.

    Raises:
        InvalidConfigError, UnknownNameError: as `build_model`.
    """
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in build_model(config, spec).parameters())
