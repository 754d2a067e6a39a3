"""`python -m vae_core upscale`."""

from typing import Annotated

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
from vae_core.cli.picture_plan import plan
from vae_core.cli.shared import Json, app, examples
from vae_core.console import errors
from vae_core.corruption import CORRUPTIONS, given_small
from vae_core.data import dataset_entry
from vae_core.errors import InvalidInputError
from vae_core.pictures import Prepared

SMALLER = "down-sample"
FACTORS = tuple(int(level) for level in CORRUPTIONS[SMALLER].levels.choices[1:])


@app.command(
    epilog=examples(
        "upscale small.png --factor 2 --out large",
        "upscale *.png --factor 4 --model mnist-16d --out large",
        "upscale small.png --method bicubic --dataset digits --out large",
    )
    + f"\n\n{METHODS}"
)
def upscale(
    files: Files,
    out_folder: Out = None,
    factor: Annotated[int, typer.Option(help=f"One of: {', '.join(map(str, FACTORS))}.")] = FACTORS[
        0
    ],
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
    """Enlarge small pictures' files to the size of a data set's, detail added.

    A file is made as small as the data set's pictures are, divided by the factor, and enlarged.
    """
    with errors():
        if factor not in FACTORS:
            expected = " or ".join(map(str, FACTORS))
            raise InvalidInputError(f"--factor {factor} received; expected {expected}.")
        how = Handling(prepare, invert, factor, before, enlarge, seed)
        planned = plan(files, out_folder, force, before)
        who = restorer(model, method, dataset, SMALLER)
        _, height, width = dataset_entry(who.dataset).spec.event_shape

        def task(ready: Prepared) -> Task:
            return Task(given_small(ready.picture, factor, (height, width)))

        restore_files(planned, who, how, task, as_json)
