"""Processes that work for this one."""

from pathlib import Path

import pytest

from tests.unit._runs import ROOT
from vae_core.child import spawn


@pytest.mark.parametrize("more", ["", "/somewhere/else"])
def test_a_child_finds_the_package_first_and_then_what_its_parent_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", more)
    with spawn("site") as child:  # it says where modules are looked for
        said, _ = child.communicate()
    paths = [line.strip(" ',") for line in said.splitlines()[1:]]
    assert paths[0] == str(tmp_path)
    assert paths[1:][: 1 + bool(more)] == [str(ROOT), *([more] if more else [])]
