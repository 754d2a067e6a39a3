"""That the watch sees what it is there to see: else all the others would prove nothing."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.hostile.watching import case, num_cases
from vae_core.files import write_json


def link_out(runs: Path) -> None:
    (runs / "link").symlink_to(runs.parent, target_is_directory=True)
    (runs / "link" / "evil").write_text("x")


def remove_beside(runs: Path) -> None:
    (runs.parent / "beside" / "inner").mkdir(parents=True)
    shutil.rmtree(runs.parent / "beside")


DEEDS: dict[str, Callable[[Path], object]] = {
    "a file beside": lambda runs: (runs.parent / "evil").write_text("x"),
    "a file through the parent": lambda runs: (runs / ".." / "evil").write_text("x"),
    "a file through a link": link_out,
    "a temporary file": lambda _: tempfile.TemporaryFile().close(),
    "a folder": lambda runs: (runs.parent / "evil").mkdir(),
    "a folder removed": remove_beside,
    "a file moved out": lambda runs: write_json(runs / "a", 1) or (runs / "a").rename("/tmp/evil"),
    "a file of the system": lambda _: Path("/etc/passwd").read_text(),
    "a file opened by number": lambda _: os.close(os.open("/etc/passwd", os.O_RDONLY)),
    "a program": lambda _: subprocess.run([sys.executable, "-c", ""], check=True),
    "a call": lambda _: socket.create_connection(("127.0.0.1", 1), 0.1),
}


@pytest.mark.parametrize("name", DEEDS)
def test_what_may_not_be_is_seen(own_runs: Path, name: str) -> None:
    with pytest.raises(AssertionError), case(), suppress(ConnectionRefusedError):
        DEEDS[name](own_runs)


def test_what_may_be_is_let_pass_and_counted(own_runs: Path) -> None:
    before = num_cases()
    with case():
        write_json(own_runs / "a", 1)
        (own_runs / "b").mkdir()
        shutil.rmtree(own_runs / "b")
        assert Path(__file__).read_text()
    assert num_cases() == before + 1
    (own_runs.parent / "beside").write_text("x")  # nobody watches any more
