"""Weights, latents and training state on disk: safetensors and JSON, never pickle.

A folder holds `run.json` (see `record`), `model.safetensors`, `latents.safetensors`, and while a
run can still go on `resume.safetensors`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from vae_core.data import SPLITS, Dataset, SplitName, joined
from vae_core.errors import CheckpointError
from vae_core.files import write_atomically
from vae_core.inference import Encoded, decode, encode
from vae_core.metrics import evaluate
from vae_core.models import LatentModel, build_model
from vae_core.record import QUANTILES, RunRecord, Summary, read_record, write_record

MODEL_FILE = "model.safetensors"
LATENTS_FILE = "latents.safetensors"
RESUME_FILE = "resume.safetensors"
MAX_LATENTS = 10_000


@dataclass(frozen=True)
class Latents:
    """Posteriors of up to 10,000 images, kept with the weights so that maps need no data.

    Attributes:
        encoded: mean (N, D) and logvar (N, D) or None.
        label: (N,) int64.
        split: (N,) uint8, places in SPLITS.
        index: (N,) int64, places in their split.
    """

    encoded: Encoded
    label: Tensor
    split: Tensor
    index: Tensor

    def __len__(self) -> int:
        return len(self.label)

    def where(self, position: int) -> tuple[SplitName, int]:
        """Return the split and the place in it of one image."""
        return SPLITS[int(self.split[position])], int(self.index[position])


@dataclass(frozen=True)
class Checkpoint:
    """A trained model with its description; `model` is in eval mode and must not be changed."""

    folder: Path
    record: RunRecord
    model: LatentModel
    latents: Latents


def compute_latents(model: LatentModel, data: Dataset) -> Latents:
    """Encode what a map shows: every image of a small set, else the first 10,000 test images.

    A conditional model is told each image's own conditions.
    """
    small = len(data.train) + len(data.val) + len(data.test) <= MAX_LATENTS
    names = SPLITS if small else ("test",)
    sources = [data.split(name) for name in names]
    x = torch.cat([source.pixels(0, MAX_LATENTS) for source in sources])
    conditions = joined([source.conditions(slice(0, MAX_LATENTS)) for source in sources])
    sizes = [min(len(source), MAX_LATENTS) for source in sources]
    return Latents(
        encoded=encode(model, x, conditions),
        label=torch.cat([s.labels[:n] for s, n in zip(sources, sizes, strict=True)]),
        split=torch.cat(
            [
                torch.full((n,), SPLITS.index(name), dtype=torch.uint8)
                for name, n in zip(names, sizes, strict=True)
            ]
        ),
        index=torch.cat([torch.arange(n) for n in sizes]),
    )


def error_quantiles(model: LatentModel, data: Dataset, latents: Latents) -> tuple[float, ...]:
    """How well a model redraws pictures it has not learned from: see `RunRecord`."""
    rows = (latents.split == SPLITS.index("test")).nonzero()[:, 0]
    test = data.test.batch(latents.index[rows])
    recon = decode(model, latents.encoded.mean[rows], test.conditions)
    errors = (recon - test.x).square().mean((1, 2, 3))
    found: list[float] = torch.quantile(errors, torch.tensor(QUANTILES)).tolist()
    return tuple(found)


def trained_files(
    model: LatentModel, data: Dataset, *, half: bool = False
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """What is kept of a trained model: files by name, and fields of the description that fit them.

    Args:
        half: round weights and latents to float16; everything is then measured on the rounded
            weights.
    """
    weights = model.state_dict()
    if half:
        # Whole numbers, such as batch norm's count of batches, stay what they are.
        weights = {k: v.half() if v.is_floating_point() else v for k, v in weights.items()}
        model.load_state_dict(weights)  # rounds the live model too
    model.eval()
    latents = compute_latents(model, data)
    first = data.train.conditions(slice(0, MAX_LATENTS))
    train_means = encode(model, data.train.pixels(0, MAX_LATENTS), first).mean
    quantiles = torch.quantile(train_means, torch.tensor(QUANTILES), dim=0).T
    dtype = torch.float16 if half else torch.float32
    tensors = {
        "mean": latents.encoded.mean.to(dtype),
        "label": latents.label.int(),
        "split": latents.split,
        "index": latents.index.int(),
    }
    if latents.encoded.logvar is not None:
        tensors["logvar"] = latents.encoded.logvar.to(dtype)
    files = {
        MODEL_FILE: save({k: v.contiguous() for k, v in weights.items()}),
        LATENTS_FILE: save(tensors),
    }
    measured = evaluate(model, data)
    values = measured.as_dict()
    return files, {
        "summary": Summary.parse({name: values[name] for name in Summary.model_fields}),
        "latent_quantiles": quantiles.tolist(),
        "error_quantiles": error_quantiles(model, data, latents),
        "kl_per_dim": measured.kl_per_dim,
        "data_fingerprint": data.fingerprint,
    }


def save_trained(
    folder: Path, record: RunRecord, model: LatentModel, data: Dataset, *, half: bool = False
) -> RunRecord:
    """Write weights, latents and the description with its measured summary, all or nothing.

    Args:
        half: see `trained_files`.

    Raises:
        RunError: when the disk is full; what was there before stays, all of it.
    """
    files, measured = trained_files(model, data, half=half)
    record = record.evolve(**measured)
    write_record(folder, record, files)
    return record


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read a run's or a bundled checkpoint's folder.

    Raises:
        CheckpointError: when a file is missing, damaged or does not fit the description; the
            text names the file, what was found and what was expected.
    """
    record = read_record(folder)
    model = build_model(record.config.model, record.spec)
    expected = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    weights = read_tensors(folder / MODEL_FILE)
    _check_shapes(folder / MODEL_FILE, weights, expected)
    model.load_state_dict({name: value.float() for name, value in weights.items()})
    return Checkpoint(folder, record, model.eval(), _read_latents(folder, record))


def load_weights(folder: Path) -> dict[str, Tensor]:
    """Read a run's or a checkpoint's weights alone, to start another model from them.

    Raises:
        CheckpointError: when they are missing or damaged.
    """
    return {name: value.float() for name, value in read_tensors(folder / MODEL_FILE).items()}


def _read_latents(folder: Path, record: RunRecord) -> Latents:
    path = folder / LATENTS_FILE
    tensors = read_tensors(path)
    num = tensors["label"].numel() if "label" in tensors else 0
    dim = record.config.model.latent_dim
    expected: dict[str, tuple[int, ...]] = {
        "mean": (num, dim),
        "label": (num,),
        "split": (num,),
        "index": (num,),
    }
    if record.config.model.posterior == "gaussian":
        expected["logvar"] = (num, dim)
    _check_shapes(path, tensors, expected)
    label, split, index = (tensors[name].long() for name in ("label", "split", "index"))
    limits = ((label, len(record.spec.class_names)), (split, len(SPLITS)), (index, 2**31))
    if any(bool(((values < 0) | (values >= limit)).any()) for values, limit in limits):
        raise CheckpointError(
            f"{path} holds labels or places that {record.spec.title} does not have. It is "
            "damaged or of another data set; train the run again."
        )
    logvar = tensors.get("logvar")
    encoded = Encoded(tensors["mean"].float(), None if logvar is None else logvar.float())
    return Latents(encoded, label, split.byte(), index)


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file.

    Raises:
        CheckpointError: when it is missing, truncated, foreign or holds numbers that are not
            finite.
    """
    try:
        tensors = load_file(path)
    except FileNotFoundError:
        raise CheckpointError(
            f"{path} is missing; expected the weights of a run there. If the run has not "
            "finished, let it train on; else train it again."
        ) from None
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise CheckpointError(
            f"{path} cannot be read as safetensors ({error}). It is damaged or of another format; "
            "use another checkpoint, or train it again."
        ) from error
    for name, value in tensors.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise CheckpointError(f"{path}: tensor {name!r} holds numbers that are not finite.")
    return tensors


def _check_shapes(
    path: Path, tensors: dict[str, Tensor], expected: dict[str, tuple[int, ...]]
) -> None:
    received = {name: tuple(value.shape) for name, value in tensors.items()}
    if received == expected:
        return
    wrong = sorted(
        name
        for name in received.keys() | expected.keys()
        if received.get(name) != expected.get(name)
    )
    name = wrong[0]
    raise CheckpointError(
        f"{path} does not fit its run.json: tensor {name!r} is "
        f"{received.get(name, 'absent')}, expected {expected.get(name, 'absent')} "
        f"({len(wrong)} of {len(expected)} differ). It belongs to another model."
    )


def save_resume(folder: Path, state: Mapping[str, Any]) -> None:
    """Write a `Learner.state_dict()` so that training can go on from it to the bit."""
    write_atomically(folder / RESUME_FILE, save(dict(_flat(state))))


def load_resume(folder: Path) -> dict[str, Any] | None:
    """Read what `save_resume` wrote, numbers as tensors; None when the run has not got that far.

    Raises:
        CheckpointError: when it is damaged.
    """
    if not (folder / RESUME_FILE).exists():
        return None
    state: dict[str, Any] = {}
    for key, value in read_tensors(folder / RESUME_FILE).items():
        *parts, name = key.split("/")
        part = state
        for inner in parts:
            part = part.setdefault(inner, {})
            if not isinstance(part, dict):
                raise CheckpointError(
                    f"{folder / RESUME_FILE} is not a training state: {inner!r} is a tensor and "
                    "a group of tensors at once. Start the run again."
                )
        part[name] = value
    return state


def _flat(state: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Tensor]]:
    """Nested dictionaries of tensors and numbers as tensors named "part/name"."""
    for name, value in state.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}/")
        elif isinstance(value, Tensor):
            yield prefix + name, value.contiguous()
        else:
            dtype = torch.float64 if isinstance(value, float) else torch.int64
            yield prefix + name, torch.tensor(value, dtype=dtype)
