"""Writing files: whole or not at all."""

import errno
import os
from pathlib import Path
from typing import Any, NoReturn

import pytest

from vae_core.errors import RunError
from vae_core.files import read_json, write_atomically, write_json


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    for content in (b"old", b"new"):
        write_atomically(path, content)
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_json_comes_back_as_it_was(tmp_path: Path) -> None:
    data = {"a": [1, 2.5, None], "b": {"ü": True}}
    write_json(tmp_path / "a.json", data)
    assert read_json(tmp_path / "a.json") == data


@pytest.mark.parametrize(
    ("number", "advice"),
    [(errno.ENOSPC, "Free some space"), (errno.EACCES, "Check that the folder can be written to")],
)
@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_a_failed_write_keeps_the_old_file_and_leaves_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, number: int, advice: str
) -> None:
    def fail(*_: Any, **__: Any) -> NoReturn:
        raise OSError(number, os.strerror(number))

    path = tmp_path / "a.json"
    write_json(path, "old")
    monkeypatch.setattr(os if where == "fsync" else Path, where, fail)
    text = rf"a\.json could not be written \({os.strerror(number)}\)\. {advice}.*still there"
    with pytest.raises(RunError, match=text):
        write_json(path, "new")
    assert read_json(path) == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_an_error_for_people(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="could not be written"):
        write_atomically(tmp_path / "nowhere" / "a.bin", b"")
