"""Memory: the data once, as bytes, plus a constant.

`python -m benchmarks.memory` trains the app's default recipe for MNIST on 250,000, 500,000 and
1,000,000 synthetic 28x28 images, a few hundred steps with all events each, every size in a process
of its own, and reads how much memory that process ever held (its peak resident set: Python, torch
and all). The largest must stay under 2 GB, and an image must cost the same in a large set as in a
small one: the slopes between the sizes agree within 10 %.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
from itertools import pairwise
from typing import Any

import vae_core  # noqa: F401  (before torch, as in the app: it sets how OpenMP's threads wait)

# isort: split
import torch

from benchmarks import common
from benchmarks.peers import ROOT, BenchmarkError
from vae_core import default_config, train
from vae_core.data import DATASETS, Dataset, ImageSource
from vae_core.training import Progress

SIZES = (250_000, 500_000, 1_000_000)
STEPS = 300
LIMIT_BYTES = 2e9
TOLERATED = 0.10
CHUNK = 10_000
NUM_VAL = 5_000


def train_on(num_images: int, steps: int) -> dict[str, float]:
    """Train on synthetic images in this process; return its peak memory and its speed."""
    config, spec = default_config("mnist"), DATASETS["mnist"].spec
    generator = torch.Generator().manual_seed(0)

    def source(num: int) -> ImageSource:
        images = torch.empty(num, *spec.event_shape, dtype=torch.uint8)
        for part in images.split(CHUNK):
            part.random_(0, 256, generator=generator)
        return ImageSource(spec, images, torch.zeros(num, dtype=torch.int64))

    val = source(NUM_VAL)
    before_bytes = peak_bytes()
    data = Dataset(spec, train=source(num_images), val=val, test=val)
    seconds = []
    for event in train(config.evolve(train=config.train.evolve(epochs=1)), data):
        if isinstance(event, Progress):
            seconds.append(1 / event.images_per_s)
            if event.step >= steps:
                break
    return {
        "peak_bytes": peak_bytes(),
        "before_bytes": before_bytes,
        "us_per_image": round(1e6 * statistics.median(seconds), 2),
    }


def peak_bytes() -> int:
    """The most memory that this process ever held, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # macOS counts bytes, Linux KiB


def summary(peaks: dict[int, int]) -> dict[str, Any]:
    """Return what the peaks say.

    Args:
        peaks: number of images -> peak memory in bytes, for at least two sizes.
    """
    sizes = sorted(peaks)
    slopes = [(peaks[large] - peaks[small]) / (large - small) for small, large in pairwise(sizes)]
    return {
        "peak_bytes": {str(size): peaks[size] for size in sizes},
        "bytes_per_image": [round(slope, 1) for slope in slopes],
        "constant_bytes": round(peaks[sizes[-1]] - slopes[-1] * sizes[-1]),
        "is_under_2_gb": peaks[sizes[-1]] < LIMIT_BYTES,
        "is_constant_per_image": max(slopes) <= min(slopes) * (1 + TOLERATED),
    }


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Train on each size in a fresh process."""
    told = {}
    machine = common.machine(default_config("mnist").num_threads)
    for size in options.sizes:
        command = [sys.executable, "-m", "benchmarks.memory", "--child", str(size)]
        command += ["--steps", str(options.steps)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
            raise BenchmarkError(f"Training on {size:,} images failed: {reason}")
        told[size] = json.loads(done.stdout.splitlines()[-1])
        print(f"  {size:>9,} images: {told[size]['peak_bytes'] / 1e6:,.0f} MB", flush=True)
    return summary({size: it["peak_bytes"] for size, it in told.items()}) | {
        "us_per_image": {str(size): it["us_per_image"] for size, it in told.items()},
        "before_the_images_bytes": {str(size): it["before_bytes"] for size, it in told.items()},
        "steps": options.steps,
        "machine": machine,
        "versions": {"torch": torch.__version__},
    }


def table(result: dict[str, Any]) -> str:
    """Return the readable result."""
    rows = [
        [f"{int(size):,}", f"{peak / 1e6:,.0f}", result["us_per_image"][size]]
        for size, peak in result["peak_bytes"].items()
    ]
    slopes = ", ".join(f"{slope:,.0f}" for slope in result["bytes_per_image"])
    text = f"# Memory\n\n{__doc__.split(chr(10) * 2, 1)[1]}\n"
    text += common.markdown(["images", "peak, MB", "microseconds an image"], rows)
    return (
        f"{text}\nBytes an image, from size to size: {slopes} (784 are its pixels), and a constant "
        f"of {result['constant_bytes'] / 1e6:,.0f} MB. {common.described(result)}"
    )


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = common.parser(__doc__)
    parser.add_argument("--sizes", type=common.at_least(1_000), nargs="+", default=list(SIZES))
    parser.add_argument("--steps", type=common.at_least(1), default=STEPS)
    parser.add_argument("--child", type=common.at_least(1), help=argparse.SUPPRESS)
    options = parser.parse_args(given)
    if len(set(options.sizes)) < 2:
        parser.error("two different --sizes or more are needed: a slope is measured")
    return options


def main() -> dict[str, Any]:
    """Measure, print, keep."""
    options = arguments()
    if options.child:
        answer = train_on(options.child, options.steps)
        print(json.dumps(answer))
        return answer
    result = measure(options)
    text = table(result)
    print(text)
    if options.sizes == list(SIZES):
        common.keep("memory", result, text)
    else:
        print("Not kept: other sizes than usual.")
    return result


if __name__ == "__main__":
    common.run(main, lambda: arguments().json)
