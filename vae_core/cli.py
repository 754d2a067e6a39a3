"""The command line: `python -m vae_core ...`."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from vae_core import catalogue, runs
from vae_core.checkpoints import Checkpoint, load_checkpoint, save_trained
from vae_core.config import CorruptionConfig, RunConfig
from vae_core.console import AS_IT_IS, err, errors, out, print_json, show, training_bar
from vae_core.corruption import CORRUPTIONS
from vae_core.data import DATASETS, data_folder, dataset_entry, load_dataset
from vae_core.errors import InvalidConfigError, InvalidInputError, UnknownNameError
from vae_core.metrics import evaluate as evaluate_model
from vae_core.models import MODELS
from vae_core.recipes import RECIPES, default_config, recipe
from vae_core.record import RunRecord
from vae_core.restoration import compare_denoising
from vae_core.training import Finished
from vae_core.training import train as train_events
from vae_core.worker import execute

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Train small VAEs, measure them, restore noisy images.",
)
MAX_SEED = 2**31 - 1

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON object as the last line of stdout.")
]
Reference = Annotated[
    str,
    typer.Argument(metavar="RUN_OR_CHECKPOINT", help="A run's folder or id, or a bundled name."),
]


def _examples(*lines: str) -> str:
    return "Examples:\n\n" + "\n\n".join(f"  python -m vae_core {line}" for line in lines)


@app.command(
    epilog=_examples(
        "train --dataset digits",
        "train --dataset mnist --model conv --latent-dim 16 --epochs 5 --seed 1",
        "train --dataset digits --noise gaussian --level 0.3 --out runs/denoiser --json",
    )
)
def train(
    dataset: Annotated[str, typer.Option(help=f"One of: {', '.join(DATASETS)}.")],
    model: Annotated[str, typer.Option(help=f"One of: {', '.join(MODELS)}.")] = "mlp",
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
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help="The run's folder. [default: a new one in runs/]")
    ] = None,
    as_json: Json = False,
) -> None:
    """Train a model; the data set's recipe gives the defaults. Ctrl-C stops and keeps the model."""
    with errors():
        config = _config(
            default_config(dataset, model),
            model={
                "latent_dim": latent_dim,
                "posterior": "point" if autoencoder else None,
            },
            train={
                "beta": beta,
                "epochs": epochs,
                "batch_size": batch_size,
                "learning_rate": learning_rate,
                "corruption": _corruption(noise, level),
            },
            seed=seed,
        )
        load_dataset(dataset)  # a missing data set is told before a folder is made
        run = runs.create(config, folder=folder)
        with training_bar(run) as on_event:
            execute(run, on_event=on_event)
        record = run.record()
        out.print(f"Run {record.status}: {run.folder.resolve()}", **AS_IT_IS)
        summary = record.summary.model_dump() if record.summary else {}
        show("Test split", summary)
        if as_json:
            print_json(
                {
                    "run": str(run.folder.resolve()),
                    "status": record.status,
                    "num_steps": record.num_done,
                    "elapsed_s": record.elapsed_s,
                    **summary,
                }
            )


@app.command(epilog=_examples("evaluate mnist-2d", "evaluate runs/denoiser --split val --json"))
def evaluate(
    reference: Reference,
    split: Annotated[str, typer.Option(help="train, val or test.")] = "test",
    as_json: Json = False,
) -> None:
    """Measure a model: ELBO, reconstruction, and how well the latent separates the classes."""
    with errors():
        checkpoint = load_checkpoint(catalogue.find(reference))
        data = load_dataset(checkpoint.record.config.dataset)
        values = asdict(evaluate_model(checkpoint.model, data, split))
        show(f"{checkpoint.record.title}, {split} split", values)
        if checkpoint.model.likelihood.note:
            out.print(f"Note: {checkpoint.model.likelihood.note}")
        if as_json:
            print_json(values)


@app.command(
    epilog=_examples(
        "denoise mnist-denoise-16d",
        "denoise mnist-16d --noise salt-and-pepper --level 0.2 --json",
    )
)
def denoise(
    reference: Reference,
    noise: Annotated[str, typer.Option(help=f"One of: {', '.join(CORRUPTIONS)}.")] = "gaussian",
    level: Annotated[float, typer.Option(help="Strength, 0 to 1.")] = 0.5,
    num_images: Annotated[int, typer.Option(help="The first images of the test split.")] = 1000,
    seed: Annotated[int, typer.Option(help="Of the noise.")] = 0,
    as_json: Json = False,
) -> None:
    """Damage test images and restore them: the model beside a median filter."""
    with errors():
        if num_images < 1:
            raise InvalidInputError(f"{num_images} images received; expected at least 1.")
        if not 0 <= seed <= MAX_SEED:
            raise InvalidInputError(
                f"Seed {seed} received; expected a number from 0 to {MAX_SEED}."
            )
        checkpoint = load_checkpoint(catalogue.find(reference))
        clean = load_dataset(checkpoint.record.config.dataset).test.pixels(0, num_images)
        rows = compare_denoising({"restored": checkpoint.model}, clean, noise, level, seed)
        title = escape(f"{checkpoint.record.title}, {noise} {level}")
        table = Table("", "PSNR dB", "SSIM", title=title)
        for name, row in rows.items():
            table.add_row(name, f"{row.psnr_db:.2f}", f"{row.ssim:.3f}")
        out.print(table)
        out.print(_trained_for(checkpoint))
        if as_json:
            methods = {
                name.replace(" ", "_"): {"psnr_db": row.psnr_db, "ssim": row.ssim}
                for name, row in rows.items()
            }
            print_json(
                {**methods, "noise": noise, "level": level, "num_images": len(clean), "seed": seed}
            )


@app.command(epilog=_examples("datasets", "datasets --download mnist"))
def datasets(
    download: Annotated[
        str | None, typer.Option(help="Fetch this one into VAELAB_DATA first.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the data sets, and fetch one on request."""
    with errors():
        if download is not None:
            _download(download)
        rows = {
            name: {
                "title": entry.spec.title,
                "event_shape": list(entry.spec.event_shape),
                "num_classes": len(entry.spec.class_names),
                "present": entry.is_present(),
            }
            for name, entry in DATASETS.items()
        }
        table = Table("name", "title", "shape", "classes", "on this computer")
        for name, row in rows.items():
            shape = "x".join(map(str, DATASETS[name].spec.event_shape))
            there = "yes" if row["present"] else "no"
            table.add_row(name, str(row["title"]), shape, str(row["num_classes"]), there)
        out.print(table)
        out.print(f"Folder: {data_folder().resolve()} (VAELAB_DATA)", **AS_IT_IS)
        if as_json:
            print_json(rows)


@app.command(epilog=_examples("models", "models --json"))
def models(as_json: Json = False) -> None:
    """List the kinds of models and their settings."""
    with errors():
        table = Table("name", "title", "settings and defaults")
        rows: dict[str, Any] = {}
        for name, entry in MODELS.items():
            settings = entry.config().model_dump(exclude={"name"})
            rows[name] = {"title": entry.title, "settings": settings}
            table.add_row(name, entry.title, ", ".join(f"{k} {v}" for k, v in settings.items()))
        out.print(table)
        out.print("Each is a VAE (posterior gaussian) or a plain autoencoder (posterior point).")
        if as_json:
            print_json(rows)


@app.command(epilog=_examples("checkpoints", "checkpoints --rebuild all"))
def checkpoints(
    rebuild: Annotated[
        str | None,
        typer.Option(help=f"Train a bundled one again: all, {', '.join(RECIPES)}."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the bundled checkpoints and the saved runs, or train the bundled ones again."""
    with errors():
        if rebuild is not None:
            for name in RECIPES if rebuild == "all" else [rebuild]:
                _rebuild(name)
        rows = {}
        table = Table("name", "data", "model", "latent", "kNN accuracy", "folder")
        for record in [*catalogue.bundled(), *runs.saved()]:
            config, folder = record.config, catalogue.folder_of(record.id)
            accuracy = record.summary.knn_accuracy if record.summary else None
            kind = "VAE" if config.model.posterior == "gaussian" else "autoencoder"
            rows[record.id] = {
                "name": record.title,
                "dataset": config.dataset,
                "model": config.model.name,
                "posterior": config.model.posterior,
                "latent_dim": config.model.latent_dim,
                "knn_accuracy": accuracy,
                "folder": str(folder),
            }
            table.add_row(
                escape(record.title),
                config.dataset,
                f"{config.model.name} {kind}",
                str(config.model.latent_dim),
                "" if accuracy is None else f"{accuracy:.3f}",
                escape(os.path.relpath(folder)),
            )
        out.print(table)
        if as_json:
            print_json(rows)


def main() -> None:
    """Run the command line and exit: 0 fine, 1 failed, 2 wrong use."""
    app(prog_name="python -m vae_core")


def _config(base: RunConfig, *, seed: int | None, **parts: dict[str, Any]) -> RunConfig:
    """Change what was given; None means: as the recipe has it."""
    changes: dict[str, Any] = {
        part: getattr(base, part).evolve(**{k: v for k, v in given.items() if v is not None})
        for part, given in parts.items()
    }
    return base.evolve(**changes, **({} if seed is None else {"seed": seed}))


def _corruption(noise: str | None, level: float | None) -> CorruptionConfig | None:
    if noise is None and level is not None:
        raise InvalidConfigError(f"--level {level} received without --noise; name the noise too.")
    if noise is None:
        return None
    if noise not in CORRUPTIONS:
        raise UnknownNameError("corruption", noise, CORRUPTIONS)
    default = CORRUPTIONS[noise].default
    return CorruptionConfig.parse({"kind": noise, "level": default if level is None else level})


def _download(name: str) -> None:
    entry = dataset_entry(name)
    if entry.download is None:
        out.print(f"{entry.spec.title} is embedded; nothing to fetch.")
        return
    columns = (TextColumn(entry.spec.title), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Bar(*columns, console=err) as bar:
        task = bar.add_task("download")
        entry.download(lambda done, total: bar.update(task, completed=done, total=total))


def _rebuild(name: str) -> None:
    config = recipe(name)
    data = load_dataset(config.dataset)
    err.print(f"Training {name}")
    *_, last = train_events(config, data)
    assert isinstance(last, Finished)
    folder = catalogue.BUNDLED / name
    folder.mkdir(parents=True, exist_ok=True)
    record = RunRecord(
        id=name,
        name=name,
        status="finished",
        config=config,
        spec=data.spec,
        elapsed_s=last.elapsed_s,
        num_done=last.step,
        num_steps=last.step,
    )
    save_trained(folder, record, last.model, data, half=True)


def _trained_for(checkpoint: Checkpoint) -> str:
    damage = checkpoint.record.config.train.corruption
    if damage is None:
        return "This model was trained on clean images, not to remove noise."
    title = CORRUPTIONS[damage.kind].title
    return f"This model was trained to remove noise: {title}, level {damage.level}."
