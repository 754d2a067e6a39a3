"""What the tests of runs, workers and the command line share."""

import errno
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
import pytest

from vae_core import MLPConfig, RunConfig, TrainConfig
from vae_core.frames import Frame
from vae_core.runs import Run
from vae_core.training import Progress, TrainEvent

ROOT = Path(__file__).resolve().parents[2]
STEPS = 19  # an epoch of `small`: 1,197 images in batches of 64
DEAD_PID = 2**22 + 1  # beyond what Linux gives


def small(epochs: int = 2, **changes: Any) -> RunConfig:
    """A run on real digits that takes about 20 ms an epoch of 19 steps."""
    train = TrainConfig(epochs=epochs, batch_size=64)
    return RunConfig(model=MLPConfig(hidden=(16,)), train=train).evolve(**changes)


def until(condition: Callable[[], Any], seconds: float = 60.0, what: str = "it") -> Any:
    """Poll until `condition` is true, and return its value."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:.0f} s"
        time.sleep(0.01)
    return value


def frame(step: int, side: int = 8) -> Frame:
    """A frame of about 3 * side**2 bytes and a little more."""
    return Frame(
        step=step,
        means=np.full((side, 1), step, np.float16),
        points=np.zeros((side, 2), np.float32),
        labels=np.zeros(side, np.uint8),
        kl_per_dim=np.zeros(1, np.float32),
        limit=4.0,
        axis_labels=("z1", "z2"),
        manifold=bytes(3 * side**2),
        recons=b"",
        numbers={"loss_nats": 1.5},
    )


def fill_disk(monkeypatch: pytest.MonkeyPatch, file_name: str) -> None:
    """From now on the disk is full half-way through writing a file of that name."""
    real = Path.open

    def limited(path: Path, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        file = real(path, mode, *args, **kwargs)
        return _HalfWritten(file) if path.name.startswith(f".{file_name}.") else file

    monkeypatch.setattr(Path, "open", limited)


class _HalfWritten:
    """A file on a disk that becomes full while it is written."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()

    def write(self, content: bytes) -> None:
        self.file.write(content[: len(content) // 2])
        self.file.flush()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def leftovers(folder: Path) -> list[str]:
    """Temporary files that a failed write should have removed."""
    return [path.name for path in folder.rglob(".*") if path.is_file()]


def weights(run: Run) -> bytes:
    return (run.folder / "model.safetensors").read_bytes()


def at_step(run: Run, step: int, act: Callable[[], None]) -> Callable[[TrainEvent], None]:
    """Do something once, when a step has been done."""
    todo = [act]

    def on_event(event: TrainEvent) -> None:
        if isinstance(event, Progress) and event.step >= step and todo:
            todo.pop()()

    return on_event


def without_times(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    clocks = ("elapsed_s", "images_per_s")
    return [{k: v for k, v in row.items() if k not in clocks} for row in rows]
