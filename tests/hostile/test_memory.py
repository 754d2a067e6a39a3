"""How much memory a file can cost: measured in a process of its own, for each file by itself."""

import json
import os
import subprocess
import sys

import pytest

from tests.hostile import checkpoints, pictures, watching

PICTURE_MIB = 400  # for the 25 million pixels of a WebP, which its library keeps three times
REFUSED_MIB = 8  # what is refused is not unpacked
CHECKPOINT_MIB = 256  # for a file of 62


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    """What came of each file, by name."""
    folder = tmp_path_factory.mktemp("files")
    files = pictures.large() | checkpoints.large()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    runs = tmp_path_factory.mktemp("runs")
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.hostile.peak", str(folder)],
        cwd=watching.ROOT,
        env=os.environ | {"VAELAB_RUNS": str(runs)},
        capture_output=True,
        text=True,
        check=True,
    )
    found = [json.loads(line) for line in told.stdout.splitlines()]
    assert list(runs.iterdir()) == []
    assert {one["name"] for one in found} == set(files)
    return {one["name"]: one for one in found}


def test_the_largest_pictures_that_are_taken_cost_a_few_hundred_megabytes(
    measured: dict[str, dict[str, object]],
) -> None:
    for name, one in measured.items():
        if name.startswith("taken"):
            watching.count(1)
            assert "No ink was found" in str(one["said"]), one  # it was read: they are even
            assert 5 < float(str(one["mib"])) < PICTURE_MIB, one


def test_what_is_too_large_is_refused_before_it_is_unpacked(
    measured: dict[str, dict[str, object]],
) -> None:
    for name, one in measured.items():
        if name.startswith("refused"):
            watching.count(1)
            assert "expected at most" in str(one["said"]) or "layers" in str(one["said"]), one
            assert float(str(one["mib"])) < REFUSED_MIB, one


def test_a_checkpoint_costs_a_few_times_its_size_and_one_that_is_none_next_to_nothing(
    measured: dict[str, dict[str, object]],
) -> None:
    for name, one in measured.items():
        if name.endswith(".safetensors"):
            watching.count(1)
            assert "This file is no checkpoint" in str(one["said"]), one
            most = CHECKPOINT_MIB if name.startswith("read") else REFUSED_MIB
            assert float(str(one["mib"])) < most, one
