"""The command line as its tests use it: in this process, or as a process of its own."""

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from typer.testing import CliRunner

from tests.unit._runs import ROOT
from vae_core.cli import app

TRAIN = ("train", "--dataset", "digits")


@dataclass
class Output:
    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        return json.loads(self.stdout.splitlines()[-1])


def cli(*words: object) -> Output:
    """Run the command line in this process. What is no SystemExit is a traceback: a bug."""
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    plain = click.unstyle(result.stderr)
    # Typer draws boxes around wrong use, and breaks lines in them.
    return Output(result.exit_code, click.unstyle(result.stdout), re.sub(r"[\s│]+", " ", plain))


def refuses(code: int, message: str, *words: object) -> Output:
    output = cli(*words)
    assert re.search(message, output.stderr), output
    assert output.code == code
    assert output.stdout == ""
    return output


def start(folder: Path, *words: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "vae_core", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "VAELAB_RUNS": str(folder / "runs")},
        preexec_fn=listen_to_ctrl_c,
    )


def listen_to_ctrl_c() -> None:
    """A shell's background job ignores Ctrl-C, and hands that on to what it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def finish(process: "subprocess.Popen[str]") -> Output:
    stdout, stderr = process.communicate(timeout=120)
    return Output(process.returncode, stdout, stderr)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])
