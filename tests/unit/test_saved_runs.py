"""Runs under a name: listed, renamed, deleted, brought back."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit._runs import small
from vae_core import runs
from vae_core.errors import RunError
from vae_core.record import RECORD_FILE
from vae_core.runs import Run


@pytest.fixture
def trained() -> Callable[[str], Run]:
    """Make runs that look trained, as far as the listing can tell."""

    def make(name: str | None = None) -> Run:
        run = runs.create(small())
        (run.folder / "model.safetensors").write_bytes(b"weights")
        run.update(status="finished", name=name)
        return run

    return make


def test_saved_lists_named_runs_with_weights_newest_first(trained: Callable[..., Run]) -> None:
    old, new = trained("old"), trained("new")
    old.update(created_at="2020-01-01T00:00:00+00:00")
    trained(None)
    runs.create(small())
    assert [record.name for record in runs.saved()] == ["new", "old"]
    assert runs.saved()[0].id == new.id


def test_saved_is_empty_before_the_first_run() -> None:
    assert runs.saved() == []


def test_a_run_that_cannot_be_read_does_not_take_the_others_with_it(
    trained: Callable[..., Run], root: Path
) -> None:
    trained("good")
    broken = trained("broken")
    (broken.folder / RECORD_FILE).write_text('{"format": 1')
    foreign = root / "not-a-run"
    foreign.mkdir()
    (foreign / RECORD_FILE).write_text("{}")
    (root / "file").write_text("")
    assert [record.name for record in runs.saved()] == ["good"]


@pytest.mark.parametrize(
    "name", ["", "   ", "\n\t", "x" * 61, "a\0b", "bell\a", "right\u202eleft", "\u200b"]
)
def test_a_name_that_is_empty_too_long_or_unprintable_is_refused(
    trained: Callable[..., Run], name: str
) -> None:
    run = trained()
    with pytest.raises(RunError, match="was received; expected 1 to 60 characters"):
        runs.save_as(run, name)
    assert run.record().name is None


def test_a_name_that_is_taken_is_refused_but_a_run_may_keep_its_own(
    trained: Callable[..., Run],
) -> None:
    first, second = trained(), trained()
    runs.save_as(first, "Mine")
    with pytest.raises(RunError, match="already a model called 'Mine'; choose another name"):
        runs.save_as(second, "  Mine ")
    assert runs.save_as(first, "Mine").name == "Mine"
    assert runs.save_as(first, "Yours").name == "Yours"
    assert runs.save_as(second, "Mine").name == "Mine"


def test_a_run_cannot_take_the_name_of_a_bundled_model(trained: Callable[..., Run]) -> None:
    with pytest.raises(RunError, match="already a model called 'digits-2d'"):
        runs.save_as(trained(), "digits-2d")


def test_a_run_without_a_model_cannot_be_saved(run: Run) -> None:
    with pytest.raises(RunError, match="no model yet; let it finish, or stop it"):
        runs.save_as(run, "Mine")


@pytest.mark.parametrize(
    "name", ["<b>x</b>", "[/red]", "**x** `y` $z$", ":smile:", "数字 é", "60" * 30]
)
def test_a_name_is_kept_as_it_was_typed_whatever_it_means_elsewhere(
    trained: Callable[..., Run], name: str
) -> None:
    assert runs.save_as(trained(), name).name == name
    assert [record.name for record in runs.saved()] == [name]


def test_white_space_within_a_name_is_made_single(trained: Callable[..., Run]) -> None:
    assert runs.save_as(trained(), " a \n  b\t").name == "a b"


def test_a_deleted_run_is_gone_and_undelete_brings_it_back_whole(
    trained: Callable[..., Run],
) -> None:
    run = trained("mine")
    files = sorted(path.name for path in run.folder.iterdir())
    runs.delete(run)
    assert runs.saved() == []
    with pytest.raises(RunError, match="not here"):
        runs.open_run(run.id)
    assert runs.undelete(run.id) == run
    assert [record.name for record in runs.saved()] == ["mine"]
    assert sorted(path.name for path in run.folder.iterdir()) == files


def test_deleting_twice_says_that_it_is_deleted_already(run: Run) -> None:
    runs.delete(run)
    with pytest.raises(RunError, match="not here any more; it has been deleted already"):
        runs.delete(run)


def test_the_trash_keeps_the_newest_twenty() -> None:
    made = [runs.create(small()) for _ in range(23)]
    for run in made:
        runs.delete(run)
        os.utime(runs.runs_root() / ".trash" / run.id)  # the clock of some file systems is coarse
        time.sleep(0.005)
    with pytest.raises(RunError, match="not in the trash any more"):
        runs.undelete(made[0].id)
    assert [runs.undelete(run.id).id for run in made[3:]] == [run.id for run in made[3:]]
