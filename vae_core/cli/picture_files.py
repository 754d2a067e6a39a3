"""Restoring pictures' files, one after the other; a bad one does not stop the others."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from torch import Tensor

from vae_core import catalogue
from vae_core.checkpoints import load_checkpoint
from vae_core.cli.picture_plan import before_of, content_of
from vae_core.cli.shared import MAX_SEED
from vae_core.console import AS_IT_IS, err, out, print_json
from vae_core.corruption import Damaged
from vae_core.data import dataset_entry
from vae_core.errors import InvalidInputError
from vae_core.files import disk_error, write_atomically
from vae_core.images import png, tile
from vae_core.metrics import psnr_db
from vae_core.models import NO_CONDITIONS, LatentModel
from vae_core.pictures import WAYS, Prepared, prepare
from vae_core.restoration import Method, choose
from vae_core.restoration.comparing import IDLE, does_nothing

MAX_ENLARGED = 64
DEFAULT_DATASET = "mnist"


@dataclass(frozen=True)
class Restorer:
    """Who restores.

    Attributes:
        dataset: whose pictures the files are to be like.
        method: that does it.
        reference: of the model, as it was typed; None without one.
    """

    dataset: str
    method: Method
    reference: str | None


@dataclass(frozen=True)
class Task:
    """One picture to be restored.

    Attributes:
        damaged: what the method is given.
        clean: the picture without damage, where we made the damage ourselves.
    """

    damaged: Damaged
    clean: Tensor | None = None


@dataclass(frozen=True)
class Handling:
    """How files are read and written.

    Attributes:
        way, is_inverted, factor: see `prepare`.
        writes_before: whether what the method is given is written too.
        enlarge: pixels for each one's side.
        seed: of every draw.
    """

    way: Any = "auto"
    is_inverted: bool | None = None
    factor: int = 1
    writes_before: bool = False
    enlarge: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.way not in WAYS:
            expected = ", ".join(WAYS)
            raise InvalidInputError(f"--prepare {self.way} received; expected one of: {expected}.")
        if not 1 <= self.enlarge <= MAX_ENLARGED:
            raise InvalidInputError(
                f"--enlarge {self.enlarge} received; expected 1 to {MAX_ENLARGED}."
            )
        check_seed(self.seed)


@dataclass
class Report:
    """What came of all files, as --json prints it."""

    restored: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)


def check_seed(seed: int) -> None:
    """Refuse what torch takes no more.

    Raises:
        InvalidInputError: for a seed out of range.
    """
    if not 0 <= seed <= MAX_SEED:
        raise InvalidInputError(f"Seed {seed} received; expected a number from 0 to {MAX_SEED}.")


def restorer(reference: str | None, method: str | None, dataset: str | None, kind: str) -> Restorer:
    """Find model and method.

    Raises:
        VAELabError: for a model, method or data set that is not there, or not of the model's kind.
    """
    model: LatentModel | None = None
    if reference is not None:
        found = load_checkpoint(catalogue.find(reference))
        model, own = found.model, found.record.config.dataset
        if dataset not in (None, own):
            raise InvalidInputError(
                f"--dataset {dataset} received for a model of {own}; leave it out."
            )
        dataset = own
    dataset = dataset or DEFAULT_DATASET
    dataset_entry(dataset)
    return Restorer(dataset, choose(method, dataset, kind, model), reference)


def restore_files(
    planned: dict[str, Path],
    who: Restorer,
    how: Handling,
    task_of: Callable[[Prepared], Task],
    as_json: bool,
) -> None:
    """Restore each file, and tell of it; those that cannot be read do not stop the others.

    Args:
        planned: see `plan`.
        task_of: what is to be done with a picture that was prepared.

    Raises:
        typer.Exit: with 1 at the end, when some could not be restored.
    """
    report = Report()
    with _progress(len(planned)) as advance:
        for name, target in planned.items():
            try:
                report.restored.append(_restored(name, target, who, how, task_of))
            except InvalidInputError as error:
                report.failed.append({"file": name, "error": str(error)})
                err.print(f"{name}: {error}", **AS_IT_IS)
            advance()
    _tell(report, who)
    if as_json:
        facts = {"method": who.method.name, "model": who.reference, "dataset": who.dataset}
        print_json({**vars(report), **facts, "seed": how.seed})
    if report.failed:
        raise typer.Exit(1)


def _restored(
    name: str,
    target: Path,
    who: Restorer,
    how: Handling,
    task_of: Callable[[Prepared], Task],
) -> dict[str, Any]:
    prepared = prepare(
        content_of(name), who.dataset, how.way, is_inverted=how.is_inverted, factor=how.factor
    )
    task = task_of(prepared)
    images = who.method.restore(task.damaged, NO_CONDITIONS, how.seed).images
    _write(target, images, how.enlarge)
    if how.writes_before:
        _write(before_of(target), task.damaged.images, how.enlarge)
    clean = task.clean
    return {
        "file": name,
        "out": str(target),
        "prepared": prepared.way,
        "steps": [step.words for step in prepared.steps],
        "psnr_db": None if clean is None else float(psnr_db(images, clean)[0]),
        "is_unchanged": does_nothing(images, task.damaged.images),
    }


def _write(target: Path, images: Tensor, enlarge: int) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(target.parent, error) from error
    large = images.repeat_interleave(enlarge, 2).repeat_interleave(enlarge, 3)
    write_atomically(target, png(tile(large, 1)))


@contextmanager
def _progress(num_files: int) -> Iterator[Callable[[], None]]:
    columns = (TextColumn("restoring"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, disable=num_files < 2) as bar:
        task = bar.add_task("", total=num_files)
        yield lambda: bar.update(task, advance=1)


def _tell(report: Report, who: Restorer) -> None:
    for row in report.restored:
        steps = "; ".join(row["steps"])
        gained = "" if row["psnr_db"] is None else f" ({row['psnr_db']:.2f} dB)"
        out.print(f"{row['file']} -> {row['out']}{gained}: {steps}.", **AS_IT_IS)
    through = "" if who.reference is None else f", model {who.reference}"
    limit = "" if who.method.family == "classical" else " It invents plausible detail."
    is_idle = who.method.family == "classical" and all(r["is_unchanged"] for r in report.restored)
    note = f" {IDLE}" if is_idle else f": {who.method.note}"
    if report.restored:
        out.print(f"{who.method.title}{note}{through}.{limit}", **AS_IT_IS)
