"""A process that measures nothing, to look at the line in front of it."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ui.measuring import Measurements, Wanted
from vae_core.levels_worker import LevelsRequest

# Answers like a worker: a first row at once, the rest when a test says so, or what it says instead.
STUB = """
import json, sys, time
from pathlib import Path
here = Path(sys.argv[1])
for line in sys.stdin:
    request = json.loads(line)
    name = f"{request['seed']}"
    with (here / "begun").open("a") as file:
        file.write(name + "\\n")
    for number, level in enumerate(request["levels"]):
        while number and not (here / name).exists():
            time.sleep(0.002)
        said = (here / name).read_text() if number else ""
        if said == "die":
            sys.exit(1)
        if said:
            break
        values = {"psnr_db": [20.0 - 10 * level], "ssim": [0.5], "is_read": [True]}
        print(json.dumps({"row": {"level": level, "method": "damaged"} | values}), flush=True)
    print(json.dumps({"error": said} if said else {"is_done": True}), flush=True)
"""
LEVELS = (0.1, 0.5, 0.9)


def wanted(seed: int, **changes: Any) -> Wanted:
    """Something to measure; its seed is its name."""
    request = LevelsRequest(
        dataset="digits", methods=("median",), kind="gaussian", levels=LEVELS, seed=seed
    )
    return Wanted(request.evolve(**changes))


class Stub:
    """Starts processes that measure nothing, and says when they go on."""

    def __init__(self, here: Path) -> None:
        self.here = here
        self.started: list[subprocess.Popen[str]] = []
        self.made: list[Measurements] = []

    def measurements(self) -> Measurements:
        self.made.append(Measurements(self.start))
        return self.made[-1]

    def start(self) -> "subprocess.Popen[str]":
        command = [sys.executable, "-S", "-c", STUB, str(self.here)]
        pipe = subprocess.PIPE
        self.started.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True))
        return self.started[-1]

    def begun(self) -> list[int]:
        path = self.here / "begun"
        return [int(name) for name in path.read_text().split()] if path.exists() else []

    def wait_for(self, *seeds: int) -> None:
        until(lambda: self.begun() == list(seeds))

    def end(self, seed: int, said: str = "") -> None:
        path = self.here / f".{seed}"
        path.write_text(said)
        path.rename(self.here / f"{seed}")


def until(condition: Callable[[], Any], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen within {seconds:.0f} s"
        time.sleep(0.005)
