from pathlib import Path

import pytest

from tests.unit._runs import small
from vae_core import RECIPES, catalogue, load_checkpoint, runs
from vae_core.errors import CheckpointError
from vae_core.record import RECORD_FILE
from vae_core.runs import Run


@pytest.fixture
def named() -> Run:
    run = runs.create(small())
    (run.folder / "model.safetensors").write_bytes(b"weights")
    runs.save_as(run, "My digits [b]")
    return run


def test_every_bundled_checkpoint_is_listed_with_its_summary() -> None:
    records = catalogue.bundled()
    assert [record.id for record in records] == sorted(record.id for record in records)
    assert {"digits-2d", "digits-ae-2d", "mnist-2d", "mnist-ae-2d", "mnist-16d"} <= {
        record.id for record in records
    }
    for record in records:
        assert record.id == record.name
        assert record.status == "finished"
        assert record.summary is not None
        assert record.config == RECIPES[record.id]


def test_a_bundled_checkpoint_is_found_by_its_name_and_opens() -> None:
    folder = catalogue.find("digits-2d")
    assert folder == catalogue.folder_of("digits-2d")
    assert load_checkpoint(folder).record.id == "digits-2d"


def test_a_run_is_found_by_its_id_its_name_and_its_folder(named: Run) -> None:
    for reference in (named.id, "My digits [b]", str(named.folder)):
        assert catalogue.find(reference).resolve() == named.folder.resolve()
    assert catalogue.folder_of(named.id) == named.folder


def test_a_run_outside_the_runs_folder_is_found_by_its_path(tmp_path: Path) -> None:
    run = runs.create(small(), folder=tmp_path / "elsewhere")
    assert catalogue.find(str(run.folder)) == run.folder


def test_a_folder_without_a_description_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"holds no run\.json; expected the folder of a run"):
        catalogue.find(str(tmp_path))


HOSTILE = [
    "",
    ".",
    "..",
    "../runs",
    "/etc/passwd",
    "%00",
    "\0",
    "no-such-model",
    "DIGITS-2D",
    "digits-2d/",
    "digits-2d\n",
    "a" * 300,
    "a" * 5000,
    "[/red]",
]


@pytest.mark.parametrize("model_id", HOSTILE)
def test_an_unknown_or_hostile_id_names_what_there_is(root: Path, model_id: str) -> None:
    root.mkdir()
    (root.parent / RECORD_FILE).write_text("{}")
    with pytest.raises(CheckpointError, match=r"There is no model .* Bundled: digits-2d, "):
        catalogue.folder_of(model_id)


@pytest.mark.parametrize("reference", ["no-such-model", "\0", "a" * 300, "a" * 5000, "x/" * 3000])
def test_an_unknown_reference_names_what_there_is(reference: str) -> None:
    with pytest.raises(CheckpointError, match=r"There is no model .* Bundled: digits-2d, "):
        catalogue.find(reference)


def test_a_path_through_a_file_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match="There is no model"):
        catalogue.find(str(tmp_path / "file" / "below"))
