"""Writing files: whole or not at all."""

import errno
import os
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.unit._runs import fill_disk
from vae_core.errors import RunError
from vae_core.files import read_json, sweep, write_atomically, write_json, write_together


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


def test_of_files_that_belong_together_none_changes_without_room_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / name for name in ("a.bin", "b.bin")]
    write_together(dict.fromkeys(paths, b"old"))
    fill_disk(monkeypatch, "b.bin")
    with pytest.raises(RunError, match=r"b\.bin could not be written \(No space left"):
        write_together(dict.fromkeys(paths, b"newer"))
    assert [path.read_bytes() for path in paths] == [b"old"] * 2
    assert sorted(tmp_path.iterdir()) == paths


def test_only_what_was_left_half_written_is_swept(tmp_path: Path) -> None:
    kept = ["a.npz", ".a.npz", ".a.npz.short", ".a.json.0123abcd", ".hidden"]
    for name in [*kept, ".a.npz.0123abcd", ".b.npz.ffffffff"]:
        (tmp_path / name).touch()
    sweep(tmp_path, "*.npz")
    sweep(tmp_path / "nowhere", "*.npz")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)
