"""The kept frames of a run as one film: axes that all of them share, points never rotated."""

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from vae_core.errors import RunError
from vae_core.frames import Frame, map_limit, read_frame
from vae_core.projection import Projection, axes_projection, pca_projection
from vae_core.runs import FRAMES_FOLDER, Run


@dataclass(frozen=True)
class History:
    """What a run has kept of its training.

    Attributes:
        steps: of the frames, ascending; empty before the first.
        limit: the map of every frame spans -limit to limit on both axes.
        plane: on which every frame is seen.
    """

    steps: tuple[int, ...]
    limit: float
    plane: Projection


def read_history(run: Run) -> History:
    """List the kept frames, and find axes that hold them all.

    More than two latent numbers are seen from the side where they differ most in the newest frame.
    Damaged frames are left out, also where a power cut has damaged the newest.
    """
    files = []
    for path in run.frame_paths():
        with suppress(RunError):  # a run that trains drops some now and then
            files.append(_File.of(path))
    while files and _limit(files[-1], files[-1]) is None:
        files.pop()
    if not files:
        return History((), 3.0, axes_projection(2))
    plane = _projection(files[-1])
    limits = {int(file.path.stem): _limit(file, files[-1]) for file in files}
    known = {step: limit for step, limit in limits.items() if limit is not None}
    return History(tuple(known), max(known.values()), plane)


def read_moment(run: Run, step: int, newest: int, plane: Projection | None = None) -> Frame:
    """Read one frame as the film shows it.

    Args:
        step: one of `History.steps`.
        newest: the last of them, whose plane all share.
        plane: that one, where it is known: the newest frame need not be here any more.

    Returns:
        The frame with its points on that plane. Its manifold, and the `limit` that this spans, stay
        where the frame's own plane is that one, which is at most two latent numbers or the newest
        frame; else it has none.

    Raises:
        RunError: when there is no such frame any more.
    """
    folder = run.folder / FRAMES_FOLDER
    frame = read_frame(folder / f"{step:08d}.npz")
    if frame.means.shape[1] <= 2 or step == newest:
        return frame
    if plane is None:
        plane = _projection(_File.of(folder / f"{newest:08d}.npz"))
    points = plane.project(_means(frame)).numpy()
    return replace(frame, points=points, manifold=b"", axis_labels=plane.labels)


@dataclass(frozen=True)
class _File:
    """A frame's file as it is now: after a crash the same step may be taken once more."""

    path: Path
    stamp: tuple[int, int]

    @classmethod
    def of(cls, path: Path) -> "_File":
        try:
            stat = path.stat()
        except OSError as error:
            raise RunError(f"{path} is gone; the film has fewer frames now.") from error
        return cls(path, (stat.st_mtime_ns, stat.st_ino))


def _means(frame: Frame) -> Tensor:
    return torch.from_numpy(frame.means).float()


@lru_cache(maxsize=4_096)
def _limit(file: _File, newest: _File) -> float | None:
    """Half the side of a map that holds a frame; None for a damaged one, which is left out."""
    try:
        frame = read_frame(file.path)
    except RunError:
        return None
    if frame.means.shape[1] <= 2:
        return frame.limit
    return map_limit(_projection(newest).project(_means(frame)))


@lru_cache(maxsize=16)
def _projection(file: _File) -> Projection:
    """The plane on which a frame is seen."""
    means = _means(read_frame(file.path))
    latent_dim = means.shape[1]
    return axes_projection(latent_dim) if latent_dim <= 2 else pca_projection(means)
