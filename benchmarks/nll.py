"""How fast the likelihood of images is estimated by importance sampling.

`python -m benchmarks.nll` trains the MLP 784-400-20 on MNIST, gives the same weights to both, and
counts images times samples a second for 500 samples of each test image:

  ours    metrics.evidence, what `python -m vae_core evaluate` calls
  pythae  pythae 0.1.2's VAE.get_nll, without gradients, as its own scripts call it

The two take turns; medians over rounds. Each measures as many images as it needs for a steady
time (--images, --peer-images: the peer's time is proportional to them), and both tell their NLL of
the same first images, which must agree. "highest" multiplies in float32 what "medium", the
default, multiplies in bfloat16 where the processor has it.
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import common, images
from benchmarks.contestants.process import Contestant
from benchmarks.peers import BenchmarkError
from vae_core import default_config

NUM_SAMPLES = 500
AGREE_NATS = 0.5  # of the mean over the peer's images: the draws' noise is a fifth of it
EPOCHS = 2
ROUNDS = 3

Ask = Callable[..., dict[str, Any]]


def summary(
    runs: dict[str, list[dict[str, Any]]], num_images: dict[str, int], num_samples: int
) -> dict[str, Any]:
    """Return the medians and their ratio.

    Args:
        runs: contestant -> what each round answered.
        num_images: contestant -> images in each of its rounds.
        num_samples: of each image.
    """
    rates = {
        name: [num_images[name] * num_samples / reply["seconds"] for reply in told]
        for name, told in runs.items()
    }
    work = {
        name: [num_images[name] * num_samples / reply["cpu_s"] for reply in told]
        for name, told in runs.items()
    }
    middle = {name: common.median(each, 0) for name, each in rates.items()}
    return {
        "images_x_samples_per_s": middle,
        "ratio": round(middle["ours"] / middle["pythae"], 2) if "pythae" in middle else None,
        "images_x_samples_per_cpu_s": {n: common.median(each, 0) for n, each in work.items()},
        "by_round": {name: [round(rate) for rate in each] for name, each in rates.items()},
        "num_images": num_images,
        "num_samples": num_samples,
        "seconds_for_10000_images": {
            name: round(10_000 * num_samples / rate, 1) for name, rate in middle.items()
        },
    }


def check(nll_nats: dict[str, float]) -> None:
    """Refuse to compare speeds of different numbers."""
    if max(nll_nats.values()) - min(nll_nats.values()) > AGREE_NATS:
        raise BenchmarkError(f"The estimates do not agree: {nll_nats} nats on the same images.")


def table(result: dict[str, Any]) -> str:
    """Return the readable result."""
    rows = [
        [
            name,
            f"{rate:,.0f}",
            f"{result['images_x_samples_per_cpu_s'][name]:,.0f}",
            f"{result['seconds_for_10000_images'][name]:,.1f}",
            f"{result['nll_nats'][name]:.2f}",
        ]
        for name, rate in result["images_x_samples_per_s"].items()
    ]
    header = ["", "images x samples / s", "per s of a core", "s for 10,000 images", "NLL, nats"]
    ratio = f"Ours is {result['ratio']} times as fast as pythae.\n\n" if result["ratio"] else ""
    text = f"# The likelihood of images\n\n{__doc__.split(chr(10) * 2, 1)[1]}\n"
    return text + common.markdown(header, rows) + f"\n{ratio}" + common.described(result)


def contestants(
    options: argparse.Namespace, folder: Path, stack: ExitStack
) -> tuple[dict[str, Ask], dict[str, str]]:
    """Train once and start everybody with the same weights.

    Returns:
        name -> how to ask for the NLL of so many images with a seed; and versions.
    """
    weights = str(folder / "weights.npz")
    shared = {"weights": weights, "activation": "relu", "num_samples": options.samples}

    def start(name: str, module: str, peer: str | None = None) -> Contestant:
        module = f"benchmarks.contestants.{module}"
        child = Contestant(name, module, options.threads, peer, polite=options.polite)
        return stack.enter_context(child)

    ours = start("ours", "nll_ours")
    recipe = {"model": "mlp", "activation": "relu", "batch_size": 128, "epochs": EPOCHS}
    ours.ask("train", **recipe, learning_rate=1e-3, seed=0, weights=weights)
    found: dict[str, Ask] = {
        "ours": partial(ours.ask, "measure", **shared, precision="medium"),
        "ours, highest": partial(ours.ask, "measure", **shared, precision="highest"),
    }
    if not options.peer:
        return found, ours.versions
    pythae = start("pythae", "nll_pythae", "pythae")
    paths = images.write(folder)
    found["pythae"] = partial(pythae.ask, "measure", **shared, images=paths["test"])
    return found, ours.versions | pythae.versions


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Let everybody take turns."""
    machine = common.machine(options.threads)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        asked, versions = contestants(options, Path(folder), stack)
        num_images = dict.fromkeys(asked, options.images) | (
            {"pythae": options.peer_images} if options.peer else {}
        )
        for ask in asked.values():
            ask(num_images=2, seed=0)  # first touches
        same = {name: ask(num_images=options.peer_images, seed=0) for name, ask in asked.items()}
        nll_nats = {name: reply["nll_nats"] for name, reply in same.items()}
        check(nll_nats)
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in asked}
        for seed in range(options.rounds):
            for name, ask in asked.items():
                runs[name].append(ask(num_images=num_images[name], seed=seed))
    result = summary(runs, num_images, options.samples)
    moved = runs["ours"][0]["nll_nats"] - runs["ours, highest"][0]["nll_nats"]
    result["precision_moves_nll_by_nats"] = round(moved, 4)
    return result | {"nll_nats": nll_nats, "machine": machine, "versions": versions}


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = common.parser(__doc__)
    parser.add_argument("--images", type=common.at_least(1), default=1000)
    parser.add_argument("--peer-images", type=common.at_least(1), default=100)
    parser.add_argument("--samples", type=common.at_least(1), default=NUM_SAMPLES)
    parser.add_argument("--rounds", type=common.at_least(1), default=ROUNDS)
    parser.add_argument("--polite", action="store_true", help="see benchmarks.training")
    parser.add_argument("--no-peer", dest="peer", action="store_false")
    usual = min(default_config("mnist").num_threads, os.cpu_count() or 1)
    parser.add_argument("--threads", type=common.at_least(1), default=usual)
    return parser.parse_args(given)


def main() -> dict[str, Any]:
    """Measure, print, keep."""
    options = arguments()
    result = measure(options)
    text = table(result)
    print(text)
    if (
        options.peer
        and not options.polite
        and options.rounds >= ROUNDS
        and options.samples == NUM_SAMPLES
    ):
        common.keep("nll", result, text)
    else:
        print("Not kept: only a part was measured.")
    return result


if __name__ == "__main__":
    common.run(main, lambda: arguments().json)
