"""What every test may use: small data, short runs, seeded generators, the real MNIST."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from ui.server_settings import server_settings
from vae_core import MLPConfig, RunConfig, TrainConfig, load_dataset
from vae_core.data import Dataset, DataSpec, ImageSource

# Small matrices gain nothing from threads, and a shared machine loses by them.
torch.set_num_threads(1)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many hostile inputs were tried: each test of `tests/hostile` has told its report."""
    told = (
        value
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", None) == "teardown"
        for name, value in report.user_properties
        if name == "hostile_cases"
    )
    if num := sum(told):
        terminalreporter.write_line(f"hostile input: {num:,} cases")


def _part(source: ImageSource, num: int) -> ImageSource:
    return ImageSource(source.spec, source.images[:num], source.labels[:num])


@pytest.fixture(autouse=True)
def fresh_settings() -> Iterator[None]:
    """Variables that a test sets are read, and forgotten after it."""
    server_settings.cache_clear()
    yield
    server_settings.cache_clear()


@pytest.fixture
def seeded() -> Callable[[int], torch.Generator]:
    return lambda seed=0: torch.Generator().manual_seed(seed)


@pytest.fixture(scope="session")
def digits() -> Dataset:
    return load_dataset("digits")


@pytest.fixture(scope="session")
def tiny(digits: Dataset) -> Dataset:
    """70 / 20 / 30 real digits: with batches of 32, the last one of an epoch is short."""
    return Dataset(
        digits.spec, _part(digits.train, 70), _part(digits.val, 20), _part(digits.test, 30)
    )


@pytest.fixture(scope="session")
def tiny_config() -> RunConfig:
    return RunConfig(
        model=MLPConfig(hidden=(16,)), train=TrainConfig(epochs=3, batch_size=32), seed=3
    )


@pytest.fixture(scope="session")
def make_spec() -> Callable[[tuple[int, int, int]], DataSpec]:
    def make(event_shape: tuple[int, int, int]) -> DataSpec:
        return DataSpec(
            name="made",
            title="Made up",
            item="blob",
            event_shape=event_shape,
            levels=256,
            class_names=("a", "b"),
        )

    return make


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    """The real MNIST, where VAELAB_DATA names a folder that is meant to hold it."""
    if "VAELAB_DATA" not in os.environ:
        pytest.skip("set VAELAB_DATA to a folder that holds MNIST/raw")
    return load_dataset("mnist")


@pytest.fixture(scope="session")
def bundled() -> Path:
    """The folder of the checkpoints that come with the repository."""
    return Path(__file__).parent.parent / "checkpoints"
