"""Measures what reading files takes of a process's memory: `python -m tests.hostile.peak FOLDER`.

Writes a line of JSON for each file of the folder: its name, what came of it, and by how many MiB
the process grew meanwhile at most, as Linux counts it. A wall stands above all of it: beyond 2 GiB
more than at the start Python gets no memory.
"""

import json
import resource
import sys
from pathlib import Path

from vae_core.errors import VAELabError
from vae_core.ink import read_ink
from vae_core.parcel import unpack

MIB = 2**20
WALL_BYTES = 2_048 * MIB


def status(name: str) -> int:
    """A number of this process, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = (line for line in lines if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024


def grown(path: Path) -> dict[str, object]:
    """Read one file, and say by how much the process grew."""
    content = path.read_bytes()
    Path("/proc/self/clear_refs").write_text("5")  # the highest so far becomes that of now
    before = status("VmRSS")
    try:
        unpack(content) if path.suffix == ".safetensors" else read_ink(content)
        said = "taken"
    except VAELabError as error:
        said = str(error)
    return {"name": path.name, "mib": (status("VmHWM") - before) / MIB, "said": said}


def main() -> None:
    """Measure all files of a folder."""
    wall = status("VmSize") + WALL_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (wall, wall))
    for path in sorted(Path(sys.argv[1]).iterdir()):
        sys.stdout.write(json.dumps(grown(path)) + "\n")


if __name__ == "__main__":
    main()
