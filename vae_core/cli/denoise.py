"""`python -m vae_core denoise`."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from vae_core import catalogue
from vae_core.checkpoints import Checkpoint, load_checkpoint
from vae_core.cli.shared import MAX_SEED, Json, Reference, app, examples
from vae_core.console import errors, out, print_json
from vae_core.corruption import CORRUPTIONS
from vae_core.data import load_dataset
from vae_core.errors import InvalidInputError
from vae_core.restoration import compare_denoising


@app.command(
    epilog=examples(
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


def _trained_for(checkpoint: Checkpoint) -> str:
    damage = checkpoint.record.config.train.corruption
    if damage is None:
        return "This model was trained on clean images, not to remove noise."
    title = CORRUPTIONS[damage.kind].title
    return f"This model was trained to remove noise: {title}, level {damage.level}."
