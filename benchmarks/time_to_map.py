"""How long until there is a map worth looking at.

`python -m benchmarks.time_to_map` counts the seconds of training until the 15 nearest of the
60,000 training images' means name the class of 75 % of the 10,000 test images, in two latent
dimensions:

- ours: the app's default recipe for MNIST, as it is: its one-cycle schedule spans all its epochs
- pythae: pythae 0.1.2's trainer with its default MLP and loss (mse; with bce it takes longer),
  latent size 2, batch 128, lr 1e-3

Both are looked at every 10,000 images with the clock stopped; training starts warm, with data in
memory. A peer that has not got there after 20 times our seconds is stopped, and the bound told.
Shorter recipes of ours (--short, in epochs) run too, and are told apart: one that ends before the
map is good says "more than". Medians over seeds.
"""

import argparse
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import common, images
from benchmarks.contestants.process import Contestant
from vae_core import default_config

TARGET = 0.75
GIVE_UP = 20
NUM_IMAGES = 60_000


def summary(runs: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Return the medians and their ratio.

    Args:
        runs: contestant -> what each seed's run answered. One that did not reach the target counts
            with the seconds after which it ended, so its median is a lower bound.
    """
    seconds = {name: common.median(r["seconds"] for r in told) for name, told in runs.items()}
    bounded = [name for name, told in runs.items() if not all(r["reached"] for r in told)]
    return {
        "seconds": {name: seconds[name] for name in ("ours", "pythae") if name in seconds},
        "ratio": round(seconds["pythae"] / seconds["ours"], 3) if "pythae" in seconds else None,
        "only_a_bound_for": bounded,
        "variants": {n: s for n, s in seconds.items() if n not in ("ours", "pythae")},
        "seconds_by_seed": {name: [r["seconds"] for r in told] for name, told in runs.items()},
        "accuracy_by_seed": {name: [r["accuracy"] for r in told] for name, told in runs.items()},
        "epochs_by_seed": {
            name: [round(r["num_images"] / NUM_IMAGES, 2) for r in told]
            for name, told in runs.items()
        },
    }


def table(result: dict[str, Any]) -> str:
    """Return the readable result."""
    header = ["", f"seconds to {result['target']}", "of each seed", "epochs", "ours is"]
    ours, rows = result["seconds"]["ours"], []
    for name, seconds in (result["seconds"] | result["variants"]).items():
        bound = "more than " if name in result["only_a_bound_for"] else ""
        each = ", ".join(f"{s:.1f}" for s in result["seconds_by_seed"][name])
        epochs = ", ".join(f"{e:g}" for e in result["epochs_by_seed"][name])
        ratio = f"{bound}{seconds / ours:.2f} x sooner" if name == "pythae" else ""
        rows.append([name, f"{bound}{seconds:.1f}", each, epochs, ratio])
    text = f"# Seconds until the map is good\n\n{__doc__.split(chr(10) * 2, 1)[1]}\n"
    return text + common.markdown(header, rows) + "\n" + common.described(result)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Let every seed train in turn."""
    machine = common.machine(options.threads)
    runs: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        paths = images.write(Path(folder))

        def start(name: str, module: str, peer: str | None = None) -> Contestant:
            module = f"benchmarks.contestants.{module}"
            child = Contestant(name, module, options.threads, peer, polite=options.polite)
            return stack.enter_context(child)

        ours = start("ours", "ours")
        pythae = start("pythae", "pythae_trainer", "pythae") if options.peer else None
        warm = {"model": "mlp", "activation": "silu", "batch_size": 128, "learning_rate": 1e-3}
        for child in (ours, pythae):
            if child is not None:
                child.ask("prepare", images=paths["train"], seed=0, **warm)

        def note(name: str, reply: dict[str, Any]) -> float:
            runs.setdefault(name, []).append(reply)
            epochs = reply["num_images"] / NUM_IMAGES
            print(
                f"  {name}: {reply['accuracy']} after {reply['seconds']} s, {epochs:.1f} epochs",
                flush=True,
            )
            seconds: float = reply["seconds"]
            return seconds

        for seed in options.seeds:
            print(f"Seed {seed}", flush=True)
            limit_s = GIVE_UP * note("ours", ours.ask("map", seed=seed, target=options.target))
            for epochs in options.short:
                reply = ours.ask("map", seed=seed, target=options.target, epochs=epochs)
                note(f"ours, {epochs} epochs", reply)
            if pythae is not None:
                reply = pythae.ask(
                    "map",
                    paths=paths,
                    seed=seed,
                    target=options.target,
                    limit_s=limit_s,
                    loss=options.loss,
                )
                note("pythae", reply)
        versions = ours.versions | (pythae.versions if pythae else {})
    return summary(runs) | {
        "target": options.target,
        "pythae_loss": options.loss,
        "machine": machine,
        "versions": versions,
    }


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = common.parser(__doc__)
    parser.add_argument("--seeds", type=common.at_least(0), nargs="+", default=[0, 1, 2])
    parser.add_argument(
        "--short", type=common.at_least(1), nargs="*", default=[3], help="shorter recipes of ours"
    )
    parser.add_argument("--target", type=float, default=TARGET, help="accuracy, 0 to 1")
    parser.add_argument("--polite", action="store_true", help="see benchmarks.training")
    parser.add_argument("--no-peer", dest="peer", action="store_false")
    parser.add_argument("--loss", choices=("bce", "mse"), default="mse", help="pythae's")
    usual = min(default_config("mnist").num_threads, os.cpu_count() or 1)
    parser.add_argument("--threads", type=common.at_least(1), default=usual)
    return parser.parse_args(given)


def main() -> dict[str, Any]:
    """Measure, print, keep."""
    options = arguments()
    result = measure(options)
    text = table(result)
    print(text)
    usual = arguments([])
    same = all(getattr(options, name) == getattr(usual, name) for name in ("target", "polite"))
    if options.peer and same and len(options.seeds) >= len(usual.seeds):
        common.keep("time_to_map", result, text)
    else:
        print("Not kept: only a part was measured.")
    return result


if __name__ == "__main__":
    common.run(main, lambda: arguments().json)
