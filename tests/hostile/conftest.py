"""What every hostile test has: runs of its own, real settings, and a count of what it tries."""

import mimetypes
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from starlette.testclient import TestClient

from tests.hostile import watching
from tests.pages.guarding import client as guarded


@pytest.fixture(autouse=True)
def own_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for runs, inside one that nobody may touch."""
    folder = tmp_path / "runs"
    folder.mkdir()
    monkeypatch.setenv("VAELAB_RUNS", str(folder))
    monkeypatch.setattr("os.fsync", lambda _: None)  # no power is cut here, and disks are slow
    return folder


@pytest.fixture(autouse=True)
def measures_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening a page starts no process, and the system's list of kinds of files is read before."""
    monkeypatch.setattr("ui.measuring.Measurements.warm", lambda _: None)
    mimetypes.init()


@pytest.fixture(autouse=True)
def counted(record_property: Callable[[str, object], None]) -> Iterator[None]:
    """Tell the report how many inputs a test has tried; see `pytest_terminal_summary`."""
    before = watching.num_cases()
    yield
    record_property("hostile_cases", watching.num_cases() - before)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """Somebody before the real door, with our own routes behind it."""
    with guarded() as asking:
        yield asking
    st.cache_resource.clear()
