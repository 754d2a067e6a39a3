"""What train() costs beside the mathematics, where that is smallest: on the 8x8 digits.

`python -m benchmarks.overhead` trains the app's default recipe for digits. Each epoch of the
public train(), with all its events and its validation, is followed by as many bare steps written
by hand on the same model and batch: forward, backward, fused Adam, nothing else; no gather, no
random order, no reading of the loss. Medians over the epochs; microseconds per step.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Generator
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks import common
from vae_core import RunConfig, default_config, load_dataset, train
from vae_core.data import Dataset
from vae_core.models import LatentModel, build_model
from vae_core.models.base import LOGVAR_BOUND
from vae_core.training import Finished, Progress, Started

WARM_EPOCHS = 5


def bare_step(config: RunConfig, data: Dataset) -> tuple[Callable[[Tensor], None], LatentModel]:
    """Return one step by hand, on a batch that is already there, and the model that it changes."""
    model = build_model(config.model, data.spec, config.seed).train()
    rate = config.train.learning_rate
    optimiser = torch.optim.Adam(model.parameters(), lr=rate, fused=True)
    generator = torch.Generator().manual_seed(0)
    encoder, head, decoder = model.encoder, model.head, model.decoder

    def step(x: Tensor) -> None:
        optimiser.zero_grad()
        mean, raw = head(encoder(x)).chunk(2, dim=1)
        logvar = LOGVAR_BOUND * torch.tanh(raw / LOGVAR_BOUND)
        eps = torch.empty_like(mean).normal_(generator=generator)
        logits = decoder(mean + torch.exp(0.5 * logvar) * eps)
        recon = functional.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        kl = 0.5 * (mean.square() + logvar.exp() - 1.0 - logvar).sum()
        ((recon + config.train.beta * kl) / len(x)).backward()
        optimiser.step()

    return step, model


def now() -> tuple[float, float]:
    """Wall clock, and this process's time on a processor, which other processes hardly touch."""
    return time.perf_counter(), time.process_time()


def since(began: tuple[float, float]) -> tuple[float, float]:
    """Seconds of both clocks since `began`."""
    wall, cpu = now()
    return wall - began[0], cpu - began[1]


def epochs_of(config: RunConfig, data: Dataset) -> Generator[tuple[float, float], None, None]:
    """Train with the public train(), and yield the seconds of each epoch, events and all."""
    training = train(config, data)
    started = next(training)
    assert isinstance(started, Started)
    began = now()
    event = next(training)
    while not isinstance(event, Finished):
        last = event
        event = next(training)
        # An epoch ends where the next event is the first of another one.
        if isinstance(event, Finished) or (
            isinstance(event, Progress) and float(last.epoch).is_integer()
        ):
            yield since(began)
            began = now()


def summary(ours_s: list[float], bare_s: list[float], steps: int) -> dict[str, Any]:
    """Return microseconds per step.

    Args:
        ours_s, bare_s: seconds of each epoch of `steps` steps.
    """
    ours, bare = (1e6 * statistics.median(each) / steps for each in (ours_s, bare_s))
    return {
        "us_per_step": {"ours": round(ours, 1), "bare": round(bare, 1)},
        "ratio": round(ours / bare, 3),
    }


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Take turns, epoch by epoch."""
    config, data = default_config("digits"), load_dataset("digits")
    config = config.evolve(train=config.train.evolve(epochs=options.epochs))
    machine = common.machine(config.num_threads)
    steps = -(-len(data.train) // config.train.batch_size)
    torch.set_num_threads(config.num_threads)
    torch.set_float32_matmul_precision(config.matmul_precision)
    batches = data.train.pixels().split(config.train.batch_size)
    bare, _ = bare_step(config, data)
    ours, by_hand = [], []
    for seconds in epochs_of(config, data):
        ours.append(seconds)
        began = now()
        for x in batches:
            bare(x)
        by_hand.append(since(began))
    wall, cpu = (
        summary(*([e[kind] for e in each[WARM_EPOCHS:]] for each in (ours, by_hand)), steps)
        for kind in (0, 1)
    )
    return wall | {
        "cpu": cpu,
        "epochs": len(ours),
        "steps_per_epoch": steps,
        "machine": machine,
        "versions": {"torch": torch.__version__},
    }


def table(result: dict[str, Any]) -> str:
    """Return the readable result."""
    rows = [
        [clock, us["us_per_step"]["ours"], us["us_per_step"]["bare"], f"{us['ratio']:.2f} x"]
        for clock, us in (("wall clock", result), ("processor time", result["cpu"]))
    ]
    text = f"# Overhead on digits\n\n{__doc__.split(chr(10) * 2, 1)[1]}\n"
    text += common.markdown(["microseconds a step", "train(), all of it", "bare", "ratio"], rows)
    return f"{text}\nMedians of {result['epochs']} epochs. {common.described(result)}"


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = common.parser(__doc__)
    usual = default_config("digits").train.epochs
    parser.add_argument("--epochs", type=common.at_least(WARM_EPOCHS + 1), default=usual)
    return parser.parse_args(given)


def main() -> dict[str, Any]:
    """Measure, print, keep."""
    options = arguments()
    result = measure(options)
    text = table(result)
    print(text)
    if options.epochs == arguments([]).epochs:
        common.keep("overhead", result, text)
    else:
        print("Not kept: the recipe was shortened.")
    return result


if __name__ == "__main__":
    common.run(main, lambda: arguments().json)
