"""Frames: what training looks like at one moment, small enough to keep many."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vae_core.arrays import Arrays, read_arrays, write_arrays
from vae_core.data import Dataset, joined
from vae_core.errors import RunError
from vae_core.images import png, tile
from vae_core.inference import decode
from vae_core.models import LatentModel
from vae_core.projection import axes_projection, manifold, pca_projection

NUM_PROBES = 1_000
NUM_PICTURES = 16
MANIFOLD_SIDE = 12
LIVE_FILE = "live.npz"
_MAX_HALF = float(np.finfo(np.float16).max)
_LADDER = (3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0, 96.0, 128.0)


@dataclass(frozen=True)
class Probe:
    """The fixed images that every frame of a run looks at, from the validation split first.

    Attributes:
        x: (N, C, H, W) in [0, 1], N at most 1,000.
        label: (N,) int64.
        conditions: what a conditional model is told of them, each (N, ...).
    """

    x: Tensor
    label: Tensor
    conditions: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class Frame:
    """One moment of a run.

    Attributes:
        step: steps done.
        means: (N, D) float16 posterior means of the probe images.
        points: (N, 2) float32 map coordinates of those means.
        labels: (N,) uint8.
        kl_per_dim: (D,) float32 nats on the probe images; empty for a plain autoencoder.
        limit: the map spans -limit to limit on both axes.
        axis_labels: what the two axes are called.
        manifold: PNG of a square grid of decodes over the map, or b""; a conditional model is
            told there what it is told of the first probe image.
        recons: PNG of the reconstructions of the first 16 probe images, in a row.
        numbers: the newest loss terms, as `Progress` names them.
    """

    step: int
    means: NDArray[np.float16]
    points: NDArray[np.float32]
    labels: NDArray[np.uint8]
    kl_per_dim: NDArray[np.float32]
    limit: float
    axis_labels: tuple[str, str]
    manifold: bytes
    recons: bytes
    numbers: Mapping[str, float | None]


def make_probe(data: Dataset) -> Probe:
    """Choose the images to watch: the first of the validation split, filled up from training."""
    num_val = min(NUM_PROBES, len(data.val))
    rest = NUM_PROBES - num_val
    x = torch.cat([data.val.pixels(0, num_val), data.train.pixels(0, rest)])
    label = torch.cat([data.val.labels[:num_val], data.train.labels[:rest]])
    conditions = [
        data.val.conditions(slice(0, num_val)),
        data.train.conditions(slice(0, rest)),
    ]
    return Probe(x, label, joined(conditions))


def map_limit(points: Tensor) -> float:
    """Half the side of a map that shows 99.5 % of the points, on a coarse ladder.

    A ladder, so that the axes of a growing map jump seldom instead of creeping always.
    """
    reach = float(torch.quantile(points.abs().amax(1), 0.995)) if len(points) else 0.0
    return next((rung for rung in _LADDER if reach <= rung), 1.1 * reach)


@torch.inference_mode()
def make_frame(
    model: LatentModel, probe: Probe, step: int, numbers: Mapping[str, float | None]
) -> Frame:
    """Look at a model; it is left as it was."""
    was_training = model.training
    model.eval()
    conditions = {n: values.to(model.device) for n, values in probe.conditions.items()}
    (term,) = model.infer(probe.x.to(model.device), conditions)
    means, kl = term.posterior.mean.cpu(), term.kl()
    told = {name: probe.conditions[name] for name in model.conditioning.configs}
    flat = model.latent_dim <= 2
    view = axes_projection(model.latent_dim) if flat else pca_projection(means)
    points = view.project(means)
    limit = map_limit(points)
    extent = (-limit, limit, -limit, limit)
    one = {name: values[:1] for name, values in told.items()}
    pictures = manifold(model, view, extent, MANIFOLD_SIDE, one)
    few = {name: values[:NUM_PICTURES] for name, values in told.items()}
    recons = decode(model, means[:NUM_PICTURES], few)
    model.train(was_training)
    return Frame(
        step=step,
        # A run that is about to diverge goes beyond float16.
        means=means.clamp(-_MAX_HALF, _MAX_HALF).numpy().astype(np.float16),
        points=points.numpy(),
        labels=probe.label.numpy().astype(np.uint8),
        kl_per_dim=np.empty(0, np.float32) if kl is None else kl.mean(0).cpu().numpy(),
        limit=limit,
        axis_labels=view.labels,
        manifold=png(tile(pictures, MANIFOLD_SIDE)),
        recons=png(tile(recons, len(recons))),
        numbers=numbers,
    )


def write_frame(path: Path, frame: Frame) -> None:
    """Write a frame as npz, atomically.

    Raises:
        RunError: when the disk is full; an older frame of that name stays.
    """
    header = {
        "step": frame.step,
        "limit": frame.limit,
        "axis_labels": frame.axis_labels,
        "numbers": dict(frame.numbers),
    }
    arrays: Arrays = {
        "means": frame.means,
        "points": frame.points,
        "labels": frame.labels,
        "kl_per_dim": frame.kl_per_dim,
        "manifold": np.frombuffer(frame.manifold, np.uint8),
        "recons": np.frombuffer(frame.recons, np.uint8),
    }
    write_arrays(path, header, arrays)


def read_frame(path: Path) -> Frame:
    """Read a frame.

    Raises:
        RunError: when it is missing or damaged.
    """
    header, arrays = read_arrays(path)
    try:
        first, second = header["axis_labels"]
        return Frame(
            step=header["step"],
            means=arrays["means"],
            points=arrays["points"],
            labels=arrays["labels"],
            kl_per_dim=arrays["kl_per_dim"],
            limit=header["limit"],
            axis_labels=(first, second),
            manifold=arrays["manifold"].tobytes(),
            recons=arrays["recons"].tobytes(),
            numbers=header["numbers"],
        )
    except (KeyError, ValueError, TypeError) as error:
        raise RunError(f"{path} cannot be read as a frame ({error}); choose another.") from error
