"""`python -m benchmarks.peers`: make every peer's environment, and say what it imports."""

import subprocess
import sys

from benchmarks.peers import PEERS, BenchmarkError, python_of

SAY = "import {0}, sys; print('{0}', getattr({0}, '__version__', ''), 'from', {0}.__file__)"
MODULES = {"pythae": ("pythae", "torch"), "jax": ("jax", "jaxlib", "numpy")}


def main() -> None:
    """Make what is missing."""
    for name in PEERS:
        python = python_of(name)
        print(f"{name}: {python}")
        for module in MODULES[name]:
            subprocess.run([str(python), "-c", SAY.format(module)], check=True)


if __name__ == "__main__":
    try:
        main()
    except BenchmarkError as error:
        sys.exit(str(error))
