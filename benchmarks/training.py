"""Training speed, side by side with what people use.

`python -m benchmarks.training` trains the same MLP 784-400-20 on the same 60,000 MNIST images for
two epochs (Adam, 1e-3, constant) with

- ours: the public train() with the app's defaults, every event taken, validation included
- dataloader: the usual DataLoader + ToTensor + .item() loop, with 0 or 2 workers, the faster
- pythae: pythae 0.1.2's BaseTrainer
- jax: an epoch as one jitted lax.scan (compilation excluded, and told apart)

at batch sizes 128 and 512, and a convolutional model with the first two. Each is a child process
that stays alive and warm, with the same number of threads on the same cores; they take turns over
several rounds, and medians count. The loss reached is measured for all by one evaluator on the
10,000 test images. The machine's best matrix product is measured in the same rounds.

The table goes to benchmarks/results/training.md and .json when everybody took part.
"""

import argparse
import os
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from benchmarks import common, evaluator, images
from benchmarks.contestants.process import Contestant
from vae_core import MLPConfig, default_config
from vae_core.models.base import LOGVAR_BOUND

NAMES = ("ours", "dataloader", "pythae", "jax")
MODULES = {
    "ours": ("benchmarks.contestants.ours", None),
    "dataloader": ("benchmarks.contestants.dataloader", None),
    "pythae": ("benchmarks.contestants.pythae_trainer", "pythae"),
    "jax": ("benchmarks.contestants.jax_scan", "jax"),
    "roofline": ("benchmarks.contestants.roofline", None),
}
WORKERS = (0, 2)
BATCH_SIZES = (128, 512)
LAYERS = ((784, 400), (400, 40), (20, 400), (400, 784))
EPOCHS, LEARNING_RATE = 2, 1e-3
TOLERATED = 0.01  # "the same loss"


def flops_per_image(layers: tuple[tuple[int, int], ...] = LAYERS) -> int:
    """Floating-point operations of the matrix products of one training step, per image.

    A product of sizes (in, out) costs 2 * in * out, and as much again for each of its two
    gradients; the images themselves need none.
    """
    (first_in, first_out), *_ = layers
    return sum(6 * a * b for a, b in layers) - 2 * first_in * first_out


@dataclass
class Measured:
    """What one contestant did in each round of one contest."""

    img_per_s: list[float] = field(default_factory=list)
    loss_nats: list[float] = field(default_factory=list)
    train_loss_nats: list[float] = field(default_factory=list)
    cpu_us_per_image: list[float] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    def add(self, reply: dict[str, Any], loss_nats: float) -> None:
        """Take in one round."""
        self.img_per_s.append(reply["num_images"] / reply["seconds"])
        self.loss_nats.append(loss_nats)
        self.train_loss_nats.append(reply["train_loss_nats"])
        self.cpu_us_per_image.append(1e6 * reply["cpu_s"] / reply["num_images"])
        self.details = reply["details"]


def faster_loader(measured: dict[str, Measured]) -> dict[str, Measured]:
    """Merge dataloader-0 and dataloader-2 into the faster one, which remembers the other."""
    loaders = {n: m for n, m in measured.items() if n.startswith("dataloader-")}
    if not loaders:
        return measured
    speeds = {n: common.median(m.img_per_s, 0) for n, m in loaders.items()}
    best = loaders[max(speeds, key=speeds.__getitem__)]
    best.details = best.details | {"img_per_s": speeds}
    merged = {n: m for n, m in measured.items() if n not in loaders} | {"dataloader": best}
    return {name: merged[name] for name in NAMES if name in merged}


def summary(measured: dict[str, Measured], gflops: float | None) -> dict[str, Any]:
    """Return the object of one contest.

    Args:
        measured: of every contestant.
        gflops: the machine's best matrix product; None where the model's operations are not
            counted (convolutions).
    """
    speeds = {name: common.median(m.img_per_s, 0) for name, m in measured.items()}
    losses = {name: common.median(m.loss_nats) for name, m in measured.items()}
    result: dict[str, Any] = {"img_per_s": speeds}
    if "ours" in speeds:
        peers = {name: speed for name, speed in speeds.items() if name != "ours"}
        result["ratio"] = common.ratios(speeds["ours"], peers)
    result["loss_nats"] = losses
    result["same_loss"] = max(losses.values()) <= min(losses.values()) * (1 + TOLERATED)
    if gflops is not None:
        shares = {n: round(s * flops_per_image() / gflops / 1e9, 3) for n, s in speeds.items()}
        result["roofline_share"] = shares.get("ours")
        result["roofline_shares"] = shares
    result["train_loss_nats"] = {n: common.median(m.train_loss_nats) for n, m in measured.items()}
    result["range_img_per_s"] = {
        n: [round(min(m.img_per_s)), round(max(m.img_per_s))] for n, m in measured.items()
    }
    # Hardly touched by whatever else the machine does; worker processes are not in it.
    result["cpu_us_per_image"] = {
        n: common.median(m.cpu_us_per_image, 1) for n, m in measured.items()
    }
    result["details"] = {n: m.details for n, m in measured.items() if m.details}
    return result


class Arena:
    """The contestants, alive, and what they are given."""

    def __init__(self, options: argparse.Namespace, folder: Path, stack: ExitStack) -> None:
        self.data = images.whole_mnist()
        self.device = options.device
        self.folder = folder
        self.images = images.write(folder)["train"]
        # Every one of these trains with the activation that the app's own MLP can have.
        self.activation = "relu" if "activation" in MLPConfig.model_fields else "silu"
        self.children = {
            name: stack.enter_context(
                Contestant(name, module, options.threads, peer, polite=options.polite)
            )
            for name, (module, peer) in MODULES.items()
            if name in (*options.only, "roofline")
        }

    @property
    def versions(self) -> dict[str, str]:
        """Of everything that took part."""
        return {k: v for child in self.children.values() for k, v in child.versions.items()}

    def entries(self, model: str) -> dict[str, tuple[Contestant, dict[str, Any]]]:
        """Who takes part in a contest, and the settings that are theirs alone."""
        able = NAMES if model == "mlp" else NAMES[:2]
        entries: dict[str, tuple[Contestant, dict[str, Any]]] = {}
        for name in able:
            if name == "dataloader" and name in self.children:
                for workers in WORKERS:
                    entries[f"{name}-{workers}"] = self.children[name], {"num_workers": workers}
            elif name in self.children:
                entries[name] = self.children[name], {}
        return entries

    def contest(self, model: str, batch_size: int, rounds: int, epochs: int) -> dict[str, Any]:
        """Let everybody train in turn, `rounds` times; a new round begins with another one."""
        settings = {
            "model": model,
            "activation": self.activation,
            "batch_size": batch_size,
            "epochs": epochs,
            "learning_rate": LEARNING_RATE,
            "device": self.device,
            "images": self.images,
        }
        entries = self.entries(model)
        for child, extra in entries.values():
            child.ask("prepare", seed=0, **settings, **extra)
        measured = {name: Measured() for name in entries}
        names, rooflines = list(entries), []
        for turn in range(rounds):
            rooflines.append(self.roofline())
            for name in names[turn % len(names) :] + names[: turn % len(names)]:
                child, extra = entries[name]
                path = self.folder / f"{name}.npz"
                reply = child.ask("train", seed=turn, weights=str(path), **settings, **extra)
                loss_nats = self.loss_nats(path, model, name)
                measured[name].add(reply, loss_nats)
                speed = measured[name].img_per_s[-1]
                print(
                    f"  {model} {batch_size:>3} round {turn + 1}: {name:<12} {speed:>7.0f} img/s, "
                    f"{loss_nats:.2f} nats",
                    flush=True,
                )
        gflops = {
            kind: common.median((r[kind] for r in rooflines), 1) if rooflines[0][kind] else None
            for kind in rooflines[0]
        }
        best = max(value for value in gflops.values() if value)
        result = summary(faster_loader(measured), best if model == "mlp" else None)
        return result | {"roofline_gflops": gflops}

    def roofline(self) -> dict[str, Any]:
        """Return the GFLOP/s of the best matrix product, now."""
        told = self.children["roofline"].ask(
            "measure", flags=common.cpu_flags(), device=self.device
        )
        return {kind: told[kind] for kind in ("float32", "bfloat16")}

    def loss_nats(self, path: Path, model: str, name: str) -> float:
        """Return the negative ELBO of saved weights on the test images."""
        if model != "mlp":
            return evaluator.conv_loss_nats(path, self.data)
        bound = LOGVAR_BOUND if name == "ours" else None
        return evaluator.mlp_loss_nats(path, self.data.test.pixels(), self.activation, bound)


def table(
    result: dict[str, Any], title: str = "# Training speed", text: str = __doc__.split("\n\n", 1)[1]
) -> str:
    """Return the readable result."""
    parts = [f"{title}\n", text]
    contests = {"MLP 784-400-20": result} | {"Convolutional (16-32)": result.get("conv", {})}
    for title, contest in contests.items():
        for key in sorted((k for k in contest if k.startswith("batch_")), key=lambda k: int(k[6:])):
            one = contest[key]
            parts.append(f"\n## {title}, batch {key[6:]}\n")
            parts.append(common.markdown(*_rows(one)))
            if "roofline_share" in one:
                numbers = ", ".join(f"{k} {v:.0f}" for k, v in one["roofline_gflops"].items() if v)
                parts.append(f"Best matrix product, GFLOP/s: {numbers}.\n")
    parts.append("\n" + common.described(result))
    parts.append(
        f"{result['rounds']} rounds in turn; medians (lowest to highest). Loss: negative ELBO on "
        f"the test images, one z each. Activation {result['activation']}.\n"
    )
    return "\n".join(parts)


def _rows(one: dict[str, Any]) -> tuple[list[str], list[list[object]]]:
    header = ["", "img/s", "lowest to highest", "ours is", "loss, nats"]
    if "roofline_shares" in one:
        header.append("of the roofline")
    rows: list[list[object]] = []
    for name, speed in one["img_per_s"].items():
        low, high = one["range_img_per_s"][name]
        ratio = one.get("ratio", {}).get(name)
        row: list[object] = [name, f"{speed:,.0f}", f"{low:,} to {high:,}"]
        row += ["" if ratio is None else f"{ratio:.2f} x", f"{one['loss_nats'][name]:.2f}"]
        if "roofline_shares" in one:
            row.append(f"{one['roofline_shares'][name]:.0%}")
        rows.append(row)
    return header, rows


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Hold every contest."""
    machine = common.machine(options.threads)
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        arena = Arena(options, Path(folder), stack)
        for batch_size in options.batch:
            result[f"batch_{batch_size}"] = arena.contest(
                "mlp", batch_size, options.rounds, options.epochs
            )
        if options.conv and {"ours", "dataloader"} & set(options.only):
            contest = arena.contest("conv", BATCH_SIZES[0], options.rounds, options.epochs)
            result["conv"] = {f"batch_{BATCH_SIZES[0]}": contest}
        versions, activation = arena.versions, arena.activation
    return result | {
        "machine": machine,
        "versions": versions,
        "activation": activation,
        "polite": options.polite,
        "rounds": options.rounds,
        "epochs": options.epochs,
    }


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = common.parser(__doc__)
    parser.add_argument("--only", type=common.listed(NAMES), default=list(NAMES), help="a,b")
    parser.add_argument("--rounds", type=common.at_least(1), default=5)
    parser.add_argument("--epochs", type=common.at_least(1), default=EPOCHS)
    parser.add_argument("--batch", type=common.at_least(1), nargs="+", default=list(BATCH_SIZES))
    parser.add_argument(
        "--polite",
        action="store_true",
        help="everybody's OpenMP threads sleep while they wait, as ours do: for a busy machine",
    )
    parser.add_argument("--no-conv", dest="conv", action="store_false")
    cores = os.cpu_count() or 1
    usual = min(default_config("mnist").num_threads, cores)
    parser.add_argument("--threads", type=common.at_least(1), default=usual)
    parser.set_defaults(device="cpu")  # benchmarks.gpu has its own
    return parser.parse_args(given)


def is_whole(options: argparse.Namespace) -> bool:
    """Whether a result is fit to be kept: all contestants, both batches, the convolutions."""
    usual = arguments([])
    same = ("only", "epochs", "batch", "conv", "polite")
    return all(getattr(options, name) == getattr(usual, name) for name in same)


def main() -> dict[str, Any]:
    """Measure, print, keep."""
    options = arguments()
    torch.set_num_threads(options.threads)
    result = measure(options)
    text = table(result)
    print(text)
    if is_whole(options):
        common.keep("training", result, text)
    else:
        print("Not kept: only a part was measured.")
    return result


if __name__ == "__main__":
    common.run(main, lambda: arguments().json)
