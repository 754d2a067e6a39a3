"""Directions that people have named: kept with the model, checked, and never in the program."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.unit._runs import ROOT
from vae_core import runs
from vae_core.directions import (
    DIRECTIONS_FILE,
    MAX_DIRECTIONS,
    add_direction,
    directions_of,
    put_back,
    remove_direction,
)
from vae_core.errors import InvalidInputError, RunError, VAELabError
from vae_core.record import RECORD_FILE


@pytest.fixture
def folder(run: runs.Run) -> Path:
    return run.folder


def names(folder: Path) -> list[str]:
    return [direction.name for direction in directions_of(folder)]


def test_a_direction_comes_back_as_it_was_kept(folder: Path) -> None:
    assert directions_of(folder) == []
    made = add_direction(folder, 3, "  a bit   thicker ", [0.5, -1.25, 0.0], 12, 30)
    assert made.name == "a bit thicker"
    add_direction(folder, 3, "slanted", [1, 0, 0], 1, 1)
    assert directions_of(folder)[0] == made
    assert (made.vector, made.num_a, made.num_b) == ((0.5, -1.25, 0.0), 12, 30)
    assert names(folder) == ["a bit thicker", "slanted"]


def test_it_goes_with_a_run_into_the_trash_and_back(folder: Path) -> None:
    add_direction(folder, 1, "wide", [1.0], 1, 1)
    runs.delete(runs.Run(folder))
    assert names(runs.undelete(folder.name).folder) == ["wide"]


def test_those_of_a_bundled_model_lie_beside_the_runs(folder: Path, bundled: Path) -> None:
    model = bundled / "digits-2d"
    add_direction(model, 2, "wide", [1.0, 0.0], 1, 1)
    assert names(model) == ["wide"]
    assert not (model / DIRECTIONS_FILE).exists()
    assert names(bundled / "digits-ae-2d") == []
    assert runs.saved() == []


def test_a_removed_one_can_be_put_back_in_its_place(folder: Path) -> None:
    for name in ("one", "two", "three"):
        add_direction(folder, 1, name, [1.0], 1, 1)
    place, two = remove_direction(folder, "two")
    assert names(folder) == ["one", "three"]
    put_back(folder, place, two)
    assert names(folder) == ["one", "two", "three"]


def test_putting_one_back_takes_nothing_from_others(folder: Path) -> None:
    for name in ("one", "two"):
        add_direction(folder, 1, name, [1.0], 1, 1)
    place, one = remove_direction(folder, "one")
    add_direction(folder, 1, "of another visitor", [1.0], 1, 1)
    put_back(folder, place, one)
    assert names(folder) == ["one", "two", "of another visitor"]


def test_one_whose_name_was_taken_meanwhile_is_not_put_back(folder: Path) -> None:
    add_direction(folder, 1, "wide", [1.0], 1, 1)
    place, wide = remove_direction(folder, "wide")
    other = add_direction(folder, 1, "wide", [-1.0], 1, 1)
    with pytest.raises(InvalidInputError, match="already a direction called 'wide'"):
        put_back(folder, place, wide)
    assert directions_of(folder) == [other]


def test_those_that_many_add_at_once_are_all_kept(folder: Path) -> None:
    wanted = [f"n{number}" for number in range(MAX_DIRECTIONS)]
    with ThreadPoolExecutor(MAX_DIRECTIONS) as pool:
        list(pool.map(lambda name: add_direction(folder, 1, name, [1.0], 1, 1), wanted))
    assert sorted(names(folder)) == sorted(wanted)
    assert {path.name for path in folder.iterdir()} == {DIRECTIONS_FILE, RECORD_FILE}


HOLD = """
import sys
from pathlib import Path
from vae_core.files import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_another_process_waits_until_the_first_has_written(folder: Path) -> None:
    with (
        subprocess.Popen(
            [sys.executable, "-c", HOLD, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        ) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        assert other.stdout.readline() == b"held\n"
        adding = pool.submit(add_direction, folder, 1, "wide", [1.0], 1, 1)
        with pytest.raises(TimeoutError):
            adding.result(0.2)
        other.stdin.close()
        adding.result(30)
    assert names(folder) == ["wide"]


def test_a_model_that_was_deleted_gets_none(folder: Path) -> None:
    runs.delete(runs.Run(folder))
    with pytest.raises(RunError, match="could not be written"):
        add_direction(folder, 1, "wide", [1.0], 1, 1)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("name", "vector", "said"),
    [
        ("  ", [1.0, 0.0], "a name of 1 to 30 characters"),
        ("x" * 31, [1.0, 0.0], "a name of 1 to 30 characters"),
        ("a\x00b", [1.0, 0.0], "a name of 1 to 30 characters"),
        ("taken", [1.0, 0.0], "already a direction called 'taken'"),
        ("short", [1.0], "1 numbers and length 1 was received; expected 2"),
        ("nothing", [0.0, 0.0], "A and B have the same middle"),
        ("lost", [float("nan"), 0.0], "expected 2 finite numbers"),
        ("far", [float("inf"), 0.0], "expected 2 finite numbers"),
    ],
)
def test_what_is_no_direction_is_refused_and_nothing_changes(
    folder: Path, name: str, vector: list[float], said: str
) -> None:
    add_direction(folder, 2, "taken", [1.0, 1.0], 1, 1)
    with pytest.raises(InvalidInputError, match=said):
        add_direction(folder, 2, name, vector, 1, 1)
    assert names(folder) == ["taken"]


def test_groups_without_pictures_make_no_direction(folder: Path) -> None:
    with pytest.raises(VAELabError, match="num_b"):
        add_direction(folder, 1, "wide", [1.0], 1, 0)


def test_there_are_no_more_than_a_page_holds(folder: Path) -> None:
    for number in range(MAX_DIRECTIONS):
        add_direction(folder, 1, f"n{number}", [1.0], 1, 1)
    with pytest.raises(InvalidInputError, match="12 directions already"):
        add_direction(folder, 1, "more", [1.0], 1, 1)


@pytest.mark.parametrize(
    "content", ["", "[]", '{"format": 2}', '{"directions": [{"name": ""}]}', "[" * 9999]
)
def test_a_damaged_file_is_named_and_not_overwritten(folder: Path, content: str) -> None:
    (folder / DIRECTIONS_FILE).write_text(content)
    for act in (
        lambda: directions_of(folder),
        lambda: add_direction(folder, 1, "wide", [1.0], 1, 1),
    ):
        with pytest.raises(InvalidInputError, match="cannot be read as directions"):
            act()
    assert (folder / DIRECTIONS_FILE).read_text() == content


def test_removing_what_is_not_there_says_so(folder: Path) -> None:
    with pytest.raises(InvalidInputError, match="no direction called 'wide' any more"):
        remove_direction(folder, "wide")
