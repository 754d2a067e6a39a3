"""How the command line talks: tables, progress bars, errors, JSON."""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from vae_core import runs
from vae_core.errors import InvalidConfigError, InvalidInputError, UnknownNameError, VAELabError
from vae_core.training import Progress, TrainEvent, Validated

out, err = Console(), Console(stderr=True)
# For paths and other texts that a person typed: no markup, no ":smile:", no line breaks.
AS_IT_IS: dict[str, Any] = {
    "soft_wrap": True,
    "markup": False,
    "emoji": False,
    "highlight": False,
}
WRONG_USE = (UnknownNameError, InvalidConfigError, InvalidInputError)


@contextmanager
def errors() -> Iterator[None]:
    """Tell a person's mistake in words and exit: 2 for wrong use, 1 for what failed."""
    try:
        yield
    except VAELabError as error:
        err.print("Error:", style="bold red", end=" ")
        err.print(str(error), **AS_IT_IS)
        raise typer.Exit(2 if isinstance(error, WRONG_USE) else 1) from error


@contextmanager
def training_bar(run: runs.Run) -> Iterator[Callable[[TrainEvent], None]]:
    """Show how far a run is; Ctrl-C asks it to stop. Yields what to call with each event."""
    columns = (
        TextColumn("epoch {task.fields[epoch]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Bar(*columns, console=err) as bar:
        task = bar.add_task("train", total=None, epoch="0", note="")
        validation = ""

        def on_event(event: TrainEvent) -> None:
            nonlocal validation
            if isinstance(event, Validated):
                name, value = (
                    ("val recon", event.val.recon_nats)
                    if event.val.elbo_nats is None
                    else ("val ELBO", event.val.elbo_nats)
                )
                validation = f", {name} {value:.1f}"
            if isinstance(event, Progress):
                note = f"{event.images_per_s:,.0f} img/s, loss {event.loss_nats:.1f} nats"
                bar.update(
                    task,
                    total=event.num_steps,
                    completed=event.step,
                    epoch=f"{event.epoch:.1f}",
                    note=note + validation,
                )

        def on_interrupt(number: int, stack: object) -> None:
            run.ask("stop")
            signal.signal(signal.SIGINT, before)  # a second Ctrl-C does not wait

        before = signal.signal(signal.SIGINT, on_interrupt)
        try:
            yield on_event
        finally:
            signal.signal(signal.SIGINT, before)


def show(title: str, values: dict[str, Any]) -> None:
    """Print a table of names and values; a value that a model does not have is "not defined"."""
    table = Table(title=escape(title), show_header=False)
    for name, value in values.items():
        shown = f"{value:.4f}" if isinstance(value, float) else value
        table.add_row(name, "not defined" if value is None else str(shown))
    if values:
        out.print(table)


def print_json(data: dict[str, Any]) -> None:
    """Print one JSON object as a line of its own."""
    sys.stdout.write(json.dumps(data) + "\n")
