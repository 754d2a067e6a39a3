"""`python -m vae_core evaluate`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table

from vae_core import catalogue
from vae_core.checkpoints import load_checkpoint
from vae_core.cli.shared import MAX_SEED, Json, Reference, app, examples
from vae_core.console import AS_IT_IS, err, errors, out, print_json
from vae_core.data import load_dataset
from vae_core.errors import InvalidInputError
from vae_core.metrics import ALL, METRICS, QUICK, Evaluation
from vae_core.metrics import evaluate as evaluate_model
from vae_core.metrics.nll import NUM_SAMPLES, Precision
from vae_core.record import RunRecord


@app.command(
    epilog=examples(
        "evaluate mnist-2d",
        "evaluate runs/denoiser --split val --quick --json",
        "evaluate mnist-16d --metric nll_nats --samples 5000",
    )
)
def evaluate(
    reference: Reference,
    split: Annotated[str, typer.Option(help="train, val or test.")] = "test",
    quick: Annotated[
        bool, typer.Option("--quick", help=f"Only what takes seconds: {', '.join(QUICK)}.")
    ] = False,
    metric: Annotated[
        list[str] | None,
        typer.Option(help=f"Only this one; repeat for several. One of: {', '.join(ALL)}."),
    ] = None,
    samples: Annotated[
        int, typer.Option(help="Importance samples for each image, for nll_nats.")
    ] = NUM_SAMPLES,
    precision: Annotated[
        Precision,
        typer.Option(help="Of their decoding: medium may use bfloat16, highest is float32."),
    ] = "medium",
    seed: Annotated[int, typer.Option(help="Of every draw.")] = 0,
    as_json: Json = False,
) -> None:
    """Measure a model: its bounds, reconstructions, latent space and samples."""
    with errors():
        if not 0 <= seed <= MAX_SEED:
            raise InvalidInputError(
                f"Seed {seed} received; expected a number from 0 to {MAX_SEED}."
            )
        checkpoint = load_checkpoint(catalogue.find(reference))
        data = load_dataset(checkpoint.record.config.dataset)
        wanted = [*(metric or ()), *(QUICK if quick else ())] or ALL
        with _progress(len(set(wanted))) as on_metric:
            measured = evaluate_model(
                checkpoint.model,
                data,
                split,
                wanted,
                seed=seed,
                num_samples=samples,
                matmul_precision=precision,
                on_metric=on_metric,
            )
        training = training_speed(checkpoint.record, len(data.train))
        _show(f"{checkpoint.record.title}, {split} split", measured, training)
        if checkpoint.model.likelihood.note:
            out.print(f"Note: {checkpoint.model.likelihood.note}")
        if as_json:
            print_json({**measured.as_dict(), **training})


def training_speed(record: RunRecord, num_train: int) -> dict[str, float | None]:
    """Seconds of training and images a second, as far as the run's description tells."""
    if not record.elapsed_s or not record.num_done:
        return {"training_s": None, "training_images_per_s": None}
    batch_size = record.config.train.batch_size
    epochs, steps = divmod(record.num_done, -(-num_train // batch_size))
    num_images = epochs * num_train + steps * batch_size  # the last step of an epoch is short
    return {
        "training_s": record.elapsed_s,
        "training_images_per_s": num_images / record.elapsed_s,
    }


@contextmanager
def _progress(num_metrics: int) -> Iterator[Callable[[str], None]]:
    """Say what is being measured. Yields what to call with each metric's name."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, TimeElapsedColumn(), console=err) as bar:
        task = bar.add_task("", total=num_metrics, completed=-1)
        yield lambda name: bar.update(task, description=METRICS[name].title, advance=1)
        bar.update(task, completed=num_metrics)


def _show(title: str, measured: Evaluation, training: dict[str, float | None]) -> None:
    table = Table("", "", "unit", "better", title=escape(title))
    for name, value in measured.values.items():
        table.add_row(name, _number(value), METRICS[name].unit, METRICS[name].better)
    units = {"training_s": "s", "training_images_per_s": "images/s"}
    for name, value in training.items():
        table.add_row(name, _number(value), units[name], "")
    out.print(table)
    facts: dict[str, Any] = {
        "images": measured.num_images,
        "seed": measured.seed,
        "importance samples": measured.num_samples,
        "feature extractor": measured.extractor,
        "images compared by features": measured.num_feature_images,
    }
    known = [f"{name} {value}" for name, value in facts.items() if value is not None]
    out.print(f"Split {measured.split}; " + "; ".join(known) + ".", **AS_IT_IS)


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.4f}"
