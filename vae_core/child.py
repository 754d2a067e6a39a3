"""Processes that work for this one: how they are started, and how they behave.

They speak through pipes, a line at a time: what is asked for goes in, answers come out, and
whatever else a library prints goes to stderr. When the pipe closes, or the parent dies, they end.
"""

import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TextIO

PR_SET_PDEATHSIG = 1


def spawn(module: str, **environment: str) -> "subprocess.Popen[str]":
    """Start `python -m module`, with pipes to talk to it.

    On Linux it dies with the *thread* that started it, at the latest.

    Args:
        environment: variables that it gets beside those of this process.

    Raises:
        OSError: when the system starts no more processes.
    """
    # The package is found from whichever folder this process was started in.
    folders = [str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH")]
    path = os.pathsep.join(folder for folder in folders if folder)
    return subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path} | environment,
    )


def settle_in(niceness: int) -> TextIO:
    """In the child: leave the computer to others, end with the parent, keep the answers apart.

    Args:
        niceness: how far others go first, 0 to 19.

    Returns:
        Where answers are written, line by line; what is printed goes to stderr from now on.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent too, which decides
    os.nice(niceness)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return answers
