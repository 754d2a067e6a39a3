"""Where the time of a training step goes.

`python -m benchmarks.profiling` takes steps of the public train() on MNIST, MLP 784-400-20, and
asks torch's profiler for the time inside each operation, gathered into a few kinds. The clock
runs over the same number of steps without the profiler, which slows small operations down: shares
are of the profiled time, microseconds are of the clock. "outside operations" is Python, and
whatever waits.
"""

import argparse
import time
from collections.abc import Mapping
from typing import Any

import vae_core  # noqa: F401  (before torch, as in the app: it sets how OpenMP's threads wait)

# isort: split
import torch
from torch.profiler import ProfilerActivity, profile

from benchmarks import common
from benchmarks.contestants import ours
from benchmarks.images import whole_mnist
from vae_core import default_config, train
from vae_core.training import Started

WARM_STEPS = 30
KINDS = {
    "matrix products": ("mm", "addmm", "bmm", "linear", "matmul", "mkldnn_linear", "baddbmm"),
    "convolutions": ("convolution", "conv"),
    "optimiser": ("_fused_adam", "_fused_adamw", "lerp", "addcdiv", "addcmul", "sqrt"),
    "loss": ("binary_cross_entropy", "log_sigmoid", "softplus", "log1p", "sigmoid", "sum", "exp"),
    "activations": ("silu", "relu", "threshold", "tanh"),
    "gather and convert": ("index_select", "index", "_to_copy", "copy_", "div"),
    "random numbers": ("normal", "randn", "random", "bernoulli"),
}
OTHER = "other operations"
OUTSIDE = "outside operations"


def kind_of(name: str) -> str:
    """Return the kind of an operation such as "aten::addmm" or "aten::silu_backward"."""
    bare = name.split("::")[-1].removesuffix("_backward").rstrip("_")
    for kind, names in KINDS.items():
        if any(bare == known.rstrip("_") or bare.startswith(known + "_") for known in names):
            return kind
    return OTHER


def gathered(self_us: Mapping[str, float], wall_us: float) -> dict[str, float]:
    """Return each kind's share of the profiled time, largest first.

    Args:
        self_us: operation -> microseconds inside it, without the operations that it calls.
        wall_us: microseconds that passed.
    """
    shares: dict[str, float] = {}
    for name, us in self_us.items():
        shares[kind_of(name)] = shares.get(kind_of(name), 0.0) + us / wall_us
    shares[OUTSIDE] = max(0.0, 1.0 - sum(shares.values()))
    ordered = sorted(shares.items(), key=lambda item: -item[1])
    return {kind: round(share, 3) for kind, share in ordered if share >= 5e-4}


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Take steps by the clock, then as many under the profiler."""
    machine = common.machine(options.threads)
    data = whole_mnist()
    model, activation, threads = options.model, options.activation, options.threads
    config = ours.config_of(model, activation, options.batch, 100, 1e-3, 0, threads)
    training = train(config, data)
    started = next(training)
    assert isinstance(started, Started)
    # All within one epoch: no validation among them.
    steps = min(options.steps, (started.steps_per_epoch - WARM_STEPS) // 2)
    training.send(WARM_STEPS)
    began = time.perf_counter()
    training.send(steps)
    clock_s = time.perf_counter() - began
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        began = time.perf_counter()
        training.send(steps)
        profiled_s = time.perf_counter() - began
    training.close()
    self_us = {event.key: event.self_cpu_time_total for event in profiler.key_averages()}
    calls = sum(event.count for event in profiler.key_averages())
    shares = gathered(self_us, 1e6 * profiled_s)
    us_per_step = 1e6 * clock_s / steps
    return {
        "us_per_step": round(us_per_step, 1),
        "img_per_s": round(options.batch * 1e6 / us_per_step),
        "profiled_us_per_step": round(1e6 * profiled_s / steps, 1),
        "operations_per_step": round(calls / steps, 1),
        "share": shares,
        "largest_us_per_step": {
            name: round(us / steps, 1)
            for name, us in sorted(self_us.items(), key=lambda item: -item[1])[:15]
        },
        "batch": options.batch,
        "model": options.model,
        "machine": machine,
        "versions": {"torch": torch.__version__},
    }


def table(result: dict[str, Any]) -> str:
    """Return the readable result."""
    us = result["us_per_step"]
    rows = [[kind, f"{share:.1%}", f"{us * share:.0f}"] for kind, share in result["share"].items()]
    each = ", ".join(f"{name} {us:.0f}" for name, us in result["largest_us_per_step"].items())
    return (
        f"# A step of {result['model']}, batch {result['batch']}: {us:.0f} microseconds, "
        f"{result['img_per_s']:,} img/s\n\n"
        + common.markdown(["", "share", "microseconds"], rows)
        + f"\n{result['operations_per_step']} operations a step; under the profiler "
        f"{result['profiled_us_per_step']:.0f} microseconds, of which: {each}.\n\n"
        + common.described(result)
    )


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = common.parser(__doc__)
    parser.add_argument("--batch", type=common.at_least(1), default=128)
    parser.add_argument("--steps", type=common.at_least(1), default=200)
    parser.add_argument("--model", choices=("mlp", "conv"), default="mlp")
    parser.add_argument("--activation", choices=("relu", "silu"), default="relu")
    usual = default_config("mnist").num_threads
    parser.add_argument("--threads", type=common.at_least(1), default=usual)
    return parser.parse_args(given)


def main() -> dict[str, Any]:
    """Measure and print; a profile is of its moment and is not kept."""
    result = measure(arguments())
    print(table(result))
    return result


if __name__ == "__main__":
    common.run(main, lambda: arguments().json)
