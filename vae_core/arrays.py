"""Arrays and a JSON header in one file: an npz without pickle, replaced atomically."""

import io
import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from vae_core.errors import RunError
from vae_core.files import write_atomically

HEADER = "header"
# What reading a zip raises when single bytes of it are wrong, down to "encrypted" and "unknown".
DAMAGES = (OSError, ValueError, KeyError, EOFError, RuntimeError, BadZipFile, zlib.error)
Arrays = dict[str, NDArray[Any]]


def write_arrays(path: Path, header: Any, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a file that may be lost in a power cut, but is never seen half written.

    Args:
        header: whatever JSON can hold.
        arrays: by name; `bytes` go in as arrays of uint8.

    Raises:
        RunError: when the disk is full; an older file of that name stays.
    """
    buffer = io.BytesIO()
    everything: dict[str, Any] = {HEADER: np.frombuffer(json.dumps(header).encode(), np.uint8)}
    np.savez(buffer, **(everything | dict(arrays)))
    write_atomically(path, buffer.getvalue(), durable=False)


def read_arrays(path: Path) -> tuple[Any, Arrays]:
    """Read what `write_arrays` wrote: header and arrays.

    Raises:
        RunError: when it is missing or damaged.
    """
    try:
        # From memory: numpy leaves the file open when it turns out to be half a zip.
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        return json.loads(arrays.pop(HEADER).tobytes()), arrays
    except DAMAGES as error:
        raise RunError(f"{path} cannot be read ({error}); choose another.") from error
