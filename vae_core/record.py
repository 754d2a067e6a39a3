"""The description that lies beside every set of weights: `run.json`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy
import torch
from pydantic import Field, ValidationInfo, field_validator

from vae_core.config import RunConfig
from vae_core.data import DataSpec, SplitName
from vae_core.errors import CheckpointError, VAELabError
from vae_core.files import json_bytes, read_json, write_together
from vae_core.schema import Config

RECORD_FILE = "run.json"
Status = Literal[
    "queued", "running", "paused", "finished", "stopped", "diverged", "interrupted", "failed"
]
MAX_REFERENCE = 100  # letters of what is kept of another computer's name for a model
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


class Summary(Config):
    """What `metrics.evaluate` measured; see `Evaluation` for units and definitions."""

    elbo_nats: float | None
    recon_nats: float
    kl_nats: float | None
    mse: float
    psnr_db: float
    ssim: float
    knn_accuracy: float
    num_images: int
    split: SplitName


class RunRecord(Config):
    """One run, or one bundled checkpoint: they share this format.

    Attributes:
        format: version of this file.
        id: the folder's name.
        name: given by a person; None until the run is saved.
        status: as last written; `runs.Run.status` also knows whether the worker still lives.
        created_at: ISO 8601, UTC.
        data_fingerprint: of the data trained on.
        versions: of the libraries that trained it.
        num_done, num_steps: steps done and in all.
        elapsed_s: training time, pauses not counted.
        error: for people, when it failed.
        transfer: which weights were taken over from the model it was fine-tuned from.
        started_from: that model, of a run that was brought from a computer which has it; its
            settings then name it no more.
        summary: of the test split, once trained.
        latent_quantiles: of training means, one row per latent dimension at `QUANTILES`.
        error_quantiles: of the test images' mean squared errors, decoded from the posterior
            mean, at `QUANTILES`; empty in records of earlier versions.
        kl_per_dim: nats on the test split, one per latent dimension; empty for an autoencoder.
        owner: hash of the owner's token; None when nobody claims it.
    """

    format: Literal[1] = 1
    id: str
    name: str | None = None
    status: Status
    config: RunConfig
    spec: DataSpec
    created_at: str = Field(default_factory=lambda: datetime.now(UTC).isoformat("T", "seconds"))
    data_fingerprint: str | None = None
    versions: dict[str, str] = Field(
        default_factory=lambda: {"torch": torch.__version__, "numpy": numpy.__version__}
    )
    num_done: int = Field(default=0, ge=0)
    num_steps: int = Field(default=0, ge=0)
    elapsed_s: float = 0.0
    error: str | None = None
    transfer: str | None = None
    started_from: str | None = Field(default=None, max_length=MAX_REFERENCE)
    summary: Summary | None = None
    latent_quantiles: tuple[tuple[float, ...], ...] = ()
    error_quantiles: tuple[float, ...] = ()
    kl_per_dim: tuple[float, ...] = ()
    owner: str | None = None

    @field_validator("latent_quantiles", "kl_per_dim", "error_quantiles")
    @classmethod
    def _of_this_model(cls, values: tuple[Any, ...], known: ValidationInfo) -> tuple[Any, ...]:
        """As many as the model has latent numbers, and as there are `QUANTILES`; or none yet."""
        if not values or "config" not in known.data:
            return values
        model = known.data["config"].model
        if known.field_name == "kl_per_dim":
            num = model.latent_dim if model.posterior == "gaussian" else 0
            if len(values) != num:
                raise ValueError(f"{num} numbers are expected of this model")
            return values
        rows = values if known.field_name == "latent_quantiles" else (values,)
        num = model.latent_dim if known.field_name == "latent_quantiles" else 1
        if len(rows) != num or any(
            len(row) != len(QUANTILES) or list(row) != sorted(row) for row in rows
        ):
            raise ValueError(f"{num} x {len(QUANTILES)} ascending numbers are expected")
        return values

    @property
    def is_under_way(self) -> bool:
        """Say whether it has begun, or waits to, and has not ended."""
        return self.status in ("queued", "running", "paused")

    @property
    def is_repeatable(self) -> bool:
        """Say whether its settings make it again: trained to its end, from what is here."""
        return self.status == "finished" and self.started_from is None

    @property
    def story(self) -> str:
        """What its settings alone do not say of its training, in sentences; "" for nothing."""
        said = []
        if self.status != "finished":
            where = f"step {self.num_done:,} of {self.num_steps:,}"
            said.append(f"Not trained to its end: {self.status} at {where}.")
        if self.started_from is not None:
            name = self.started_from
            said.append(f"Started from the weights of {name}, which are not on this computer.")
        elif self.config.init_from is not None:
            said.append(f"Started from the weights of {Path(self.config.init_from).name}.")
        return " ".join(said)

    @property
    def title(self) -> str:
        """What people read."""
        return self.name or f"{self.config.dataset} {self.id[:6]}"


def write_record(
    folder: Path, record: RunRecord, files: Mapping[str, bytes] = MappingProxyType({})
) -> None:
    """Replace `run.json` atomically, and with it files of the same folder that it describes.

    Args:
        files: by name.

    Raises:
        RunError: when the disk is full; what was there before stays, all of it.
    """
    contents = {folder / name: content for name, content in files.items()}
    write_together(contents | {folder / RECORD_FILE: json_bytes(record.model_dump(mode="json"))})


def read_record(folder: Path) -> RunRecord:
    """Read and check `run.json`.

    Raises:
        CheckpointError: when it is missing, half written or not one of ours.
    """
    path = folder / RECORD_FILE
    try:
        return RunRecord.parse(read_json(path))
    except FileNotFoundError:
        raise CheckpointError(
            f"{folder} holds no {RECORD_FILE}; expected the folder of a run or a checkpoint, with "
            f"{RECORD_FILE} and model.safetensors in it."
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(
            f"{path} cannot be read ({error}). It is damaged; use another run, or train again."
        ) from error
    except VAELabError as error:
        raise CheckpointError(
            f"{path} is not a description that this version knows. {error}"
        ) from error
