"""Every model that can be opened: bundled with the library, or saved from a run."""

import re
from pathlib import Path

from vae_core import runs
from vae_core.errors import CheckpointError
from vae_core.record import RECORD_FILE, RunRecord, read_record
from vae_core.runs import Run

BUNDLED = Path(__file__).resolve().parents[1] / "checkpoints"
_NAME = re.compile(r"[a-z0-9-]{1,100}")


def bundled() -> list[RunRecord]:
    """Descriptions of the checkpoints that come with the library, sorted by name."""
    return [read_record(path.parent) for path in sorted(BUNDLED.glob(f"*/{RECORD_FILE}"))]


def folder_of(model_id: str) -> Path:
    """Folder of a bundled checkpoint or a run, by its id; safe for ids from a URL.

    Raises:
        CheckpointError: when there is none of that id.
    """
    if _NAME.fullmatch(model_id):
        for root in (BUNDLED, runs.runs_root()):
            if (root / model_id / RECORD_FILE).is_file():
                return root / model_id
    names = ", ".join(record.id for record in bundled())
    raise CheckpointError(
        f"There is no model {model_id[:60]!r} here; it may have been deleted, or trained on "
        f"another computer. Bundled: {names}."
    )


def is_bundled(folder: Path) -> bool:
    """Say whether a folder is a bundled checkpoint's, which nobody renames or deletes."""
    return folder.parent.resolve() == BUNDLED.resolve()


def open_run(run_id: str) -> Run:
    """Find a run, or the training of a bundled checkpoint, by an id from a URL.

    Raises:
        RunError: when there is none of that id.
    """
    folder = BUNDLED / run_id
    if _NAME.fullmatch(run_id) and (folder / RECORD_FILE).is_file():
        return Run(folder)
    return runs.open_run(run_id)


def find(reference: str) -> Path:
    """Folder of a model that a person names: a path, a bundled name, a run's id or its name.

    Raises:
        CheckpointError: when nothing answers to it.
    """
    path = Path(reference)
    try:
        is_folder = path.is_dir()
        if (path / RECORD_FILE).is_file():
            return path
    except OSError:
        is_folder = False  # too long a name, or not to be looked into
    for record in runs.saved():
        if record.name == reference:
            return folder_of(record.id)
    if is_folder:
        raise CheckpointError(
            f"{reference} holds no {RECORD_FILE}; expected the folder of a run or a checkpoint."
        )
    return folder_of(reference)


def reference_to(folder: Path) -> str:
    """The shortest reference that finds a model's folder again: its id, else its full path."""
    is_known = folder.parent.resolve() in (BUNDLED.resolve(), runs.runs_root().resolve())
    return folder.name if is_known and _NAME.fullmatch(folder.name) else str(folder.resolve())
