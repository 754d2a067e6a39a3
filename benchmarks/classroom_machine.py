"""What a lesson costs the machine: memory of server and workers, processor time of each."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

EVERY_S = 1.0
MIB = 2**20
KINDS = {
    "server": "streamlit",
    "worker": "vae_core.worker",
    "measuring": "vae_core.levels_worker",
    "Chromium": "chrom",
}
"""What a process is -> what its command line holds."""


@dataclass
class Watch:
    """The processes below this one, looked at once a second.

    Attributes:
        rss: most MiB that one process of a kind had in memory, shared libraries included.
        pss: the same, with a part of each shared page, as large as the number that share it.
        cpu_s: processor seconds of all processes of a kind.
        own_s: processor seconds of this process, which plays the other visitors.
    """

    rss: dict[str, float] = field(default_factory=dict)
    pss: dict[str, float] = field(default_factory=dict)
    _cpu: dict[tuple[str, int], float] = field(default_factory=dict)
    _own: psutil.Process = field(default_factory=psutil.Process)

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(EVERY_S)

    def look(self) -> None:
        """Note what each process has and has used by now."""
        for process in self._own.children(recursive=True):
            with suppress(psutil.Error):
                line = " ".join(process.cmdline())
                for kind in _kinds(line):
                    times = process.cpu_times()
                    self._cpu[kind, process.pid] = times.user + times.system
                    if kind != "Chromium":
                        memory = process.memory_full_info()
                        self.rss[kind] = max(self.rss.get(kind, 0), memory.rss / MIB)
                        self.pss[kind] = max(self.pss.get(kind, 0), memory.pss / MIB)

    @property
    def cpu_s(self) -> dict[str, float]:
        """Processor seconds by kind."""
        found: dict[str, float] = {}
        for (kind, _), seconds in self._cpu.items():
            found[kind] = found.get(kind, 0.0) + seconds
        return found

    @property
    def own_s(self) -> float:
        """Processor seconds of this process."""
        times = self._own.cpu_times()
        return float(times.user + times.system)


def _kinds(line: str) -> Iterator[str]:
    """What a process is; nothing for others, such as the browser's driver."""
    for kind, part in KINDS.items():
        if part in line:
            yield kind
            return
