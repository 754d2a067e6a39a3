"""A contestant without a library: echoes, prints, fails or dies on request."""

import os
import sys
from typing import Any

from benchmarks.contestants import serving


def echo(**given: Any) -> dict[str, Any]:
    """Return what was given, and print on the channel's old file descriptor."""
    sys.stdout.write("a library talks\n")
    os.write(1, b"and so does its C part\n")
    return {"given": given, "threads": serving.num_threads()}


def fail() -> dict[str, Any]:
    """Fail as a library would."""
    raise ValueError("no such batch")


def die() -> dict[str, Any]:
    """End without an answer, as a process that is killed."""
    os._exit(3)


if __name__ == "__main__":
    serving.serve({"echo": echo, "fail": fail, "die": die}, {"nothing": "1.0"})
