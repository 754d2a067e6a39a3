import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.stage import ROOT
from tests.faults.serving import Server, served
from ui.owner import new_token
from vae_core.files import write_atomically

SKEWED = Path(__file__).parent / "skewed"
Jump = Callable[[float], None]


@pytest.fixture(scope="session")
def token() -> str:
    """Whose the runs are."""
    return new_token()


@pytest.fixture(scope="session")
def skew(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that says how many seconds the clock of `house` is wrong."""
    path = tmp_path_factory.mktemp("clock") / "skew"
    path.write_text("0")
    return path


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory, skew: Path) -> Iterator[Server]:
    """A server that stays, whatever happens to its clock, its workers and its folders."""
    folder = tmp_path_factory.mktemp("house")
    (folder / "runs").mkdir()
    clock = {"PYTHONPATH": f"{SKEWED}{os.pathsep}{ROOT}", "SKEW_FILE": str(skew)}
    log = folder / "server.log"
    with served(folder / "runs", log, VAELAB_WORKERS="1", **clock) as server:
        yield server


@pytest.fixture
def jump(skew: Path) -> Iterator[Jump]:
    """Put the clock of `house` wrong by so many seconds."""

    def put(seconds: float) -> None:
        write_atomically(skew, f"{seconds}".encode())

    yield put
    put(0)
