"""Who works on a run: `lease.json`, and whether that process still lives. No clock is believed.

A clock may jump, so nothing is judged by the time that a file names. On this computer the holder is
found by its process: its number, and when it started, which tells it from a later process of the
same number. Of a holder elsewhere only the heartbeat is seen: a lease that has not changed for
`LEASE_S` under this process's eyes has lapsed; until then it is believed.
"""

import os
import socket
import time
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from vae_core.errors import RunError
from vae_core.files import locked, read_json, write_json

LEASE_FILE = "lease.json"
HEARTBEAT_S = 1.0
LEASE_S = 10.0

# The last heartbeat that was seen of each holder elsewhere, and when, by a clock that only goes on.
_seen: dict[Path, tuple[object, float]] = {}


@dataclass(frozen=True)
class Holder:
    """A process.

    Attributes:
        host: name of its computer.
        boot: id of that computer's start.
        pids: its process namespace: a container counts its processes anew.
        pid: its number.
        started: ticks from the computer's start to its own; "" where the system does not tell.
    """

    host: str
    boot: str
    pids: str
    pid: int
    started: str

    @classmethod
    def here(cls, pid: int) -> "Holder":
        """A process of this computer."""
        return cls(socket.gethostname(), _boot_id(), _namespace(), pid, _stat(pid)[1])

    def lives(self) -> bool | None:
        """Say whether it does; None where this process cannot know."""
        here = Holder.here(self.pid)
        if (self.host, self.boot, self.pids) != (here.host, here.boot, here.pids):
            return None
        if not is_alive(self.pid):
            return False
        return here.started == self.started if here.started and self.started else None


def claim(folder: Path) -> None:
    """Take the lease of a folder, for this process, from nobody or from this one's parent.

    A server holds the lease of a run that waits, and its worker takes it over.

    Raises:
        RunError: when another process works on it, or the folder is not there.
    """
    with locked(folder):
        holder = _living_holder(folder)
        ours = (Holder.here(os.getpid()), Holder.here(os.getppid()))
        if holder is not None and holder not in ours:
            raise RunError("This run is already under way, on another server or a command line.")
        renew(folder)


def renew(folder: Path) -> None:
    """Say that this process works on it, or keeps it in its queue."""
    beat = {"heartbeat": time.monotonic()}  # another one each time, no more
    write_json(folder / LEASE_FILE, asdict(Holder.here(os.getpid())) | beat, durable=False)


def release(folder: Path) -> None:
    """Say that this process no longer works on it; the lease of another stays."""
    with locked(folder):
        if _living_holder(folder) == Holder.here(os.getpid()):
            (folder / LEASE_FILE).unlink(missing_ok=True)


def is_held(folder: Path) -> bool:
    """Say whether somebody works on it."""
    return _living_holder(folder) is not None


def _living_holder(folder: Path) -> Holder | None:
    path = folder / LEASE_FILE
    try:
        lease = read_json(path)
        beat = lease.pop("heartbeat")
        holder = Holder(**lease | {"pid": int(lease["pid"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None  # none, or a damaged one
    lives = holder.lives()
    if lives is None:
        lives = _still_beats(path, (holder, beat))
    return holder if lives else None


def _still_beats(path: Path, beat: object) -> bool:
    now = time.monotonic()
    last, since = _seen.get(path, (None, now))
    if last != beat:
        _seen[path] = beat, now
        return True
    return now - since < LEASE_S


def is_alive(pid: int) -> bool:
    """Say whether a process of this computer is there and not a mere zombie."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    # A killed child stays as a zombie until its parent reads its exit status.
    return _stat(pid)[0] not in ("Z", "X")


def _stat(pid: int) -> tuple[str, str]:
    """State and start of a process, as Linux tells them in fields 3 and 22; "" elsewhere."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return fields[0], fields[19]
    except (OSError, IndexError):
        return "", ""


@cache
def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


@cache
def _namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""
