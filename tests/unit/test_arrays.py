"""Arrays and a header in one file."""

import errno
import os
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from vae_core.arrays import read_arrays, write_arrays
from vae_core.errors import RunError


def test_header_and_arrays_come_back_with_their_types_and_shapes(tmp_path: Path) -> None:
    header = {"step": 7, "terms": {"kl_nats": None, "extra": {"mmd": [0.5, 100.0]}}, "name": "ä"}
    arrays = {
        "points": np.arange(6, dtype=np.float32).reshape(3, 2),
        "means": np.array([[0.5]], np.float16),
        "labels": np.array([1, 2], np.uint8),
        "none": np.empty((0, 4), np.float32),
        "png": np.frombuffer(b"\x89PNG", np.uint8),
    }
    write_arrays(tmp_path / "a.npz", header, arrays)
    read, stored = read_arrays(tmp_path / "a.npz")
    assert read == header
    assert stored.keys() == arrays.keys()
    for name, array in arrays.items():
        assert stored[name].dtype == array.dtype
        np.testing.assert_array_equal(stored[name], array)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"PK\x03\x04 and no more"),
        lambda path: path.write_bytes(path.read_bytes()[:-30]),
        lambda path: path.write_bytes(b"\x80\x04K\x01."),
        lambda path: np.savez(path, a=np.zeros(3)),
        lambda path: np.savez(path, header=np.array([{}], dtype=object)),
        lambda path: np.savez(path, header=np.frombuffer(b"{half", np.uint8)),
    ],
    ids=["missing", "empty", "half a zip", "cut", "pickle", "bare", "pickled", "half a header"],
)
def test_a_damaged_file_is_refused_in_words_and_nothing_is_unpickled(
    tmp_path: Path, damage: Any
) -> None:
    path = tmp_path / "a.npz"
    write_arrays(path, {}, {"a": np.zeros(3)})
    damage(path)
    with pytest.raises(RunError, match=r"a\.npz cannot be read .*; choose another"):
        read_arrays(path)


@pytest.mark.parametrize(("place", "byte"), [(6, 99), (8, 1), (10, 8), (10, 45)])
def test_a_directory_with_one_wrong_byte_is_refused_in_words(
    tmp_path: Path, place: int, byte: int
) -> None:
    """The zip then claims a version yet to come, to be encrypted, deflated, or packed anyhow."""
    path = tmp_path / "a.npz"
    write_arrays(path, {}, {"a": np.arange(100)})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + place] = byte
    path.write_bytes(content)
    with pytest.raises(RunError, match=r"a\.npz cannot be read .*; choose another"):
        read_arrays(path)


def test_a_full_disk_keeps_the_older_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "a.npz"
    write_arrays(path, {"step": 1}, {})
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(RunError, match="Free some space"):
        write_arrays(path, {"step": 2}, {})
    assert read_arrays(path) == ({"step": 1}, {})
    assert list(tmp_path.iterdir()) == [path]
