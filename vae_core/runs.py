"""A run is a folder: create, list, read, watch, control.

Everything goes through files, each replaced atomically, so that any process (another server, a
worker, the command line) can watch and control a run. Nothing here trains.
"""

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from types import MappingProxyType
from typing import Any, Literal, get_args

from vae_core import leases
from vae_core.checkpoints import MODEL_FILE, RESUME_FILE
from vae_core.config import RunConfig
from vae_core.data import dataset_entry
from vae_core.errors import CheckpointError, RunError
from vae_core.files import disk_error, locked, read_json, sweep, write_atomically, write_json
from vae_core.frames import LIVE_FILE, Frame, read_frame, write_frame
from vae_core.leases import HEARTBEAT_S
from vae_core.recipes import RECIPES
from vae_core.record import RECORD_FILE, RunRecord, Status, read_record, write_record

METRICS_FILE = "metrics.jsonl"
CONTROL_FILE = "control.json"
FRAMES_FOLDER = "frames"
TRASH_FOLDER = ".trash"

TAIL_BYTES = 4_096  # some ten rows
MAX_FRAME_BYTES = 16 * 2**20
MAX_NAME_LENGTH = 60
_ID = re.compile(r"[0-9a-f]{24}")

Want = Literal["run", "slow", "pause", "stop"]
"""What is asked of a run: full speed, one step a second with its anatomy, or an end."""


def runs_root() -> Path:
    """Return the folder that `VAELAB_RUNS` names, else `runs` in the current folder."""
    return Path(os.environ.get("VAELAB_RUNS") or "runs").expanduser()


@dataclass(frozen=True)
class Run:
    """One run's folder."""

    folder: Path

    @property
    def id(self) -> str:
        """The folder's name: unguessable, for URLs."""
        return self.folder.name

    def record(self) -> RunRecord:
        """Read the description, with the status as it is now (see `status_now`)."""
        record = read_record(self.folder)
        return record.evolve(status=self.status_now(record.status))

    def status_now(self, written: Status) -> Status:
        """Correct a written status: work whose worker no longer lives is interrupted."""
        at_work = written in ("queued", "running")
        return "interrupted" if at_work and not leases.is_held(self.folder) else written

    def update(
        self, files: Mapping[str, bytes] = MappingProxyType({}), /, **changes: Any
    ) -> RunRecord:
        """Replace fields of the description; the others stay as whoever wrote them last left them.

        Args:
            files: which take their place together with the description, by name.
            changes: the fields.

        Raises:
            CheckpointError: when the description is damaged.
            RunError: when the disk is full, or the run is not here any more.
        """
        with locked(self.folder):  # a page gives it a name while a worker writes how far it is
            record = read_record(self.folder).evolve(**changes)
            write_record(self.folder, record, files)
        return record

    def is_usable(self) -> bool:
        """Say whether it has weights that pages can show."""
        return (self.folder / MODEL_FILE).is_file()

    def can_go_on(self) -> bool:
        """Say whether training can go on from where it stands, or has not begun.

        A run that was brought from elsewhere has weights alone.
        """
        return (self.folder / RESUME_FILE).is_file() or not self.is_usable()

    # What it measured

    def append_metrics(self, row: dict[str, Any]) -> None:
        """Add one line to the metrics.

        Raises:
            RunError: when the disk is full.
        """
        path = self.folder / METRICS_FILE
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
        except OSError as error:
            raise disk_error(path, error) from error

    def metrics(self) -> list[dict[str, Any]]:
        """All complete lines of the metrics; a line still being written is left for later."""
        try:
            text = (self.folder / METRICS_FILE).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        return list(_parsed(text))

    def newest_progress(self) -> dict[str, Any] | None:
        """The last row of progress, without reading all before it; None before the first."""
        try:
            with (self.folder / METRICS_FILE).open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
                text = file.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return None
        rows = [row for row in _parsed(text) if row.get("kind") == "progress"]
        return rows[-1] if rows else None

    def forget_after(self, step: int) -> None:
        """Drop metrics and frames later than `step`, before training goes on from there.

        What a worker that was killed has left half written goes too.
        """
        sweep(self.folder, "*.safetensors", "*.npz", METRICS_FILE)
        sweep(self.folder / FRAMES_FOLDER, "*.npz")
        kept = [json.dumps(row) + "\n" for row in self.metrics() if row["step"] <= step]
        write_atomically(self.folder / METRICS_FILE, "".join(kept).encode())
        for path in self.frame_paths():
            if int(path.stem) > step:
                path.unlink()

    # What it looked like

    def live_frame(self) -> Frame | None:
        """Read the newest frame; None before the first."""
        return read_frame(self.folder / LIVE_FILE) if self.has_frames() else None

    def has_frames(self) -> bool:
        """Say whether there is anything to see of it."""
        return (self.folder / LIVE_FILE).exists()

    def frame_paths(self) -> list[Path]:
        """Files of the time machine, oldest first; the name is the step."""
        return sorted((self.folder / FRAMES_FOLDER).glob("*.npz"))

    def keep_frame(self, frame: Frame) -> None:
        """Write the newest frame, and keep it for the time machine.

        When the kept ones exceed 16 MiB, every other one is dropped (never the first or newest).
        """
        write_frame(self.folder / LIVE_FILE, frame)
        folder = self.folder / FRAMES_FOLDER
        folder.mkdir(exist_ok=True)
        write_frame(folder / f"{frame.step:08d}.npz", frame)
        paths = self.frame_paths()
        if sum(path.stat().st_size for path in paths) > MAX_FRAME_BYTES:
            for path in paths[1:-1:2]:
                path.unlink()

    # Who works on it, and what is asked of it

    def ask(self, want: Want) -> None:
        """Ask whoever works on the run to go on, pause or stop."""
        write_json(self.folder / CONTROL_FILE, {"want": want})

    def asked(self) -> Want:
        """Return what is asked of the run; a damaged request counts as none."""
        try:
            want = read_json(self.folder / CONTROL_FILE)["want"]
        except (OSError, ValueError, KeyError, TypeError):
            return "run"
        return want if want in get_args(Want) else "run"

    def claim(self) -> None:
        """Take the lease for this process; a worker takes it over from its server.

        Raises:
            CheckpointError: when the run is not here any more, or damaged.
            RunError: when another process works on it.
        """
        read_record(self.folder)
        leases.claim(self.folder)

    def renew_lease(self) -> None:
        """Say that this process works on the run (or keeps it in its queue)."""
        leases.renew(self.folder)

    def end_lease(self) -> None:
        """Say that this process works on the run no more."""
        leases.release(self.folder)

    @contextmanager
    def lease(self) -> Iterator[None]:
        """Hold the lease, renewed by a thread, while the block works on the run.

        Raises:
            RunError: when another process works on it.
        """
        done = Event()

        def beat() -> None:
            while not done.wait(HEARTBEAT_S):
                with suppress(RunError):  # a disk that is full now may have room at the next beat
                    self.renew_lease()

        self.claim()
        thread = Thread(target=beat, name=f"lease-{self.id}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
            with suppress(RunError):  # it was deleted meanwhile
                self.end_lease()


def create(config: RunConfig, *, owner: str | None = None, folder: Path | None = None) -> Run:
    """Make a run's folder; nothing trains yet.

    Args:
        config: of the run.
        owner: hash of the owner's token.
        folder: where; a new folder under `runs_root()` by default.

    Raises:
        RunError: when `folder` already holds a run, or cannot be made.
    """
    folder = folder or runs_root() / secrets.token_hex(12)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = (folder / RECORD_FILE).exists()
    except OSError as error:
        raise disk_error(folder, error) from error
    if taken:
        raise RunError(f"{folder} already holds a run; name a new folder, so that none is lost.")
    spec = dataset_entry(config.dataset).spec
    record = RunRecord(id=folder.name, status="queued", config=config, spec=spec, owner=owner)
    write_record(folder, record)
    return Run(folder)


def open_run(run_id: str) -> Run:
    """Find a run by its id.

    Raises:
        RunError: when there is none of that id.
    """
    folder = runs_root() / run_id
    if not _ID.fullmatch(run_id) or not (folder / RECORD_FILE).is_file():
        raise RunError(
            "This run is not here. It may have been deleted, or trained on another computer."
        )
    return Run(folder)


def saved() -> list[RunRecord]:
    """Descriptions of the runs that have a name and weights, newest first.

    A folder that cannot be read is left out: it must not take the others with it.
    """
    records = []
    for path in runs_root().glob(f"*/{RECORD_FILE}"):
        run = Run(path.parent)
        if not _ID.fullmatch(run.id) or not run.is_usable():
            continue
        try:
            record = run.record()
        except CheckpointError:
            continue
        if record.name is not None:
            records.append(record)
    return sorted(records, key=lambda record: record.created_at, reverse=True)


def save_as(run: Run, name: str) -> RunRecord:
    """Give a run a name, so that every page offers it.

    Raises:
        RunError: when the name is empty, too long or taken, or the run has no weights yet.
    """
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise RunError(
            f"The name {name[:80]!r} was received; expected 1 to {MAX_NAME_LENGTH} characters."
        )
    taken = name in RECIPES or any(r.name == name and r.id != run.id for r in saved())
    if taken:
        raise RunError(f"There is already a model called {name!r}; choose another name.")
    if not run.is_usable():
        raise RunError("This run has no model yet; let it finish, or stop it, and save it then.")
    return run.update(name=name)


def discard(run: Run) -> None:
    """Remove a run that never began, such as one that the queue refused."""
    shutil.rmtree(run.folder, ignore_errors=True)


def delete(run: Run) -> None:
    """Move a run to the trash; `undelete` brings it back. Only the newest 20 stay there.

    Raises:
        RunError: when it is not here any more.
    """
    if not run.folder.is_dir():
        raise RunError("This run is not here any more; it has been deleted already.")
    trash = runs_root() / TRASH_FOLDER
    trash.mkdir(exist_ok=True)
    run.folder.replace(trash / run.id)
    oldest_first = sorted(trash.iterdir(), key=lambda path: path.stat().st_ctime)
    for path in oldest_first[:-20]:
        shutil.rmtree(path, ignore_errors=True)


def deleted(run_id: str) -> Run:
    """Find a run in the trash.

    Raises:
        RunError: when it is not there any more.
    """
    folder = runs_root() / TRASH_FOLDER / run_id
    if not _ID.fullmatch(run_id) or not folder.is_dir():
        raise RunError("This run is not in the trash any more.")
    return Run(folder)


def undelete(run_id: str) -> Run:
    """Bring a run back from the trash.

    Raises:
        RunError: when it is not there any more.
    """
    return Run(deleted(run_id).folder.replace(runs_root() / run_id))


def _parsed(text: str) -> Iterator[dict[str, Any]]:
    """Rows of metrics, one from each line that is whole."""
    for line in text.splitlines():
        with suppress(ValueError):  # cut short by a crash or a full disk; the next may be whole
            row = json.loads(line)
            if isinstance(row, dict):
                yield row
