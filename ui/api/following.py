"""A run as its watchers follow it: what is new in its folder, as events for a browser.

Everything is read from the folder, whoever trains. Of frames only the newest counts; of the metrics
every row arrives, once.
"""

import base64
import json
import math
import os
import re
import time
import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from ui.errors import without_folders
from vae_core.anatomy import ANATOMY_FILE, Anatomy, read_anatomy
from vae_core.errors import CheckpointError, RunError
from vae_core.frames import LIVE_FILE, Frame, read_frame
from vae_core.images import png, tile
from vae_core.runs import METRICS_FILE, Run

ENDED = ("finished", "stopped", "diverged", "failed", "interrupted")
STATUS_EVERY_S = 0.25
TAIL_BYTES = 1_024
_ID = re.compile(r"rows:([0-9]{1,15}):([0-9]{1,10})")

Stamp = tuple[int, int]
Event = dict[str, Any]  # event, data and for rows an id, as sse-starlette takes them


class Follower:
    """Remembers what one watcher has been told of a run.

    Args:
        run: the run.
        after: id of the last rows that the watcher has; "" for none.
        waiting: says of a queued run's id where it stands, in words.
    """

    def __init__(
        self, run: Run, after: str = "", waiting: Callable[[str], str | None] = lambda _: None
    ) -> None:
        self.run, self._waiting = run, waiting
        self.is_over = False
        self._rows = _Rows(run.folder / METRICS_FILE, after)
        self._status: tuple[Any, ...] = ()
        self._asked_at = -math.inf
        self._seen: dict[str, Stamp] = {}

    def news(self) -> list[Event]:
        """What has happened since the last call; afterwards `is_over` says whether more can come.

        The status is read first and told last: when it says that the run has ended, everything that
        the run has left is told before it.
        """
        status = self._new_status()
        events = [
            *self._changed(LIVE_FILE, "frame", _frame_text),
            *self._rows.news(),
            *self._changed(ANATOMY_FILE, "anatomy", _anatomy_text),
            *status,
        ]
        if self.is_over:
            events.append({"event": "end", "data": "{}"})
        return events

    def _new_status(self) -> list[Event]:
        now = time.monotonic()
        if now - self._asked_at < STATUS_EVERY_S:
            return []
        self._asked_at = now
        try:
            record = self.run.record()
        except CheckpointError:  # deleted meanwhile
            self.is_over = True
            return []
        self.is_over = record.status in ENDED
        waiting = self._waiting(self.run.id) if record.status == "queued" else None
        is_slow = self.run.asked() == "slow"
        status = (record.status, record.num_done, record.error, waiting, is_slow)
        if status == self._status:
            return []
        self._status = status
        names = ("status", "num_done", "num_steps", "elapsed_s")
        error = None if record.error is None else without_folders(record.error)
        told = {name: getattr(record, name) for name in names}
        return [_event("status", told | {"error": error, "waiting": waiting, "is_slow": is_slow})]

    def _changed(self, name: str, kind: str, text: Callable[[Path, Stamp], str]) -> Iterator[Event]:
        path = self.run.folder / name
        try:
            stat = path.stat()
            # Both: a clock of 4 ms may be too coarse, and a number may be given again.
            stamp = (stat.st_mtime_ns, stat.st_ino)
            if self._seen.get(name) == stamp:
                return
            self._seen[name] = stamp
            yield {"event": kind, "data": text(path, stamp)}
        except (FileNotFoundError, RunError):
            return  # not there yet, or damaged: the next one will be whole


class _Rows:
    """Reads a growing file of rows from where the last reading ended.

    The file may be replaced by one that lacks its last rows (a run that resumes from an earlier
    step). Whoever comes back names the checksum of what it has; later the end of what was read is
    enough to tell whether that is still there: it holds times of the clock.
    """

    def __init__(self, path: Path, after: str) -> None:
        self.path = path
        self.stamp: tuple[int, ...] = ()
        self.place, self.sum, self.is_known = 0, 0, False
        self.tail: bytes | None = b""
        if found := _ID.fullmatch(after):
            self.place, self.sum = (int(number) for number in found.groups())
            self.is_known, self.tail = True, None

    def news(self) -> list[Event]:
        try:
            with self.path.open("rb") as file:
                stat = os.fstat(file.fileno())
                stamp = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
                if stamp == self.stamp:
                    return []
                self.stamp = stamp
                if not self._goes_on(file, stat.st_size):
                    self.place, self.sum, self.is_known, self.tail = 0, 0, False, b""
                file.seek(self.place)
                content = file.read()
        except FileNotFoundError:
            return []
        whole = content[: content.rfind(b"\n") + 1]
        if not whole and self.is_known:
            return []
        restarted, self.is_known = not self.is_known, True
        self.place += len(whole)
        self.sum = zlib.crc32(whole, self.sum)
        self.tail = ((self.tail or b"") + whole)[-TAIL_BYTES:]
        event = _event("rows", {"rows": list(_parsed(whole)), "restarted": restarted})
        return [event | {"id": f"rows:{self.place}:{self.sum}"}]

    def _goes_on(self, file: BinaryIO, size: int) -> bool:
        """Whether the file begins with what was read already."""
        if self.place > size:
            return False
        if self.tail is None:
            return zlib.crc32(file.read(self.place)) == self.sum
        file.seek(self.place - len(self.tail))
        return file.read(len(self.tail)) == self.tail


def _parsed(content: bytes) -> Iterator[Any]:
    for line in content.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue  # cut short by a crash or a full disk; the next line may be whole


def _event(kind: str, data: Any) -> Event:
    return {"event": kind, "data": json_text(data)}


def json_text(data: Any) -> str:
    """JSON for a browser, which has no number for infinity and nan: null."""
    return json.dumps(_finite(data), allow_nan=False, separators=(",", ":"))


def _finite(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _finite(value) for name, value in data.items()}
    if isinstance(data, list | tuple):
        return [_finite(value) for value in data]
    return None if isinstance(data, float) and not math.isfinite(data) else data


def _shared(text: Callable[[Path, Stamp], str]) -> Callable[[Path, Stamp], str]:
    """Thirty people who watch one run cost one reading of a frame, even if they look at once."""
    kept, lock = lru_cache(maxsize=16)(text), Lock()

    def read(path: Path, stamp: Stamp) -> str:
        with lock:
            return kept(path, stamp)

    return read


@_shared
def _frame_text(path: Path, stamp: Stamp) -> str:
    return json_text(frame_json(read_frame(path)))


@_shared
def _anatomy_text(path: Path, stamp: Stamp) -> str:
    return json_text(anatomy_json(read_anatomy(path)))


def frame_json(frame: Frame) -> dict[str, Any]:
    """A frame for the Train page: arrays and pictures as base64.

    `points` are float32, x0 y0 x1 y1 ..., `labels` uint8, both little endian; `manifold` and
    `recons` are PNG.
    """
    return {
        "step": frame.step,
        "limit": frame.limit,
        "axis_labels": list(frame.axis_labels),
        "points": _base64(frame.points.astype("<f4").tobytes()),
        "labels": _base64(frame.labels.tobytes()),
        "kl_per_dim": frame.kl_per_dim.tolist(),
        "manifold": _base64(frame.manifold),
        "recons": _base64(frame.recons),
        "numbers": dict(frame.numbers),
    }


def anatomy_json(seen: Anatomy) -> dict[str, Any]:
    """One step of training for the Train page; what an autoencoder lacks is null."""
    rows = range(len(seen.input))

    def row(values: Any, place: int) -> Any:
        return None if values is None else values[place].tolist()

    def picture(values: Any, place: int) -> str:
        return _base64(png(tile(values[place : place + 1], 1)))

    return {
        "step": seen.step,
        "num_pictures": seen.num_pictures,
        "pictures": [
            {
                "input": picture(seen.input, place),
                "target": picture(seen.target, place),
                "recon": picture(seen.recon, place),
                **{name: row(getattr(seen, name), place) for name in ("mean", "sigma", "eps", "z")},
                "recon_nats": row(seen.recon_nats, place),
                "kl_nats": row(seen.kl_nats, place),
            }
            for place in rows
        ],
        "terms": seen.terms,
    }


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
