"""Counts hostile inputs, and watches what this process does while one of them is tried.

Python tells an audit hook of every file that is opened and every folder that is changed, wherever
it lies. So nothing has to be compared afterwards, and reading counts too.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import streamlit

from vae_core import runs

ROOT = Path(__file__).resolve().parents[2]
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = {  # which of an event's arguments are paths, each with the folder that it is relative to
    "os.mkdir": ((0, 2),),
    "os.rename": ((0, 2), (1, 3)),
    "os.remove": ((0, 1),),
    "os.rmdir": ((0, 1),),
    "os.link": ((1, 3),),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, None),),
}
_NEVER = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "socket.connect",
    "socket.getaddrinfo",
)
# Where Python, the libraries, the program and its data lie; elsewhere nobody has to look.
_SYSTEM = ("/proc", "/sys", "/dev", "/usr/share", "/usr/lib")


class _State:
    num_cases = 0
    is_on = False
    has_hook = False
    done: list[tuple[str, tuple[str, ...], bool]] = []  # noqa: RUF012 (there is one)


def _heard(event: str, args: tuple[Any, ...]) -> None:
    if not _State.is_on:
        return
    if event == "open" and not isinstance(args[0], int):  # else it was opened before, by name
        _State.done.append((event, (_whole(args[0]),), bool(args[2] & _WRITING)))
    elif event in _CHANGES:
        paths = tuple(
            _whole(args[path], args[folder] if folder is not None else -1)
            for path, folder in _CHANGES[event]
        )
        _State.done.append((event, paths, True))
    elif event in _NEVER:
        _State.done.append((f"{event} {args!r}", (), True))


def _whole(path: str | bytes | os.PathLike[str], folder: int = -1) -> str:
    """Where a path begins, told at once: what a number of a folder means changes."""
    beside = str(Path(f"/proc/self/fd/{folder}").readlink()) if folder >= 0 else str(Path.cwd())
    return f"{beside}/{name}" if not (name := os.fsdecode(path)).startswith("/") else name


def num_cases() -> int:
    """How many inputs have been tried in this process."""
    return _State.num_cases


def count(num: int) -> None:
    """Count inputs that another process has tried."""
    _State.num_cases += num


@contextmanager
def case() -> Iterator[None]:
    """Try one hostile input.

    Whatever comes of it, meanwhile nothing outside the folder of runs may be changed, nothing but
    the program, its libraries, runs and data be read, no program started and nobody called.
    """
    if not _State.has_hook:
        _State.has_hook = True
        sys.addaudithook(_heard)
    _State.num_cases += 1
    _State.done, _State.is_on = [], True
    try:
        yield
    finally:
        _State.is_on = False
    wrong = [
        (event, *paths)
        for event, paths, is_change in _State.done
        if not paths or not all(map(_may_write if is_change else _may_read, paths))
    ]
    assert not wrong, wrong


def _may_write(name: str) -> bool:
    path = Path(name).resolve()  # a link counts as where it leads
    return path.is_relative_to(runs.runs_root().resolve()) or "__pycache__" in path.parts


def _may_read(name: str) -> bool:
    path = Path(name).resolve()
    known = [ROOT, runs.runs_root(), sys.prefix, sys.base_prefix, streamlit.__path__[0], *_SYSTEM]
    if "VAELAB_DATA" in os.environ:
        known.append(os.environ["VAELAB_DATA"])
    return any(path.is_relative_to(Path(folder).resolve()) for folder in known)
