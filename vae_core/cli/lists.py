"""`python -m vae_core datasets`, `models` and `checkpoints`: what there is, and how to get it."""

import os
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from vae_core import catalogue, runs
from vae_core.bundling import bundle
from vae_core.cli.shared import Json, app, examples
from vae_core.console import AS_IT_IS, err, errors, out, print_json
from vae_core.data import DATASETS, data_folder, dataset_entry, load_dataset
from vae_core.metrics.extractor import NAMES
from vae_core.metrics.extractor_training import RECIPES as READER_RECIPES
from vae_core.metrics.extractor_training import save_extractor, train_extractor
from vae_core.models import MODELS
from vae_core.recipes import RECIPES
from vae_core.restoration.champion import CHAMPIONS, Champion
from vae_core.restoration.champion_training import RECIPES as RESTORER_RECIPES
from vae_core.restoration.champion_training import save_champion, train_champion

REBUILT = (*RECIPES, *NAMES, *CHAMPIONS)


@app.command(epilog=examples("datasets", "datasets --download mnist"))
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


@app.command(epilog=examples("models", "models --json"))
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


@app.command(epilog=examples("checkpoints", "checkpoints --rebuild all"))
def checkpoints(
    rebuild: Annotated[
        str | None,
        typer.Option(help=f"Train a bundled one again: all, {', '.join(REBUILT)}."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the bundled checkpoints and the saved runs, or train the bundled ones again."""
    with errors():
        if rebuild is not None:
            for name in REBUILT if rebuild == "all" else [rebuild]:
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
    if name in NAMES:
        _rebuild_extractor(name)
        return
    if name in CHAMPIONS:
        _rebuild_champion(name)
        return
    err.print(f"Training {name}")
    bundle(name)


def _rebuild_extractor(name: str) -> None:
    data = load_dataset(READER_RECIPES[name][0])
    err.print(f"Training {name}")
    extractor = train_extractor(data, name)
    save_extractor(extractor)
    err.print(f"It reads {extractor.card.test_accuracy:.2%} of the test split's images rightly.")


def _rebuild_champion(name: str) -> None:
    training = train_champion(load_dataset(RESTORER_RECIPES[name][1].dataset), name)
    columns = (TextColumn(f"Training {name}"), BarColumn(), TimeRemainingColumn())
    with Bar(*columns, console=err) as bar:
        task = bar.add_task("train")
        for event in training:
            if isinstance(event, Champion):
                save_champion(event)
                shown = event.card.test_psnr_db["gaussian-0.5"]
            else:
                bar.update(task, completed=event.step, total=event.num_steps)
    err.print(f"It restores test images with Gaussian noise of 0.5 to {shown:.2f} dB.")
