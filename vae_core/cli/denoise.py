"""`python -m vae_core denoise`: of files, or measured on test images."""

from typing import Annotated

import torch
import typer
from rich.markup import escape
from rich.table import Table

from vae_core import catalogue
from vae_core.checkpoints import Checkpoint, load_checkpoint
from vae_core.cli.picture_files import Handling, Task, check_seed, restore_files, restorer
from vae_core.cli.picture_options import (
    METHODS,
    Before,
    DatasetName,
    Enlarge,
    Force,
    Invert,
    MethodName,
    Model,
    Out,
    Seed,
    WayName,
)
from vae_core.cli.picture_plan import is_file, plan
from vae_core.cli.shared import Json, app, examples
from vae_core.console import AS_IT_IS, errors, out, print_json
from vae_core.corruption import CORRUPTIONS, check_level, damage, given
from vae_core.data import load_dataset
from vae_core.errors import InvalidInputError
from vae_core.metrics import mean_psnr_db
from vae_core.pictures import Prepared
from vae_core.restoration import DAMAGED, classical_methods, compare, model_methods
from vae_core.restoration.choosing import ONE_PASS, PARTLY_KNOWN, SEARCH

# What rows are called here, and in the JSON.
ROWS = {DAMAGED: "noisy", "median": "median filter", ONE_PASS: "restored"}


@app.command(
    epilog=examples(
        "denoise noisy.png scan.jpg --out restored",
        "denoise noisy.png --model mnist-denoise-16d --level 0.3 --out restored",
        "denoise mnist-denoise-16d --noise salt-and-pepper --level 0.2 --json",
    )
    + f"\n\n{METHODS}"
)
def denoise(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE... | RUN_OR_CHECKPOINT",
            help="PNG, JPEG or WebP files; or one model, to measure it on its test images.",
        ),
    ],
    out_folder: Out = None,
    model: Model = None,
    method: MethodName = None,
    dataset: DatasetName = None,
    noise: Annotated[
        str,
        typer.Option(help=f"What it is, or is to be, like; one of: {', '.join(CORRUPTIONS)}."),
    ] = "gaussian",
    level: Annotated[
        float | None, typer.Option(help="How strong it is, or is to be, in its own unit.")
    ] = None,
    prepare: WayName = "auto",
    invert: Invert = None,
    before: Before = False,
    enlarge: Enlarge = 1,
    force: Force = False,
    num_images: Annotated[int, typer.Option(help="Test images to measure a model on.")] = 1000,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Take noise from pictures' files; or, given one model, damage test images and restore them."""
    with errors():
        check_seed(seed)
        strength = _level(noise, level)
        for_files = (out_folder, model, method, dataset)
        if len(files) == 1 and not is_file(files[0]) and not any(for_files):
            _measure(files[0], noise, strength, num_images, seed, as_json)
            return
        if noise in PARTLY_KNOWN:
            raise InvalidInputError(
                f"Noise {noise} received for files; use `inpaint` for missing pixels, `upscale` "
                "for pictures that are too small."
            )
        how = Handling(prepare, invert, 1, before, enlarge, seed)
        planned = plan(files, out_folder, force, before)
        who = restorer(model, method, dataset, noise)
        if level is None and (who.method.family == "classical" or who.method.name == SEARCH):
            what = f"{CORRUPTIONS[noise].title}, level {strength:g}"
            out.print(f"Taken as {what}; --noise and --level say otherwise.", **AS_IT_IS)

        def task(ready: Prepared) -> Task:
            return Task(given(ready.picture, noise, strength))

        restore_files(planned, who, how, task, as_json)


def _level(noise: str, level: float | None) -> float:
    """How strong it is: as that kind is by default, unless it was said."""
    if level is None and noise in CORRUPTIONS:
        return CORRUPTIONS[noise].levels.default
    check_level(noise, level or 0.0)
    return level or 0.0


def _measure(
    reference: str, noise: str, level: float, num_images: int, seed: int, as_json: bool
) -> None:
    """Damage test images and restore them: the model beside a median filter."""
    if num_images < 1:
        raise InvalidInputError(f"{num_images} images received; expected at least 1.")
    checkpoint = load_checkpoint(catalogue.find(reference))
    name = checkpoint.record.config.dataset
    clean = load_dataset(name).test.pixels(0, num_images)
    damaged = damage(clean, noise, level, torch.Generator().manual_seed(seed))
    found = classical_methods(name) | model_methods(checkpoint.model)
    methods = [found[row] for row in ROWS if row in found and found[row].fits(noise)]
    scored = compare(methods, clean, damaged, seed=seed)
    title = escape(f"{checkpoint.record.title}, {noise} {level:g}")
    table = Table("", "PSNR dB", "SSIM", title=title)
    means = {
        ROWS[row]: {"psnr_db": mean_psnr_db(one.psnr_db), "ssim": float(one.ssim.mean())}
        for row, one in scored.items()
    }
    for row, mean in means.items():
        table.add_row(row, f"{mean['psnr_db']:.2f}", f"{mean['ssim']:.3f}")
    out.print(table)
    out.print(_trained_for(checkpoint))
    if as_json:
        named = {row.replace(" ", "_"): mean for row, mean in means.items()}
        facts = {"noise": noise, "level": level, "num_images": len(clean), "seed": seed}
        print_json({**named, **facts})


def _trained_for(checkpoint: Checkpoint) -> str:
    trained = checkpoint.record.config.train.corruption
    if trained is None:
        return "This model was trained on clean images, not to remove noise."
    title = CORRUPTIONS[trained.kind].title
    return f"This model was trained to remove noise: {title}, level {trained.level}."
