"""Whether pages can show a model: asked of what somebody brings, since everybody is offered it.

What is trained here is so by itself. A file may hold numbers that are all finite, and still too
large for a map, a slider or the sums of its own network.
"""

from collections.abc import Iterable

from vae_core.checkpoints import MAX_LATENTS, Checkpoint
from vae_core.directions import Direction
from vae_core.errors import CheckpointError, InvalidInputError
from vae_core.inference import decode, encode

MIN_LATENTS = 2  # of fewer there is no map
MAX_REACH = 1e6  # of a latent number: maps and sliders go no farther
FEW = 16  # pictures by which the network is tried


def check_showable(found: Checkpoint, directions: Iterable[Direction]) -> None:
    """Try a model as pages will use it.

    Raises:
        CheckpointError: saying what they could not show.
    """
    num, means = len(found.latents), found.latents.encoded.mean
    if num < MIN_LATENTS:
        raise CheckpointError(f"latents of fewer than {MIN_LATENTS} pictures are there.")
    if num > MAX_LATENTS:
        raise CheckpointError(f"latents of {num:,} pictures are there, of {MAX_LATENTS:,} at most.")
    rows = [*found.record.latent_quantiles, *(one.vector for one in directions)]
    _check_reach(float(means.abs().max()), *(abs(value) for row in rows for value in row))
    try:
        codes = encode(found.model, decode(found.model, means[:FEW])).mean
    except InvalidInputError as error:
        raise CheckpointError(str(error)) from error
    _check_reach(float(codes.abs().max()))


def _check_reach(*sizes: float) -> None:
    reach = max(sizes)
    if reach > MAX_REACH:
        raise CheckpointError(f"latent numbers of {reach:g} are there, of {MAX_REACH:g} at most.")
