"""`python -m vae_core train`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from vae_core import catalogue, runs
from vae_core.cli.settings import change, change_by_path, corruption
from vae_core.cli.shared import Json, app, examples
from vae_core.console import AS_IT_IS, errors, out, print_json, show, training_bar
from vae_core.corruption import CORRUPTIONS
from vae_core.data import DATASETS, load_dataset
from vae_core.errors import InvalidConfigError, RunError
from vae_core.models import MODELS
from vae_core.processor import device_of
from vae_core.recipes import RECIPES, default_config, recipe
from vae_core.worker import execute

WITH_RESUME = {"resume", "as_json"}


@app.command(
    epilog=examples(
        "train --dataset digits",
        "train --dataset mnist --model conv --latent-dim 16 --epochs 5 --seed 1",
        "train --dataset digits --noise gaussian --level 0.3 --out runs/denoiser --json",
        "train --recipe mnist-2d --set train.patience=3 --set train.objective.name=iwae",
        "train --dataset kmnist --from mnist-2d --epochs 3",
        "train --resume runs/denoiser",
    )
)
def train(
    context: typer.Context,
    dataset: Annotated[
        str | None, typer.Option(help=f"One of: {', '.join(DATASETS)}. [default: the recipe's]")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help=f"One of: {', '.join(MODELS)}. [default: mlp]")
    ] = None,
    from_recipe: Annotated[
        str | None, typer.Option("--recipe", help=f"Start from one of: {', '.join(RECIPES)}.")
    ] = None,
    autoencoder: Annotated[
        bool, typer.Option("--autoencoder", help="A plain autoencoder: no spread, no KL.")
    ] = False,
    latent_dim: Annotated[int | None, typer.Option(help="Latent dimensions, 1 to 64.")] = None,
    beta: Annotated[float | None, typer.Option(help="Weight of the KL term.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the training images.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Highest value.")] = None,
    noise: Annotated[
        str | None, typer.Option(help=f"Train to remove it: {', '.join(CORRUPTIONS)}.")
    ] = None,
    level: Annotated[float | None, typer.Option(help="Of the noise, 0 to 1.")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="PATH=VALUE",
            help="Any other setting of run.json, such as train.patience=20. May be repeated.",
        ),
    ] = None,
    init_from: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="RUN_OR_CHECKPOINT", help="Fine-tune: start from its weights."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help="The run's folder. [default: a new one in runs/]")
    ] = None,
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="RUN", help="Go on with a run where it stands, in its own folder, to the bit."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Train a model; the data set's recipe gives the defaults. Ctrl-C stops and keeps the model."""
    with errors():
        if resume is not None:
            _refuse_other_options(context)
            _train(_resumable(resume), as_json)
            return
        if (dataset is None) == (from_recipe is None):
            raise InvalidConfigError(
                "Expected either --dataset NAME, or --recipe NAME, or --resume RUN."
            )
        base = recipe(from_recipe) if from_recipe else default_config(dataset or "", model or "mlp")
        config = change(
            base,
            model={"latent_dim": latent_dim, "posterior": "point" if autoencoder else None},
            train={
                "beta": beta,
                "epochs": epochs,
                "batch_size": batch_size,
                "learning_rate": learning_rate,
                "corruption": corruption(noise, level),
            },
            seed=seed,
        )
        config = change_by_path(config, settings or [])
        if init_from is not None:
            config = config.evolve(init_from=catalogue.reference_to(catalogue.find(init_from)))
        device_of(config.device)  # what is missing is told before a folder is made
        load_dataset(config.dataset)
        _train(runs.create(config, folder=folder), as_json)


def _refuse_other_options(context: typer.Context) -> None:
    sources = {name: context.get_parameter_source(name) for name in context.params}
    others = [
        name
        for name, source in sources.items()
        if name not in WITH_RESUME and source is not None and source.name == "COMMANDLINE"
    ]
    if others:
        raise InvalidConfigError(
            f"--resume received with other settings ({', '.join(sorted(others))}). A run goes on "
            "with its own settings; leave them out, or train a new run --from it."
        )


def _resumable(reference: str) -> runs.Run:
    run = runs.Run(catalogue.find(reference))
    record = run.record()
    if record.status in ("running", "queued"):
        raise RunError(f"{run.folder} is being trained already (status {record.status}).")
    if record.status == "finished":
        raise RunError(
            f"{run.folder} has finished all its {record.num_done:,} steps; nothing is left to "
            "resume. Fine-tune it with --from, or train a new run with more epochs."
        )
    run.ask("run")
    return run


def _train(run: runs.Run, as_json: bool) -> None:
    with training_bar(run) as on_event:
        execute(run, on_event=on_event)
    record = run.record()
    out.print(f"Run {record.status}: {run.folder.resolve()}", **AS_IT_IS)
    summary: dict[str, Any] = record.summary.model_dump() if record.summary else {}
    show("Test split", summary)
    if record.transfer:
        out.print(f"From {record.config.init_from}: {record.transfer}", **AS_IT_IS)
    if as_json:
        print_json(
            {
                "run": str(run.folder.resolve()),
                "status": record.status,
                "num_steps": record.num_done,
                "elapsed_s": record.elapsed_s,
                **({"transfer": record.transfer} if record.transfer else {}),
                **summary,
            }
        )
