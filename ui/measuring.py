"""Measurements that take a while: one at a time on this server, in a process, shared by all."""

import json
import subprocess
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from threading import Condition, Thread, Timer
from typing import Any, Literal

from ui.cache import Key
from vae_core.child import spawn
from vae_core.errors import RunError
from vae_core.levels_worker import LevelsRequest
from vae_core.restoration import LevelRow

MAX_KEPT = 32  # results, about half a megabyte each
MAX_WAITING = 40
MAX_S = 600.0  # of one measurement
IDLE_S = 300.0  # for which a process that has nothing to do is kept warm
GONE_S = 120.0  # since anybody has looked: whoever asked has left
NO_START = "No process can be started on this computer; the server's output says why."
DEAD = "The process that measures has ended before its time; measure again."
TOO_LONG = f"This takes longer than {MAX_S / 60:.0f} minutes; choose fewer methods."

_MODULE, _ONE_THREAD = "vae_core.levels_worker", {"OMP_NUM_THREADS": "1"}

Status = Literal["waiting", "measuring", "finished", "failed"]
Spawn = Callable[[], "subprocess.Popen[str]"]


@dataclass(frozen=True)
class Wanted:
    """What is to be measured, and of which models exactly: a result is kept under this.

    Attributes:
        request: for the process.
        stamps: of the models, which change when they are written again.
    """

    request: LevelsRequest
    stamps: tuple[Key, ...] = ()


@dataclass(frozen=True)
class Seen:
    """How a measurement stands.

    Attributes:
        status: of it.
        place: in the line, 1 is next; 0 for what does not wait.
        rows: measured so far.
        pace_s: what a row takes, since the first: the start of the process is no part of it.
        error: what was in the way of one that has failed.
        is_mine: whether whoever looks has asked for it.
    """

    status: Status
    place: int
    rows: tuple[LevelRow, ...]
    pace_s: float
    error: str
    is_mine: bool


@dataclass
class _Job:
    wanted: Wanted
    owners: set[str]
    status: Status = "waiting"
    rows: list[LevelRow] = field(default_factory=list)
    error: str = ""
    began: float = 0.0
    first_row_at: float = 0.0
    looked_at: float = 0.0


class Measurements:
    """A line of measurements in front of one process, and the newest results.

    Who asks for what somebody has asked for already shares it. The process is started when it is
    first needed, and ends when it has had nothing to do for a while.

    Args:
        start: starts the process.
    """

    def __init__(self, start: Spawn = lambda: spawn(_MODULE, **_ONE_THREAD)) -> None:
        self._start = start
        self._changed = Condition()
        self._line: list[_Job] = []
        self._now: _Job | None = None
        self._kept: OrderedDict[Wanted, _Job] = OrderedDict()
        self._child: subprocess.Popen[str] | None = None
        self._is_wanted = False
        self._open = True
        # One thread for all: on Linux a child dies with the thread that started it.
        self._thread = Thread(target=self._serve, name="measurements", daemon=True)
        self._thread.start()

    def warm(self) -> None:
        """Have the process ready: somebody may ask soon. It takes seconds to start."""
        with self._changed:
            self._is_wanted = True
            self._changed.notify_all()

    def ask(self, wanted: Wanted, owner: str) -> None:
        """Have something measured; whoever asks gives up what they have asked for before.

        Args:
            owner: who asks; any string.

        Raises:
            RunError: when too many wait already, or the server is stopping.
        """
        with self._changed:
            if not self._open:
                raise RunError("The server is stopping; press the button again when it is back.")
            kept = self._kept.get(wanted)
            if kept is not None and kept.status == "finished":
                return
            self._leave_all(owner, but=wanted)
            job = self._under_way(wanted)
            if job is None:
                if len(self._line) >= MAX_WAITING:
                    raise RunError(f"{MAX_WAITING} measurements wait already; try again later.")
                job = _Job(wanted, set())
                self._line.append(job)
                self._kept.pop(wanted, None)
            job.owners.add(owner)
            job.looked_at = time.monotonic()
            self._changed.notify_all()

    def look(self, wanted: Wanted, owner: str) -> Seen | None:
        """Say how a measurement stands; None for one that nobody has asked for."""
        with self._changed:
            job = self._under_way(wanted) or self._kept.get(wanted)
            if job is None:
                return None
            job.looked_at = time.monotonic()
            if job.status == "finished":
                self._kept.move_to_end(wanted)
            place = self._line.index(job) + 1 if job in self._line else 0
            num = len(job.rows) - 1
            pace_s = (time.monotonic() - job.first_row_at) / num if num > 0 else 0.0
            is_mine = owner in job.owners
            return Seen(job.status, place, tuple(job.rows), pace_s, job.error, is_mine)

    def leave(self, owner: str) -> None:
        """Give up what somebody has asked for; it goes on where others wait for it too."""
        with self._changed:
            self._leave_all(owner)

    def shutdown(self) -> None:
        """End the process, and wait for the thread."""
        with self._changed:
            self._open = False
            self._line.clear()
            self._kill()
            self._changed.notify_all()
        self._thread.join(timeout=5)

    def _under_way(self, wanted: Wanted) -> _Job | None:
        jobs = [self._now, *self._line]
        return next((job for job in jobs if job is not None and job.wanted == wanted), None)

    def _leave_all(self, owner: str, but: Wanted | None = None) -> None:
        for job in [*self._line]:
            if job.wanted != but and owner in job.owners:
                job.owners.discard(owner)
                if not job.owners:
                    self._line.remove(job)
        now = self._now
        if now is not None and now.wanted != but and owner in now.owners:
            now.owners.discard(owner)
            if not now.owners:
                self._now = None  # before its process is seen to have ended
                self._kill()
        self._changed.notify_all()

    def _kill(self) -> None:
        if self._child is not None:
            self._child.kill()

    def _serve(self) -> None:
        """Own the process: start it, ask it, and end it."""
        while self._open:
            job = self._take()
            if job is None:
                self._end_child()
                continue
            error = self._measure(job)
            is_wanted = self._keep(job, error)
            if not is_wanted or error in (NO_START, DEAD, TOO_LONG):
                self._end_child()  # it was killed, or may be about to end
        self._end_child()

    def _take(self) -> _Job | None:
        """Wait for the next; None when nothing has come for a while, or the server stops."""
        with self._changed:
            self._changed.wait_for(self._has_work, None if self._child is None else IDLE_S)
            while self._is_wanted and not self._line and self._open:
                self._is_wanted = False
                self._ready_child()
                self._changed.wait_for(self._has_work, IDLE_S)
            now = time.monotonic()
            self._line = [job for job in self._line if now - job.looked_at < GONE_S]
            if not self._line or not self._open:
                return None
            job = self._now = self._line.pop(0)
            job.status, job.began = "measuring", now
            return job

    def _has_work(self) -> bool:
        return bool(self._line) or self._is_wanted or not self._open

    def _measure(self, job: _Job) -> str:
        """Have it measured; return what was in the way, or nothing."""
        child = self._ready_child()
        if child is None:
            return NO_START
        late = Timer(MAX_S, child.kill)
        late.start()
        try:
            return self._converse(child, job)
        except (OSError, ValueError):  # a pipe that breaks, or half a line
            pass
        finally:
            late.cancel()
        return TOO_LONG if time.monotonic() - job.began >= MAX_S else DEAD

    def _converse(self, child: "subprocess.Popen[str]", job: _Job) -> str:
        child.stdin.write(job.wanted.request.model_dump_json() + "\n")
        child.stdin.flush()
        for line in child.stdout:
            said = json.loads(line)
            if "row" not in said:
                return said.get("error", "")
            with self._changed:
                job.first_row_at = job.first_row_at or time.monotonic()
                job.rows.append(row_of(said["row"]))
                if self._is_forsaken(job):
                    self._now = None  # so that it is not kept, and its process is ended
                    return ""
        raise BrokenPipeError

    def _is_forsaken(self, job: _Job) -> bool:
        """Whether others wait for what nobody has looked at for long: a tab that was closed."""
        is_left = time.monotonic() - job.looked_at >= GONE_S
        return is_left and self._now is job and bool(self._line)

    def _ready_child(self) -> "subprocess.Popen[str] | None":
        with self._changed:
            if self._child is not None and self._child.poll() is not None:
                self._end_child()  # it was ended from outside while it had nothing to do
            if self._child is None and self._open:
                with suppress(OSError):
                    self._child = self._start()
            return self._child

    def _keep(self, job: _Job, error: str) -> bool:
        """Keep a result, unless nobody wants it any more."""
        with self._changed:
            if self._now is not job:
                return False
            self._now = None
            job.status, job.error = ("failed", error) if error else ("finished", "")
            self._kept[job.wanted] = job
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
            return True

    def _end_child(self) -> None:
        with self._changed:
            child, self._child = self._child, None
        if child is not None:
            child.kill()
            with suppress(OSError), child:  # what could not be written to it is tried once more
                pass


def row_of(data: dict[str, Any]) -> LevelRow:
    """A row as the process writes it."""
    read = data["is_read"]
    return LevelRow(
        data["level"],
        data["method"],
        tuple(data["psnr_db"]),
        tuple(data["ssim"]),
        None if read is None else tuple(read),
    )


@cache
def measurements() -> Measurements:
    """The one line of this server process."""
    return Measurements()
