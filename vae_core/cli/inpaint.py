"""`python -m vae_core inpaint`."""

from pathlib import Path
from typing import Annotated

import torch
import typer

from vae_core.cli.picture_files import Handling, Task, restore_files, restorer
from vae_core.cli.picture_options import (
    METHODS,
    Before,
    DatasetName,
    Enlarge,
    Files,
    Force,
    Invert,
    MethodName,
    Model,
    Out,
    Seed,
    WayName,
)
from vae_core.cli.picture_plan import content_of, is_file, plan
from vae_core.cli.shared import Json, app, examples
from vae_core.console import errors
from vae_core.corruption import CORRUPTIONS, damage, hide
from vae_core.errors import InvalidInputError
from vae_core.pictures import Prepared, read_mask

HALF, SQUARE, SCRIBBLE = "half", "masked-square", "scribble"


@app.command(
    epilog=examples(
        "inpaint torn.png --mask hole.png --out restored",
        "inpaint *.png --half --model mnist-16d --out restored",
        "inpaint digit.png --square --seed 3 --method biharmonic --out restored",
    )
    + f"\n\n{METHODS}"
)
def inpaint(
    files: Files,
    out_folder: Out = None,
    mask: Annotated[
        Path | None,
        typer.Option(help="A picture as large as each file: light where pixels are missing."),
    ] = None,
    half: Annotated[bool, typer.Option("--half", help="The lower half is missing.")] = False,
    square: Annotated[
        bool, typer.Option("--square", help="A square is missing, its place drawn with --seed.")
    ] = False,
    model: Model = None,
    method: MethodName = None,
    dataset: DatasetName = None,
    prepare: WayName = "auto",
    invert: Invert = None,
    before: Before = False,
    enlarge: Enlarge = 1,
    force: Force = False,
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Fill in missing pixels of pictures' files: say which with --mask, --half or --square."""
    with errors():
        if sum((mask is not None, half, square)) != 1:
            raise InvalidInputError(
                "It must be said which pixels are missing; expected one of --mask FILE, --half and "
                "--square."
            )
        kind = SCRIBBLE if mask is not None else HALF if half else SQUARE
        how = Handling(prepare, invert, 1, before, enlarge, seed)
        hidden = None if mask is None else _mask(mask)
        planned = plan(files, out_folder, force, before)
        who = restorer(model, method, dataset, kind)

        def task(ready: Prepared) -> Task:
            if hidden is not None:
                return Task(hide(ready.picture, read_mask(hidden, ready)))
            generator = torch.Generator().manual_seed(seed)
            level = CORRUPTIONS[kind].levels.default
            return Task(damage(ready.picture, kind, level, generator), clean=ready.picture)

        restore_files(planned, who, how, task, as_json)


def _mask(path: Path) -> bytes:
    if not is_file(str(path)):
        raise InvalidInputError(f"--mask {str(path)!r} is no file; expected a picture.")
    return content_of(str(path))
