"""A disk that is full, and a file that the system cuts, in a frame and in a checkpoint."""

import os
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.making import BEGUN, begun, step_of, undisturbed, worker_of
from tests.faults.serving import PATIENCE_S, Server, served
from tests.faults.visiting import Page, visit
from tests.unit._runs import leftovers, until, weights
from vae_core.checkpoints import RESUME_FILE, load_resume
from vae_core.frames import read_frame
from vae_core.runs import Run

DISK_MB = 6
# The folder of the runs becomes a small disk of its own, which only this server sees. It needs no
# rights over the computer where people may have namespaces of their own.
OWN_DISK = [
    "unshare",
    "--user",
    "--map-root-user",
    "--mount",
    "sh",
    "-c",
    f'mount -t tmpfs -o size={DISK_MB}m small "$VAELAB_RUNS" && exec "$@"',
    "sh",
]


@pytest.fixture(scope="module")
def cramped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose runs lie on a small disk."""
    folder = tmp_path_factory.mktemp("cramped")
    (folder / "runs").mkdir()
    tried = subprocess.run(
        [*OWN_DISK, "true"],
        env=os.environ | {"VAELAB_RUNS": str(folder / "runs")},
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode:
        pytest.skip(f"this computer gives nobody a disk of their own: {tried.stderr.strip()}")
    with served(folder / "runs", folder / "server.log", inside=OWN_DISK) as server:
        yield server


def disk_of(server: Server) -> Path:
    """The small disk, seen from outside."""
    return Path(f"/proc/{server.process.pid}/root{server.runs}")


def fill(path: Path, spare: int) -> None:
    """Write a file until no byte fits any more, then give some bytes free."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4_096))
        except OSError:
            file.truncate(file.tell() - spare)


def is_whole(run: Run) -> None:
    """Look at all that a run has written."""
    assert load_resume(run.folder)
    for path in (run.folder / "live.npz", *run.frame_paths()):
        read_frame(path)
    assert leftovers(run.folder) == []


def goes_on(run: Run, page: Page, folder: Path) -> None:
    """With room again, Resume leads to the weights of an undisturbed run."""
    page.press("Resume")
    until(lambda: run.record().status == "finished", PATIENCE_S, "the end")
    assert run.record().error is None
    assert weights(run) == undisturbed(run, folder)


@pytest.mark.parametrize(
    ("hidden", "spare", "file"),
    [(16, 12_288, ".npz"), (512, 400_000, RESUME_FILE)],
    ids=["in a frame", "in a checkpoint"],
)
def test_a_disk_that_fills_up_fails_the_run_and_says_what_to_do(
    cramped: Server, token: str, tmp_path: Path, hidden: int, spare: int, file: str
) -> None:
    disk = disk_of(cramped)
    run = begun(disk, token, 1, hidden=hidden)
    before = (run.folder / RESUME_FILE).read_bytes()
    with visit(cramped, "train", token, run=run.id) as page:
        page.press("Slow motion")
        until(lambda: step_of(run) > BEGUN, PATIENCE_S, "training")
        fill(disk / "filler", spare)
        until(lambda: run.record().status == "failed", PATIENCE_S, "the end of the room")
        page.draw()
        assert f"{file} could not be written (No space left on device)." in page.sentence
        assert "Free some space on that disk" in page.sentence
        is_whole(run)
        assert file != RESUME_FILE or (run.folder / RESUME_FILE).read_bytes() == before
        (disk / "filler").unlink()
        goes_on(run, page, tmp_path / "whole")


def test_a_disk_without_room_for_the_news_of_it_interrupts_the_run_and_the_page_says_why(
    cramped: Server, token: str, tmp_path: Path
) -> None:
    disk = disk_of(cramped)
    run = begun(disk, token, 2)
    with visit(cramped, "train", token, run=run.id) as page:
        page.press("Slow motion")
        until(lambda: step_of(run) > BEGUN, PATIENCE_S, "training")
        fill(disk / "filler", 0)
        until(lambda: run.record().status == "interrupted", PATIENCE_S, "the end of the room")
        page.draw()
        assert page.sentence.startswith("Interrupted: the disk is full. Free some space")
        page.press("Resume")  # too early
        assert "No space left on device" in page.alerts[0]
        is_whole(run)
        (disk / "filler").unlink()
        goes_on(run, page, tmp_path / "whole")


@pytest.mark.parametrize(
    ("hidden", "limit", "file"),
    [(16, 6_000, ".npz"), (512, 200_000, RESUME_FILE)],
    ids=["in a frame", "in a checkpoint"],
)
def test_a_file_that_the_system_cuts_in_the_middle_is_never_taken_for_whole(
    house: Server, token: str, tmp_path: Path, hidden: int, limit: int, file: str
) -> None:
    run = begun(house.runs, token, 3, hidden=hidden)
    before = (run.folder / RESUME_FILE).read_bytes()
    with visit(house, "train", token, run=run.id) as page:
        page.press("Slow motion")
        until(lambda: step_of(run) > BEGUN, PATIENCE_S, "training")
        worker = worker_of(run)
        _, hard = resource.prlimit(worker, resource.RLIMIT_FSIZE)
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (limit, hard))
        until(lambda: run.record().status == "failed", PATIENCE_S, "a cut file")
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (hard, hard))
        page.draw()
        assert f"{file} could not be written (File too large)." in page.sentence
        is_whole(run)
        assert file != RESUME_FILE or (run.folder / RESUME_FILE).read_bytes() == before
        goes_on(run, page, tmp_path / "whole")
