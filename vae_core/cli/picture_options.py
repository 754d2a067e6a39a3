"""Options that all commands on pictures' files have."""

from pathlib import Path
from typing import Annotated

import typer

from vae_core.data import DATASETS
from vae_core.pictures import WAYS

Files = Annotated[list[str], typer.Argument(metavar="FILE...", help="PNG, JPEG or WebP.")]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FOLDER", help="Where the restored pictures go, as PNG."),
]
Model = Annotated[
    str | None,
    typer.Option(metavar="RUN_OR_CHECKPOINT", help="The model that restores: see `checkpoints`."),
]
MethodName = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="A method: see below. A wrong name lists those that fit."),
]
DatasetName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help=f"Whose pictures the files are like, one of: {', '.join(DATASETS)}. The model's, or "
        "mnist.",
    ),
]
WayName = Annotated[
    str,
    typer.Option(
        "--prepare",
        help=f"How a file becomes a picture like those, one of: {', '.join(WAYS)}. ink lays what "
        "is written in the frame, plain takes all of the picture.",
    ),
]
Invert = Annotated[
    bool | None,
    typer.Option("--invert/--no-invert", help="With plain: dark for light. Guessed by itself."),
]
Before = Annotated[
    bool, typer.Option("--before", help="Write NAME-before.png too: what the method was given.")
]
Enlarge = Annotated[int, typer.Option(metavar="N", help="Write each pixel as N x N of them.")]
Force = Annotated[bool, typer.Option("--force", help="Write over files that are there.")]
Seed = Annotated[int, typer.Option(help="Of every draw.")]

METHODS = (
    "Methods: champion, a network made for restoring, is the one without a model; with a model it "
    "is one-pass, or search where pixels are missing or too few. Classical filters need no model."
)
