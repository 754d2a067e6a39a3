"""Which files are read and written: settled before anything is done."""

from collections.abc import Iterable
from pathlib import Path

from vae_core.errors import InvalidInputError
from vae_core.pictures import MAX_BYTES


def plan(files: Iterable[str], folder: Path | None, force: bool, before: bool) -> dict[str, Path]:
    """Say where each file's picture goes, before anything is done.

    Raises:
        InvalidInputError: for a file that is not there, two of one name, or one that would be
            written over.
    """
    if folder is None:
        raise InvalidInputError("No folder to write to was named; expected --out FOLDER.")
    planned: dict[str, Path] = {}
    takers: dict[Path, str] = {}
    for name in dict.fromkeys(files):
        if not is_file(name):
            raise InvalidInputError(
                f"{name!r} is no file; expected pictures. A model is named with --model."
            )
        planned[name] = folder / f"{Path(name).stem}.png"
        for target in (planned[name], *([before_of(planned[name])] if before else [])):
            if target in takers:
                raise InvalidInputError(
                    f"{takers[target]} and {name} would both become {target}; restore them into "
                    "two folders."
                )
            if target.exists() and not force:
                raise InvalidInputError(
                    f"{target} is there already; name another folder, or --force to replace it."
                )
            takers[target] = name
    return planned


def is_file(name: str) -> bool:
    """Whether a name is a file's; a name that cannot be one is none."""
    try:
        return Path(name).is_file()
    except (OSError, ValueError):
        return False


def before_of(target: Path) -> Path:
    """Where what the method is given goes, beside what comes of it."""
    return target.with_name(f"{target.stem}-before.png")


def content_of(name: str) -> bytes:
    """A file's bytes, none beyond those that `prepare` refuses.

    Raises:
        InvalidInputError: when it cannot be read.
    """
    try:
        with Path(name).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidInputError(f"It cannot be read ({error.strerror}).") from error
