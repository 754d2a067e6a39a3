"""How much of the server one person may use: asked wherever somebody begins or brings a run.

How many runs may wait and train is the queue's to say (`vae_core.jobs`); `ui/workers.py` tells it.
"""

from pathlib import Path

from ui.server_settings import PREFIX, server_settings
from vae_core import runs
from vae_core.config import RunConfig
from vae_core.data import dataset_entry
from vae_core.errors import RunError
from vae_core.files import read_json
from vae_core.models import num_parameters
from vae_core.record import RECORD_FILE

MIB = 2**20


class NoRoomError(RunError):
    """A person's runs fill what they may; `run_room.show` offers to make room."""


def check_config(config: RunConfig) -> None:
    """Refuse a training that would take longer, or more memory, than one person's may.

    Raises:
        RunError: saying what was received and what is allowed.
    """
    limits = server_settings()
    if config.train.epochs > limits.max_epochs:
        raise RunError(
            f"{config.train.epochs:,} epochs received; this server trains at most "
            f"{limits.max_epochs:,}. Choose fewer, or have it started with {PREFIX}MAX_EPOCHS."
        )
    num = num_parameters(config.model, dataset_entry(config.dataset).spec)
    if num > limits.max_parameters:
        raise RunError(
            f"A model of {num:,} parameters received; this server trains at most "
            f"{limits.max_parameters:,}. Choose a smaller one, or have it started with "
            f"{PREFIX}MAX_PARAMETERS."
        )


def check_room(owner: str) -> None:
    """Refuse another run to a person whose runs fill what they may.

    Raises:
        NoRoomError: saying how much they take.
    """
    used, allowed = bytes_of(owner), server_settings().max_disk_mb
    if used >= allowed * MIB:
        raise NoRoomError(
            f"Your runs take {used // MIB:,} of the {allowed:,} MiB that one person may have here. "
            "Delete some of them first."
        )


def owned_by(owner: str) -> list[runs.Run]:
    """All runs of one person; a folder that cannot be read is nobody's."""
    found = []
    for path in runs.runs_root().glob(f"*/{RECORD_FILE}"):
        try:
            is_theirs = read_json(path)["owner"] == owner  # not validated: only counted
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            continue
        if is_theirs:
            found.append(runs.Run(path.parent))
    return found


def bytes_of(owner: str) -> int:
    """Bytes that one person's runs take; what is in the trash does not count."""
    return sum(folder_bytes(run.folder) for run in owned_by(owner))


def folder_bytes(folder: Path) -> int:
    """Bytes of all files in a folder and those below it; one that vanishes meanwhile is none."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except OSError:
            continue
    return total
