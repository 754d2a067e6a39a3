"""Training on an NVIDIA card, side by side with what people use, in less than eight minutes.

`python -m benchmarks.gpu` holds the contests of `benchmarks.training` on the card, MLP 784-400-20
at batch 128 and 512 and the convolutional model, with

- ours: the public train() with device "cuda": the step recorded once as a CUDA graph
- dataloader: the usual DataLoader + ToTensor + .item() loop, with 0 or 2 workers, the faster
- pythae: pythae 0.1.2's BaseTrainer

(JAX would need its build for CUDA.) Then the same run of ours is trained on the card and on the
processor, and both are judged on the processor: their ELBOs, and the NLL by importance sampling of
the same weights on both, must agree.
"""

import argparse
import time
from typing import Any

import torch

from benchmarks import common, training
from benchmarks.images import whole_mnist
from benchmarks.peers import BenchmarkError
from vae_core import default_config, train
from vae_core.data import ImageSource
from vae_core.metrics import elbo, evidence
from vae_core.training import Finished

NAMES = ("ours", "dataloader", "pythae")
AGREE_NATS = 1.0
EPOCHS, SAMPLES, NLL_IMAGES = 5, 500, 1_000


def agreement(epochs: int) -> dict[str, Any]:
    """Train on both devices; return what came of it, in nats and seconds."""
    data, result = whole_mnist(), {}
    part = ImageSource(data.spec, data.test.images[:NLL_IMAGES], data.test.labels[:NLL_IMAGES])
    for device in ("cuda", "cpu"):
        config = default_config("mnist").evolve(device=device)
        config = config.evolve(train=config.train.evolve(epochs=epochs))
        *_, last = train(config, data)
        assert isinstance(last, Finished)
        result[device] = {
            "elbo_nats": round(elbo(last.model, data.test, 0).elbo_nats or 0.0, 3),
            "seconds": round(last.elapsed_s, 2),
        }
    for device in ("cuda", "cpu"):
        began = time.perf_counter()
        found = evidence(last.model.to(device), part, SAMPLES)
        assert found is not None
        result[device]["nll_nats"] = round(found.nll_nats, 3)
        result[device]["nll_seconds"] = round(time.perf_counter() - began, 2)
    check(result)
    return result


def check(result: dict[str, dict[str, float]]) -> None:
    """Refuse to tell speeds of different results."""
    for name in ("elbo_nats", "nll_nats"):
        card, processor = (result[device][name] for device in ("cuda", "cpu"))
        if abs(card - processor) > AGREE_NATS:
            raise BenchmarkError(
                f"The card and the processor do not agree: {name} {card} and {processor}; expected "
                f"them within {AGREE_NATS} nat."
            )


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Hold every contest, then compare the card with the processor."""
    if not torch.cuda.is_available():
        raise BenchmarkError("PyTorch finds no NVIDIA card on this computer; this needs one.")
    began = time.perf_counter()
    result = training.measure(options)
    result["agreement"] = agreement(EPOCHS)
    result["card"] = torch.cuda.get_device_name()
    result["seconds_in_all"] = round(time.perf_counter() - began, 1)
    return result


def table(result: dict[str, Any]) -> str:
    """Return the readable result."""
    text = training.table(result, "# Training on a card", __doc__.split("\n\n", 1)[1])
    columns = ("elbo_nats", "seconds", "nll_nats", "nll_seconds")
    rows = [[d, *(result["agreement"][d][name] for name in columns)] for d in ("cuda", "cpu")]
    header = [f"{EPOCHS} epochs of the default recipe", "ELBO", "s", "NLL", "s"]
    return (
        f"{text}\n## The same run on both\n\n{common.markdown(header, rows)}\n"
        f"Card: {result['card']}. {result['seconds_in_all']:.0f} s for all of it.\n"
    )


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line; the rest is as `benchmarks.training` has it."""
    parser = common.parser(__doc__)
    parser.add_argument("--only", type=common.listed(NAMES), default=list(NAMES), help="a,b")
    parser.add_argument("--rounds", type=common.at_least(1), default=2)
    options = parser.parse_args(given)
    rest = training.arguments([])
    names = {"only": options.only, "rounds": options.rounds, "json": options.json}
    return argparse.Namespace(**vars(rest) | names | {"device": "cuda"})


def main() -> dict[str, Any]:
    """Measure, print, keep."""
    options = arguments()
    result = measure(options)
    text = table(result)
    print(text)
    if options.only == list(NAMES):
        common.keep("gpu", result, text)
    else:
        print("Not kept: only a part was measured.")
    return result


if __name__ == "__main__":
    common.run(main, lambda: arguments().json)
