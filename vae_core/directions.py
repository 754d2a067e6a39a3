"""Directions of a latent space that people have named, such as "thicker": kept with the model."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import Field, FiniteFloat

from vae_core import runs
from vae_core.catalogue import is_bundled
from vae_core.errors import InvalidInputError, VAELabError
from vae_core.files import locked, read_json, write_json
from vae_core.schema import Config

DIRECTIONS_FILE = "directions.json"
BUNDLED_FOLDER = ".bundled"  # under the runs: nothing is written into the program itself
MAX_DIRECTIONS, MAX_NAME = 12, 30


class Direction(Config):
    """The way from one group of pictures to another.

    Attributes:
        name: given by a person, unique for its model.
        vector: (D,) mean code of group A less that of group B: adding it once goes from B to A.
        num_a, num_b: pictures in the two groups.
    """

    name: str = Field(min_length=1, max_length=MAX_NAME)
    vector: tuple[FiniteFloat, ...] = Field(min_length=1)
    num_a: int = Field(ge=1)
    num_b: int = Field(ge=1)


class _Kept(Config):
    format: Literal[1] = 1
    directions: tuple[Direction, ...] = ()


def directions_of(folder: Path) -> list[Direction]:
    """List the directions of a model, in the order in which they were made.

    Args:
        folder: of the model, bundled or a run.

    Raises:
        InvalidInputError: when their file is damaged.
    """
    path = _path(folder)
    try:
        return list(_Kept.parse(read_json(path)).directions)
    except FileNotFoundError:
        return []
    except (OSError, ValueError, RecursionError, VAELabError) as error:
        raise InvalidInputError(
            f"{path} cannot be read as directions ({error}). Remove the file to begin anew."
        ) from error


def add_direction(
    folder: Path, latent_dim: int, name: str, vector: Sequence[float], num_a: int, num_b: int
) -> Direction:
    """Keep a direction under a name.

    Raises:
        InvalidInputError: for a name that is empty, too long or taken, a vector of another size or
            without length, or when there are 12 already.
        RunError: when the disk is full, or the model's folder is gone.
    """
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise InvalidInputError(f"Give the direction a name of 1 to {MAX_NAME} characters.")
    length = math.hypot(*vector)
    if len(vector) != latent_dim or not math.isfinite(length):
        raise InvalidInputError(
            f"A direction of {len(vector)} numbers and length {length:g} was received; expected "
            f"{latent_dim} finite numbers."
        )
    if length == 0:
        raise InvalidInputError("A and B have the same middle; choose two different groups.")
    made = Direction.parse({"name": name, "vector": tuple(vector), "num_a": num_a, "num_b": num_b})
    put_back(folder, MAX_DIRECTIONS, made)
    return made


def remove_direction(folder: Path, name: str) -> tuple[int, Direction]:
    """Forget a direction; returns its place and itself, for `put_back`.

    Raises:
        InvalidInputError: when there is none of that name.
    """
    with _changing(folder) as known:
        for place, direction in enumerate(known):
            if direction.name == name:
                return place, known.pop(place)
        raise InvalidInputError(f"There is no direction called {name[:60]!r} any more.")


def put_back(folder: Path, place: int, direction: Direction) -> None:
    """Keep a direction again, at its place or at the end of those that there are now.

    Raises:
        InvalidInputError: when its name is taken, or when there are 12 already.
    """
    with _changing(folder) as known:
        if any(other.name == direction.name for other in known):
            raise InvalidInputError(
                f"There is already a direction called {direction.name!r}; choose another name."
            )
        if len(known) >= MAX_DIRECTIONS:
            raise InvalidInputError(
                f"This model has {MAX_DIRECTIONS} directions already; remove one on Sliders first."
            )
        known.insert(place, direction)


@contextmanager
def _changing(folder: Path) -> Iterator[list[Direction]]:
    """The directions, for a change that nobody else's falls between; an error changes nothing."""
    path = _path(folder)
    if is_bundled(folder):
        path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path.parent):
        known = directions_of(folder)
        yield known
        write_json(path, _Kept(directions=tuple(known)).model_dump(mode="json"))


def _path(folder: Path) -> Path:
    if is_bundled(folder):
        return runs.runs_root() / BUNDLED_FOLDER / folder.name / DIRECTIONS_FILE
    return folder / DIRECTIONS_FILE
