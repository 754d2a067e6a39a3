"""What the tests of runs, workers and the command line share."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit._cli import TRAIN, cli
from tests.unit._jobs import STUB, Stubs
from tests.unit._runs import small
from vae_core import jobs, runs
from vae_core.jobs import LocalExecutor
from vae_core.restoration import champion
from vae_core.runs import Run
from vae_core.worker import execute


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees the runs of whoever starts it."""
    monkeypatch.setenv("VAELAB_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def run() -> Run:
    """A new run on real digits."""
    return runs.create(small())


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short run, made by the command line."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    assert cli(*TRAIN, "--epochs", 2, "--seed", 0, "--out", folder).code == 0
    return folder


@pytest.fixture
def damaged(trained: Path, tmp_path: Path) -> Path:
    """A copy of that run, to be damaged."""
    return shutil.copytree(trained, tmp_path / "damaged")


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of 3 epochs that nobody touched."""
    run = runs.create(small(3), folder=tmp_path_factory.mktemp("runs") / "undisturbed")
    execute(run)
    return run


@pytest.fixture
def stubs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubs]:
    real = subprocess.Popen
    (tmp_path / "stub").mkdir()

    def spawn(command: list[str], **kwargs: Any) -> Any:
        assert command[1:] == ["-m", "vae_core.worker"]
        return real([sys.executable, "-S", "-c", STUB, str(tmp_path / "stub")], **kwargs)

    monkeypatch.setattr(jobs.subprocess, "Popen", spawn)
    monkeypatch.setattr(jobs, "RESPAWN_DELAY_S", 0.01)
    monkeypatch.setattr(jobs, "HEARTBEAT_S", 0.02)
    stubs = Stubs(tmp_path / "stub")
    yield stubs
    for executor in stubs.executors:
        executor.shutdown()


@pytest.fixture
def submit() -> Callable[..., Run]:
    def make(executor: LocalExecutor, owner: str = "") -> Run:
        run = runs.create(small())
        executor.submit(run, owner=owner)
        return run

    return make


@pytest.fixture
def restorers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the bundled restorers, to be damaged or trained anew."""
    folder = shutil.copytree(champion.RESTORERS, tmp_path / "restorers")
    monkeypatch.setattr(champion, "RESTORERS", folder)
    monkeypatch.setattr("vae_core.restoration.champion_training.RESTORERS", folder)
    champion.read_champion.cache_clear()
    yield folder
    champion.read_champion.cache_clear()
