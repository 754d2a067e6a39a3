"""The app's pages, run in this process with the real bundled checkpoints."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from tests.pages.training import StubExecutor
from vae_core import MLPConfig, RunConfig, build_model, runs
from vae_core.checkpoints import save_trained
from vae_core.data import Dataset
from vae_core.record import RunRecord

ROOT = Path(__file__).resolve().parents[2]
Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def own_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the runs of whoever starts it."""
    monkeypatch.setenv("VAELAB_RUNS", str(tmp_path / "runs"))


@pytest.fixture(autouse=True)
def measures_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening a page starts no process."""
    monkeypatch.setattr("ui.measuring.Measurements.warm", lambda _: None)


@pytest.fixture
def without_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer without MNIST."""
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path / "empty"))


@pytest.fixture
def open_page() -> Iterator[Open]:
    """Open a page: `open_page("sliders", model="mnist-2d")`."""

    def run(page: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "ui" / "router.py"), default_timeout=30)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        if page != "explore":
            app.switch_page(str(ROOT / "pages" / f"{page}.py")).run()
        assert not app.exception
        return app

    yield run
    st.cache_resource.clear()


@pytest.fixture
def save_model(digits: Dataset) -> Callable[..., RunRecord]:
    """Save an untrained model under a name, as the Train page does after training."""

    def save(name: str, **model: object) -> RunRecord:
        torch.manual_seed(0)
        config = RunConfig(model=MLPConfig(hidden=(16,), **model))
        run = runs.create(config)
        record = run.record().evolve(status="finished")
        save_trained(run.folder, record, build_model(config.model, digits.spec), digits)
        return runs.save_as(run, name)

    return save


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> StubExecutor:
    stub = StubExecutor()
    for module in ("run_controls", "queueing"):
        monkeypatch.setattr(f"ui.{module}.executor", lambda: stub)
    monkeypatch.setattr("ui.run_controls.BEGIN_S", 0.0)
    monkeypatch.setattr("ui.run_controls.STEP_S", 0.0)
    return stub
