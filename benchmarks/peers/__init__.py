"""The libraries that this one is measured against, each in a Python environment of its own.

`python -m benchmarks.peers` makes them in `.cache/bench/`; a benchmark that needs one and does not
find it makes it then. An environment holds the peer and what the peer alone needs, at the
versions of `requirements-bench.txt`; everything else, torch above all, is the project's own,
found through a .pth file: nothing big is downloaded twice, and a peer runs on the same torch.
"""

import hashlib
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "bench"
REQUIREMENTS = ROOT / "requirements-bench.txt"
PEERS: dict[str, tuple[str, ...]] = {"pythae": ("pythae",), "jax": ("jax", "optax")}
"""Environment -> the packages that make it."""


class BenchmarkError(Exception):
    """A benchmark cannot run; the text says why and what to do."""


def python_of(name: str, say: Callable[[str], None] = print) -> Path:
    """Return the Python of a peer's environment, which is made first when it is not there.

    Args:
        name: of PEERS.
        say: told in one line when something is made.

    Raises:
        BenchmarkError: for an unknown peer, or when pip cannot install it.
    """
    if name not in PEERS:
        raise BenchmarkError(f"Unknown peer {name!r}. Expected one of: {', '.join(PEERS)}.")
    folder = CACHE / name
    python, stamp = folder / "bin" / "python", folder / "made-from"
    if not (stamp.is_file() and stamp.read_text() == _recipe()):
        say(f"Making the environment of {name} in {folder.relative_to(ROOT)} (a minute, once) ...")
        shutil.rmtree(folder, ignore_errors=True)
        _make(name, folder, python)
        stamp.write_text(_recipe())
    return python


def _recipe() -> str:
    """What an environment was made from: another Python or another pin makes it anew."""
    pins = hashlib.blake2b(REQUIREMENTS.read_bytes(), digest_size=8).hexdigest()
    return f"{sys.version_info[:2]} {sysconfig.get_path('purelib')} {pins}\n"


def _make(name: str, folder: Path, python: Path) -> None:
    _call(name, sys.executable, "-m", "venv", str(folder))
    purelib = next((folder / "lib").glob("python*")) / "site-packages"
    # After the environment's own folder on sys.path: what the peer brings wins.
    (purelib / "project.pth").write_text(sysconfig.get_path("purelib") + "\n")
    quiet = ("--quiet", "--disable-pip-version-check")
    pins = ("--constraint", str(REQUIREMENTS), "--constraint", str(ROOT / "constraints.txt"))
    _call(name, str(python), "-m", "pip", "install", *quiet, *pins, *PEERS[name])


def _call(name: str, *command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise BenchmarkError(
            f"The environment of {name} could not be made ({reason}). It needs pip and its "
            "package index; try 'python -m benchmarks.peers', or leave the peer out with --only."
        )
