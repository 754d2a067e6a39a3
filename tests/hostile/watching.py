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
    done: list[tuple[str, tuple[Any, ...]]] = []  # noqa: RUF012 (there is one)


def _heard(event: str, args: tuple[Any, ...]) -> None:
    if _State.is_on and (event == "open" or event in _CHANGES or event in _NEVER):
        _State.done.append((event, args))


def num_cases() -> int:
    """How many inputs have been tried in this process."""
    return _State.num_cases


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
    wrong = [f"{event} {args!r}" for event, args in _State.done if not _is_allowed(event, args)]
    assert wrong == []


def _is_allowed(event: str, args: tuple[Any, ...]) -> bool:
    if event in _NEVER:
        return False
    if event == "open":
        path, _, flags = args
        if isinstance(path, int):
            return True  # opened before, under its name
        return _may_write(_whole(path)) if flags & _WRITING else _may_read(_whole(path))
    return all(
        _may_write(_whole(args[path], args[folder] if folder is not None else -1))
        for path, folder in _CHANGES[event]
    )


def _whole(path: str | bytes | os.PathLike[str], folder: int = -1) -> Path:
    """Where a path leads, without links: what is a link's own name counts as where it leads."""
    beside = Path(f"/proc/self/fd/{folder}").resolve() if folder >= 0 else Path.cwd()
    return (beside / os.fsdecode(path)).resolve()


def _may_write(path: Path) -> bool:
    return path.is_relative_to(runs.runs_root().resolve()) or "__pycache__" in path.parts


def _may_read(path: Path) -> bool:
    known = [ROOT, runs.runs_root(), sys.prefix, sys.base_prefix, streamlit.__path__[0], *_SYSTEM]
    if "VAELAB_DATA" in os.environ:
        known.append(os.environ["VAELAB_DATA"])
    return any(path.is_relative_to(Path(folder).resolve()) for folder in known)
