"""The parent's side: start a contestant and ask it."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from benchmarks.contestants.serving import THREADS
from benchmarks.peers import CACHE, ROOT, BenchmarkError, python_of

TAIL_LINES = 5
WAITING = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "1000"}
"""What `import vae_core` sets, for this process too: contestants do not inherit it."""


class Contestant:
    """A child process that answers requests; close it, or use it as a context manager.

    Args:
        name: for messages and the log.
        module: what to run, such as "benchmarks.contestants.ours".
        threads: threads and cores it may use.
        peer: of PEERS, whose Python runs it; None for this one.
        polite: let its waiting OpenMP threads sleep as this library's do, instead of spinning as
            they do by default, which is faster alone and hopeless on a busy machine.
    """

    def __init__(
        self,
        name: str,
        module: str,
        threads: int,
        peer: str | None = None,
        *,
        polite: bool = False,
    ) -> None:
        python = sys.executable if peer is None else str(python_of(peer))
        CACHE.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.log = CACHE / f"{name}.log"
        count = str(threads)
        inherited = {k: v for k, v in os.environ.items() if k not in WAITING}
        with self.log.open("w") as errors:
            self.process = subprocess.Popen(
                [python, "-m", module],
                cwd=ROOT,
                env=inherited
                | {THREADS: count, "OMP_NUM_THREADS": count}
                | (WAITING if polite else {}),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        try:
            self.versions: dict[str, str] = self._read()["versions"]
        except BaseException:
            self.close()
            raise

    def ask(self, command: str, **arguments: Any) -> dict[str, Any]:
        """Send a request and wait for the answer.

        Raises:
            BenchmarkError: when it failed or died; the text holds the end of its log.
        """
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # it died; reading says so
            self.process.stdin.write(json.dumps({"command": command, **arguments}) + "\n")
            self.process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        reply: dict[str, Any] = json.loads(line) if line else {"error": "it ended"}
        if "error" in reply:
            tail = " | ".join(self.log.read_text().strip().splitlines()[-TAIL_LINES:])
            raise BenchmarkError(f"{self.name} failed: {reply['error']}. {self.log}: {tail}")
        return reply

    def close(self) -> None:
        """Let it end."""
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with suppress(BrokenPipeError):  # it died with a request unread
                    stream.close()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
