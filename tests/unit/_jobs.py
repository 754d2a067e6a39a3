"""Executors whose workers train nothing, to look at the queue."""

from collections.abc import Callable
from pathlib import Path

from tests.unit._runs import until
from vae_core.jobs import LocalExecutor
from vae_core.runs import Run

Submit = Callable[..., Run]


# Answers like a worker, but only notes what it is given, and goes on when a test says so.
STUB = """
import json, sys, time
from pathlib import Path
here = Path(sys.argv[1])
if (here / "broken").exists():
    (here / "broken").unlink()
    sys.exit(1)
print("ready", flush=True)
for line in sys.stdin:
    name = Path(json.loads(line)["folder"]).name
    with (here / "begun").open("a") as file:
        file.write(name + "\\n")
    while not (here / name).exists():
        time.sleep(0.002)
    print("done", flush=True)
"""


class Stubs:
    """Quick executors whose workers train nothing, to look at the queue."""

    def __init__(self, here: Path) -> None:
        self.here = here
        self.executors: list[LocalExecutor] = []

    def executor(self, num_workers: int = 1, **limits: int) -> LocalExecutor:
        self.executors.append(LocalExecutor(num_workers, **limits))
        return self.executors[-1]

    def begun(self) -> list[str]:
        path = self.here / "begun"
        return path.read_text().split() if path.exists() else []

    def wait_for(self, num_begun: int) -> list[str]:
        until(lambda: len(self.begun()) >= num_begun, 20, f"the start of job {num_begun}")
        return self.begun()

    def end(self, *run_ids: str) -> None:
        for run_id in run_ids:
            (self.here / run_id).touch()
