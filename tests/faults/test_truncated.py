"""Files of a run cut short, as a damaged disk leaves them: JSON at every byte, tensors anywhere."""

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.making import begun
from tests.pages.watching import Watcher
from ui import quotas
from ui.owner import hash_of
from vae_core import load_checkpoint, runs
from vae_core.anatomy import ANATOMY_FILE, read_anatomy
from vae_core.checkpoints import LATENTS_FILE, MODEL_FILE, RESUME_FILE
from vae_core.directions import DIRECTIONS_FILE, add_direction, directions_of
from vae_core.errors import VAELabError
from vae_core.frames import LIVE_FILE, read_frame
from vae_core.history import read_history, read_moment
from vae_core.leases import LEASE_FILE
from vae_core.record import RECORD_FILE
from vae_core.runs import CONTROL_FILE, FRAMES_FOLDER, METRICS_FILE, Run
from vae_core.worker import execute

NUM_PLACES = 50


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, token: str) -> Run:
    """A run that was stopped and saved, with every file that a run can have."""
    run = begun(tmp_path_factory.mktemp("whole") / "runs", token, 1)
    run.ask("stop")
    execute(run)
    run.update(name="a saved one")
    run.renew_lease()
    add_direction(run.folder, 2, "thicker", (1.0, 2.0), 3, 4)
    return run


@pytest.fixture
def run(whole: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A copy of it, to be damaged, with a whole one beside it."""
    monkeypatch.setenv("VAELAB_RUNS", str(tmp_path / "runs"))
    shutil.copytree(whole.folder, tmp_path / "runs" / ("0" * 24))
    return Run(shutil.copytree(whole.folder, tmp_path / "runs" / whole.id))


def cut(path: Path, places: Iterator[int] | range) -> Iterator[bool]:
    """Cut a file at each place in turn, and make it whole again; says whether only its last line
    break is missing, which JSON does not need."""
    content = path.read_bytes()
    for place in places:
        path.write_bytes(content[:place])
        yield content[:place].rstrip() == content.rstrip()
    path.write_bytes(content)


def bytes_of(path: Path) -> range:
    return range(path.stat().st_size)


def places_of(path: Path) -> Iterator[int]:
    """Nothing at all, all but the last byte, and 50 places between."""
    size = path.stat().st_size
    chance = random.Random(path.name)
    return iter([0, size - 1, *(chance.randrange(size) for _ in range(NUM_PLACES))])


def outcome(read: Callable[[], Any]) -> Any:
    """What reading gives: its value, or the words for people; anything else is raised."""
    try:
        return read()
    except VAELabError as error:
        return str(error)


def test_a_description_cut_at_any_byte_is_an_error_in_words_and_hides_no_other_run(
    run: Run, token: str
) -> None:
    path = run.folder / RECORD_FILE
    record = run.record()
    for place, is_whole in enumerate(cut(path, bytes_of(path))):
        found = outcome(run.record)
        assert found == record if is_whole else f"{path} cannot be read" in found
        if is_whole or place % 50 == 0:
            assert len(runs.saved()) == 1 + is_whole
            assert len(quotas.owned_by(hash_of(token))) == 1 + is_whole
    assert place > 1_000


@pytest.mark.parametrize("name", [CONTROL_FILE, LEASE_FILE])
def test_a_request_or_lease_cut_at_any_byte_counts_as_none(run: Run, name: str) -> None:
    path = run.folder / name
    run.update(status="running")
    for is_whole in cut(path, bytes_of(path)):
        asked = "run" if name == CONTROL_FILE and not is_whole else "stop"
        status = "interrupted" if name == LEASE_FILE and not is_whole else "running"
        assert (run.asked(), run.record().status) == (asked, status)


def test_directions_cut_at_any_byte_are_an_error_in_words(run: Run) -> None:
    path = run.folder / DIRECTIONS_FILE
    known = directions_of(run.folder)
    for is_whole in cut(path, bytes_of(path)):
        found = outcome(lambda: directions_of(run.folder))
        assert found == known if is_whole else f"{path} cannot be read as directions" in found


def test_metrics_cut_at_any_byte_are_those_before(run: Run) -> None:
    run.forget_after(7)  # a file that is soon read
    (run.folder / LIVE_FILE).unlink()
    path, rows = run.folder / METRICS_FILE, run.metrics()
    num_whole = set()
    for _ in cut(path, bytes_of(path)):
        watcher = Watcher(run)
        watcher.look()
        complete = path.read_bytes().count(b"\n")
        assert watcher.rows == rows[:complete]
        assert run.metrics() in (rows[:complete], rows[: complete + 1])
        num_whole.add(complete)
    assert num_whole == set(range(len(rows)))


@pytest.mark.parametrize("name", [MODEL_FILE, LATENTS_FILE])
def test_a_model_cut_anywhere_is_never_opened(run: Run, name: str) -> None:
    path = run.folder / name
    for _ in cut(path, places_of(path)):
        assert f"{path} cannot be read as safetensors" in outcome(
            lambda: load_checkpoint(run.folder)
        )
    assert load_checkpoint(run.folder).record == run.record()


def test_frames_cut_anywhere_are_left_out_of_the_film(run: Run) -> None:
    first, *_, newest = run.frame_paths()
    steps = read_history(run).steps
    for path in (first, newest):
        step = int(path.stem)
        for _ in cut(path, places_of(path)):
            assert f"{path} cannot be read" in outcome(lambda path=path: read_frame(path))
            assert f"{path} cannot be read" in outcome(
                lambda step=step: read_moment(run, step, steps[-1])
            )
            kept = tuple(other for other in steps if other != step)
            assert read_history(run).steps == kept
    assert len(list((run.folder / FRAMES_FOLDER).iterdir())) == len(steps)


@pytest.mark.parametrize(("name", "read"), [(LIVE_FILE, read_frame), (ANATOMY_FILE, read_anatomy)])
def test_what_is_shown_live_cut_anywhere_is_passed_over(
    run: Run, name: str, read: Callable[[Path], Any]
) -> None:
    path = run.folder / name
    for _ in cut(path, places_of(path)):
        assert f"{path} cannot be read" in outcome(lambda: read(path))
        watcher = Watcher(run)
        watcher.look()
        assert watcher.rows == run.metrics()


def test_a_resume_point_cut_anywhere_fails_the_run_and_leaves_its_model(run: Run) -> None:
    path = run.folder / RESUME_FILE
    model = (run.folder / MODEL_FILE).read_bytes()
    rows = run.metrics()
    run.ask("run")
    for _ in cut(path, places_of(path)):
        assert f"{path} cannot be read as safetensors" in outcome(lambda: execute(run))
        record = run.record()
        assert record.status == "failed"
        assert RESUME_FILE in (record.error or "")
        assert run.metrics() == rows
        assert (run.folder / MODEL_FILE).read_bytes() == model
    execute(run)
    assert run.record().status == "finished"
