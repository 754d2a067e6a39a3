"""A run's whole configuration: versioned, frozen, readable JSON."""

from typing import Literal, Self

from pydantic import Field, model_validator

from vae_core.augmentation import AugmentationConfig
from vae_core.corruption import check_level
from vae_core.data import DATASETS
from vae_core.errors import InvalidConfigError, InvalidInputError, UnknownNameError
from vae_core.models import MLPConfig, ModelConfig
from vae_core.objectives import ElboConfig, Objective
from vae_core.processor import DeviceName
from vae_core.schema import Config

MAX_EPOCHS = 1_000
MAX_BETA = 1_000.0


class CorruptionConfig(Config):
    """Damage done to the inputs of denoising training.

    Attributes:
        kind: a name in CORRUPTIONS.
        level: in the unit of that corruption, which says how far it goes.
    """

    kind: str = "gaussian"
    level: float = 0.5

    @model_validator(mode="after")
    def _known(self) -> Self:
        try:
            check_level(self.kind, self.level)
        except InvalidInputError as error:
            raise InvalidConfigError(str(error)) from error
        return self


class TrainConfig(Config):
    """How to train.

    Attributes:
        epochs: passes over the training split; fewer when patience runs out.
        batch_size: items a step.
        learning_rate: the highest value of the schedule.
        schedule: a name in SCHEDULES; "plateau" halves the rate whenever the validation ELBO has
            not risen for 5 epochs.
        objective: what is minimised.
        beta: weight of the KL term, on nats summed over pixels and latents.
        warmup_epochs: within which beta rises linearly to its value.
        corruption: damage to the inputs; the targets stay clean. None trains on clean images.
        augmentation: random changes of the images, inputs and targets alike.
        patience: epochs without a better validation ELBO (at beta = 1) after which to stop, once
            beta has risen; the best weights are kept. None trains all epochs and keeps the last.
        ema_decay: of an exponential moving average of the weights, which is then what is
            validated, shown and saved; None keeps none.
        clip_norm: longest gradient, in the 2-norm over all parameters; None does not clip.
        weight_decay: decoupled L2 on weight matrices, times the learning rate a step (Loshchilov
            & Hutter 2019); biases and norms are left alone.
        l1: decoupled L1 on weight matrices, times the learning rate a step: soft thresholding,
            which makes weights exactly 0.
    """

    epochs: int = Field(default=10, ge=1, le=MAX_EPOCHS)
    batch_size: int = Field(default=128, ge=1, le=8192)
    learning_rate: float = Field(default=2e-3, gt=0.0, le=1.0)
    schedule: Literal["one-cycle", "cosine", "constant", "plateau"] = "one-cycle"
    objective: Objective = ElboConfig()
    beta: float = Field(default=1.0, ge=0.0, le=MAX_BETA)
    warmup_epochs: int = Field(default=0, ge=0, le=MAX_EPOCHS)
    corruption: CorruptionConfig | None = None
    augmentation: AugmentationConfig | None = None
    patience: int | None = Field(default=None, ge=1, le=MAX_EPOCHS)
    ema_decay: float | None = Field(default=None, gt=0.0, lt=1.0)
    clip_norm: float | None = Field(default=None, gt=0.0)
    weight_decay: float = Field(default=0.0, ge=0.0, le=10.0)
    l1: float = Field(default=0.0, ge=0.0, le=10.0)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.objective.name == "iwae" and (self.beta != 1.0 or self.warmup_epochs):
            raise InvalidConfigError(
                f"The importance-weighted bound was asked for with beta {self.beta:g} and "
                f"{self.warmup_epochs} warm-up epochs; it has no separate KL to weigh. Set beta "
                "to 1 and warmup_epochs to 0, or choose another objective."
            )
        return self


class RunConfig(Config):
    """Everything that decides a run's result, given the data and the versions.

    Attributes:
        version: of this format.
        dataset: a name in DATASETS.
        model: the model's own configuration.
        train: how to train.
        seed: of the weights, the order of the data, the noise and the samples.
        num_threads: of matrix products; part of the result's last bits.
        matmul_precision: "highest" is float32 throughout; "high" and "medium" allow bfloat16 in
            matrix products where the processor has it (see `precision`).
        device: "cuda" trains on an NVIDIA card; its results are near the processor's, not equal.
        init_from: checkpoint or run whose weights to start from; None starts from random ones.
    """

    version: Literal[1] = 1
    dataset: str = "digits"
    model: ModelConfig = MLPConfig()
    train: TrainConfig = TrainConfig()
    seed: int = Field(default=0, ge=0, lt=2**31)
    num_threads: int = Field(default=1, ge=1, le=64)
    matmul_precision: Literal["highest", "high", "medium"] = "highest"
    device: DeviceName = "cpu"
    init_from: str | None = Field(default=None, min_length=1, max_length=4096)

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.dataset not in DATASETS:
            raise UnknownNameError("data set", self.dataset, DATASETS)
        if self.model.posterior == "point" and self.train.objective.name != "elbo":
            raise InvalidConfigError(
                f"Objective {self.train.objective.name!r} received for a plain autoencoder, which "
                "has no posterior to sample; expected 'elbo'. Choose a VAE (posterior gaussian)."
            )
        return self
