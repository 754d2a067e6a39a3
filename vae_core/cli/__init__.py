"""The command line: `python -m vae_core ...`, one file per command."""

# isort: off
from vae_core.cli.shared import app

# Each import adds its commands, and their order is that of the help.
from vae_core.cli import train, evaluate, denoise, inpaint, upscale, lists
# isort: on

__all__ = ["app", "denoise", "evaluate", "inpaint", "lists", "main", "train", "upscale"]


def main() -> None:
    """Run the command line and exit: 0 fine, 1 failed, 2 wrong use."""
    app(prog_name="python -m vae_core")
