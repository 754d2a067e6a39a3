"""A real server as it can be killed, and every process that comes of it."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.stage import ROOT, command, free_port, wait_until_healthy

PATIENCE_S = 180.0  # for what takes a moment on a quiet computer
ONE_THREAD = {"OMP_NUM_THREADS": "1", "VAELAB_DATA": "nowhere"}  # no MNIST to warm up with


@dataclass(frozen=True)
class Server:
    """A server that listens.

    Attributes:
        process: of the server itself.
        runs: folder of its runs, as the server names it.
        port: of the loopback address.
        log: what it and its workers print.
    """

    process: "subprocess.Popen[bytes]"
    runs: Path
    port: int
    log: Path

    @property
    def address(self) -> str:
        return f"http://localhost:{self.port}"

    def kill(self) -> None:
        """kill -9, as the system does when memory runs out."""
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def processes(self) -> dict[int, str]:
        """All that live and come of a server of this folder, whoever their parent is now."""
        mark = f"VAELAB_RUNS={self.runs}\0".encode()
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes():
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().decode()
            except OSError:
                continue  # it has ended, or is another user's
        return found

    def workers(self) -> list[int]:
        """The processes that train."""
        return [pid for pid, command in self.processes().items() if "vae_core.worker" in command]


@contextmanager
def served(
    runs: Path, log: Path, *, inside: Sequence[str] = (), **environment: str
) -> Iterator[Server]:
    """Start the app as the README says; whatever still lives of it at the end is ended.

    Args:
        runs: folder of the runs.
        log: file for what is printed, added to.
        inside: command that starts the server, such as one that gives it another disk.
        environment: more variables.
    """
    port = free_port()
    with log.open("a") as file:
        process = subprocess.Popen(
            [*inside, *command(port)],
            cwd=ROOT,
            env=_environment(runs, environment),
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    server = Server(process, runs, port, log)
    try:
        wait_until_healthy(port, process)
        yield server
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()  # its workers end with it
        process.wait(20)


def _environment(runs: Path, more: Mapping[str, str]) -> dict[str, str]:
    return os.environ | ONE_THREAD | {"VAELAB_RUNS": str(runs)} | more
