"""A run's whole configuration: versioned, frozen, readable JSON."""

from typing import Literal, Self

from pydantic import Field, model_validator

from vae_core.corruption import CORRUPTIONS
from vae_core.data import DATASETS
from vae_core.errors import UnknownNameError
from vae_core.models import MLPConfig, ModelConfig
from vae_core.schema import Config

MAX_EPOCHS = 1_000
MAX_BETA = 1_000.0


class CorruptionConfig(Config):
    """Damage done to the inputs of denoising training.

    Attributes:
        kind: a name in CORRUPTIONS.
        level: 0 to 1, in the unit of that corruption.
    """

    kind: str = "gaussian"
    level: float = Field(default=0.5, ge=0.0, le=1.0)

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.kind not in CORRUPTIONS:
            raise UnknownNameError("corruption", self.kind, CORRUPTIONS)
        return self


class TrainConfig(Config):
    """How to train.

    Attributes:
        epochs: passes over the training split.
        batch_size: items a step.
        learning_rate: the highest value of the schedule.
        schedule: "one-cycle" or "constant".
        beta: weight of the KL term, on nats summed over pixels and latents.
        corruption: damage to the inputs; the targets stay clean. None trains on clean images.
    """

    epochs: int = Field(default=10, ge=1, le=MAX_EPOCHS)
    batch_size: int = Field(default=128, ge=1, le=8192)
    learning_rate: float = Field(default=2e-3, gt=0.0, le=1.0)
    schedule: Literal["one-cycle", "constant"] = "one-cycle"
    beta: float = Field(default=1.0, ge=0.0, le=MAX_BETA)
    corruption: CorruptionConfig | None = None


class RunConfig(Config):
    """Everything that decides a run's result, given the data and the versions.

    Attributes:
        version: of this format.
        dataset: a name in DATASETS.
        model: the model's own configuration.
        train: how to train.
        seed: of the weights, the order of the data, the noise and the samples.
        num_threads: of matrix products; part of the result's last bits.
        matmul_precision: torch.set_float32_matmul_precision; "medium" may use bfloat16.
    """

    version: Literal[1] = 1
    dataset: str = "digits"
    model: ModelConfig = MLPConfig()
    train: TrainConfig = TrainConfig()
    seed: int = Field(default=0, ge=0, lt=2**31)
    num_threads: int = Field(default=1, ge=1, le=64)
    matmul_precision: Literal["highest", "high", "medium"] = "highest"

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.dataset not in DATASETS:
            raise UnknownNameError("data set", self.dataset, DATASETS)
        return self
