"""What every command shares: the application, and the options that several of them have."""

from typing import Annotated

import typer

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


def examples(*lines: str) -> str:
    """Format a command's examples for its help."""
    return "Examples:\n\n" + "\n\n".join(f"  python -m vae_core {line}" for line in lines)
