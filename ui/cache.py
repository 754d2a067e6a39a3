"""What is read from disk or computed from it: shared by all sessions, and bounded.

Cached models are in eval mode and must never be changed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
import torch
from torch import Tensor

from ui.errors import without_folders
from vae_core import catalogue, runs
from vae_core.checkpoints import Checkpoint, load_checkpoint
from vae_core.data import SPLITS, Dataset, ImageSource, dataset_entry, load_dataset
from vae_core.errors import CheckpointError, RunError
from vae_core.inference import encode
from vae_core.projection import (
    Projection,
    axes_projection,
    class_centres,
    pca_projection,
)
from vae_core.record import RECORD_FILE, RunRecord, read_record

DEFAULT_MODEL = "digits-2d"
PRIOR_REACH = 3.0  # a VAE's map shows at least where its prior N(0, 1) lies

ENCODED_AT_ONCE = 5_000

Key = tuple[str, int]
Axes = tuple[int, int] | None


@dataclass(frozen=True)
class Choice:
    """One model that the picker offers.

    Attributes:
        id: a bundled checkpoint's or a run's folder name.
        title: what people read, and what `?model=` holds; no two choices share one.
        folder: where it lies.
        record: its description.
    """

    id: str
    title: str
    folder: Path
    record: RunRecord

    @property
    def key(self) -> Key:
        """For caches: another value once the run has been written again."""
        return str(self.folder), _mtime_ns(self.folder)


def choices() -> tuple[dict[str, Choice], list[str]]:
    """Every model that can be chosen, by id: the default, the other bundled ones, saved runs.

    Returns:
        The choices, and what is to be said about folders that cannot be read.
    """
    found: dict[str, Choice] = {}
    problems = []
    names = sorted(path.parent.name for path in catalogue.BUNDLED.glob(f"*/{RECORD_FILE}"))
    for name in sorted(names, key=lambda name: name != DEFAULT_MODEL):
        folder = catalogue.BUNDLED / name
        try:
            found[name] = Choice(name, name, folder, _record(str(folder), _mtime_ns(folder)))
        except CheckpointError as error:
            problems.append(without_folders(str(error)))
    taken = set(found)
    for record in runs.saved():
        title = record.title if record.title not in taken else f"{record.title} {record.id[:6]}"
        taken.add(title)
        found[record.id] = Choice(record.id, title, runs.runs_root() / record.id, record)
    return found, problems


def key_of(model_id: str) -> Key | None:
    """Find a bundled model or a run by its id, offered by the picker or not; None without one."""
    try:
        folder = catalogue.open_run(model_id).folder
    except RunError:
        return None
    return str(folder), _mtime_ns(folder)


def choice_of(model_id: str) -> Choice:
    """A bundled model or a run by its id, offered by the picker or not.

    Raises:
        RunError: when there is none of that id.
        CheckpointError: when its description is damaged.
    """
    folder = catalogue.open_run(model_id).folder
    record = _record(str(folder), _mtime_ns(folder))
    return Choice(model_id, record.title, folder, record)


def checkpoint(key: Key) -> Checkpoint:
    """Load a model with its stored latents.

    Raises:
        CheckpointError: when its files are missing or damaged.
    """
    return _checkpoint(*key)


def _mtime_ns(folder: Path) -> int:
    try:
        return (folder / RECORD_FILE).stat().st_mtime_ns
    except OSError:
        return 0  # reading it will say what is wrong


@st.cache_resource(max_entries=64, show_spinner=False)
def _record(folder: str, mtime_ns: int) -> RunRecord:
    return read_record(Path(folder))


@st.cache_resource(max_entries=8, show_spinner=False)
def _checkpoint(folder: str, mtime_ns: int) -> Checkpoint:
    return load_checkpoint(Path(folder))


@dataclass(frozen=True)
class MapView:
    """The latents of one model as a map shows them.

    Attributes:
        axes: the two latent dimensions, or None for the plane of greatest variance.
        projection: from latents to the map and back.
        limit: the map spans -limit to limit on both axes.
        points: (N, 2), all stored latents.
        centres: (K, 2), medians of the classes; nan for a class that is not there.
    """

    axes: Axes
    projection: Projection
    limit: float
    points: Tensor
    centres: Tensor


@st.cache_resource(max_entries=16, show_spinner=False)
def map_view(key: Key, axes: Axes) -> MapView:
    """Project a model's stored latents.

    Args:
        key: of the model.
        axes: two latent dimensions, or None for the plane of greatest variance.
    """
    latents = checkpoint(key).latents
    means = latents.encoded.mean
    view = pca_projection(means) if axes is None else axes_projection(means.shape[1], *axes)
    points = view.project(means)
    limit = _limit(points)
    if latents.encoded.logvar is not None:
        limit = max(limit, PRIOR_REACH)
    if view.is_strip:
        points[:, 1] *= limit  # the height is a mere jitter: let it fill the square
    num_classes = len(checkpoint(key).record.spec.class_names)
    centres = class_centres(points, latents.label, num_classes)
    return MapView(axes, view, limit, points, centres)


def _limit(points: Tensor) -> float:
    """Half the side of a square that holds 99.9 % of the points, with two digits."""
    reach = 1.05 * float(torch.quantile(points.abs().amax(1), 0.999))
    digits = 1 - math.floor(math.log10(max(reach, 1e-6)))
    return math.ceil(reach * 10**digits) / 10**digits


def dataset(name: str) -> Dataset | None:
    """Read a data set (the core keeps the newest two); None when it is not on this computer.

    Raises:
        DatasetError: when it is here but damaged.
    """
    return load_dataset(name) if dataset_entry(name).is_present() else None


def originals(found: Checkpoint, positions: Sequence[int]) -> Tensor | None:
    """The pictures behind stored latents, (N, C, H, W) in [0, 1]; None when they are not here.

    Another data set of the same name (other labels) counts as not here.
    """
    data = dataset(found.record.config.dataset)
    if data is None:
        return None
    rows = torch.as_tensor(positions, dtype=torch.int64)
    pictures = torch.empty(len(rows), *data.spec.event_shape)
    for place, name in enumerate(SPLITS):
        mine = found.latents.split[rows] == place
        source, index = data.split(name), found.latents.index[rows[mine]]
        if bool((index >= len(source)).any()):
            return None
        if bool((source.labels[index] != found.latents.label[rows[mine]]).any()):
            return None
        pictures[mine] = source.batch(index).x
    return pictures


def original(found: Checkpoint, position: int) -> Tensor | None:
    """One of `originals`, (1, C, H, W)."""
    return originals(found, [position])


@dataclass(frozen=True)
class TrainingCodes:
    """Where a model puts the pictures that it was trained on.

    Attributes:
        mean: (N, D) posterior means.
        label: (N,) classes.
        source: the training split.
    """

    mean: Tensor
    label: Tensor
    source: ImageSource

    def pictures(self, index: Tensor) -> Tensor:
        """Some of them, (M, C, H, W) in [0, 1]."""
        return self.source.batch(index).x


def training_codes(found: Checkpoint) -> TrainingCodes | None:
    """Encode the training split of a model's data set; None when that is not on this computer."""
    data = dataset(found.record.config.dataset)
    if data is None or data.fingerprint != found.record.data_fingerprint:
        return None
    return _training_codes(str(found.folder), _mtime_ns(found.folder))


@st.cache_resource(max_entries=8, show_spinner=False)
def _training_codes(folder: str, mtime_ns: int) -> TrainingCodes:
    found = checkpoint((folder, mtime_ns))
    train = load_dataset(found.record.config.dataset).train
    parts = [
        slice(first, first + ENCODED_AT_ONCE) for first in range(0, len(train), ENCODED_AT_ONCE)
    ]
    means = [
        encode(found.model, train.pixels(part.start, part.stop), train.conditions(part)).mean
        for part in parts
    ]
    return TrainingCodes(torch.cat(means), train.labels, train)
