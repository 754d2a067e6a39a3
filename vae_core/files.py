"""Writing files so that a reader, a crash or a full disk never meets half of one."""

import errno
import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from vae_core.errors import RunError


def write_atomically(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write to a temporary name beside `path`, then rename over it.

    Args:
        durable: wait until the disk has it, so that it survives a power cut. What is written
            several times a second and can be made again need not be.

    Raises:
        RunError: when the disk is full or the folder cannot be written; the old file stays.
    """
    write_together({path: content}, durable=durable)


def write_together(contents: Mapping[Path, bytes], *, durable: bool = True) -> None:
    """Write files that belong together: none takes its place before there was room for all.

    Raises:
        RunError: when the disk is full or the folder cannot be written; the old files stay.
    """
    written: dict[Path, Path] = {}
    path = Path()
    try:
        for path, content in contents.items():
            written[path] = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
            with written[path].open("xb") as file:
                file.write(content)
                file.flush()
                if durable:
                    os.fsync(file.fileno())
        for path, temporary in written.items():
            temporary.replace(path)
    except OSError as error:
        for temporary in written.values():
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        raise disk_error(path, error) from error


def sweep(folder: Path, *patterns: str) -> None:
    """Remove what a process that was killed has left half written.

    Args:
        patterns: of the names that nobody else is writing now.
    """
    for pattern in patterns:
        for path in folder.glob(f".{pattern}.{'[0-9a-f]' * 8}"):
            with suppress(OSError):
                path.unlink()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep out whoever else, in any thread or process, asks for the lock of the same folder.

    For what is read, changed and written again. The folder itself is locked, so that nothing is
    left behind; a process that dies gives it free.

    Raises:
        RunError: when the folder is not there.
    """
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise disk_error(folder, error) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError as error:
            raise disk_error(folder, error) from error
        yield
    finally:
        os.close(handle)


def disk_error(path: Path, error: OSError) -> RunError:
    """Turn a failed write into an error that says what to do."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    advice = "Free some space on that disk" if full else "Check that the folder can be written to"
    return RunError(
        f"{path} could not be written ({error.strerror or error}). {advice}; what was written "
        "before is still there."
    )


def write_json(path: Path, data: Any, *, durable: bool = True) -> None:
    """Write JSON atomically."""
    write_atomically(path, json_bytes(data), durable=durable)


def json_bytes(data: Any) -> bytes:
    """JSON as our files hold it."""
    return (json.dumps(data, indent=2) + "\n").encode()


def read_json(path: Path) -> Any:
    """Parse a JSON file; OSError and ValueError go to the caller, who knows what it was."""
    return json.loads(path.read_text(encoding="utf-8"))
