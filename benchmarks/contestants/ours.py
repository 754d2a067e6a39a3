"""This library: the public `train()` with the app's defaults, every event taken."""

import time
from typing import Any

import vae_core  # noqa: F401  (before torch, as in the app: it sets how OpenMP's threads wait)

# isort: split
import torch
from torch import nn

from benchmarks.contestants import mapping, serving
from benchmarks.contestants.torch_side import save_mlp, save_model, settle, versions
from benchmarks.images import whole_mnist
from vae_core import ConvConfig, MLPConfig, RunConfig, default_config, train
from vae_core.data import ImageSource
from vae_core.models import LatentModel
from vae_core.training import Finished, Progress, Started


def config_of(
    model: str,
    activation: str,
    batch_size: int,
    epochs: int,
    learning_rate: float,
    seed: int,
    threads: int,
    device: str = "cpu",
) -> RunConfig:
    """Return the app's defaults for MNIST with the model and the schedule that all train with."""
    base = default_config("mnist", model)
    train_config = base.train.evolve(
        epochs=epochs, batch_size=batch_size, learning_rate=learning_rate, schedule="constant"
    )
    network: MLPConfig | ConvConfig = (
        MLPConfig(latent_dim=20, hidden=(400,)) if model == "mlp" else ConvConfig(latent_dim=20)
    )
    if "activation" in MLPConfig.model_fields and model == "mlp":
        network = network.evolve(activation=activation)
    return base.evolve(
        model=network, train=train_config, seed=seed, num_threads=threads, device=device
    )


def measure(
    *,
    model: str,
    activation: str,
    batch_size: int,
    epochs: int,
    learning_rate: float,
    seed: int,
    device: str = "cpu",
    num_images: int | None = None,
    weights: str | None = None,
    **_: Any,
) -> dict[str, Any]:
    """Train once: seconds of wall clock from the call to the last event."""
    data = whole_mnist(num_images)
    threads = serving.num_threads()
    config = config_of(model, activation, batch_size, epochs, learning_rate, seed, threads, device)
    began = time.perf_counter()
    events = list(train(config, data))
    seconds = time.perf_counter() - began
    last = events[-1]
    assert isinstance(last, Finished)
    if weights is not None:
        _save(weights, last.model, model)
    return {
        "seconds": seconds,
        "num_images": epochs * len(data.train),
        "train_loss_nats": _last_epoch([e for e in events if isinstance(e, Progress)], epochs),
        "details": {
            "events": len(events),
            "matmul_precision": config.matmul_precision,
            "num_threads": config.num_threads,
        },
    }


def to_map(
    *, seed: int, target: float, limit_s: float | None = None, epochs: int | None = None, **_: Any
) -> dict[str, Any]:
    """Train the default recipe of MNIST until its map is good; `epochs` makes it shorter."""
    config = default_config("mnist").evolve(seed=seed, num_threads=serving.num_threads())
    if epochs is not None:
        config = config.evolve(train=config.train.evolve(epochs=epochs))
    data = whole_mnist()
    training = train(config, data)

    def look() -> float:
        model = learner.model.eval()  # train() sets the mode it needs before its next step
        with torch.inference_mode():
            return mapping.accuracy(
                lambda x: model.encode(x).mean, _pair(data.train), _pair(data.test)
            )

    watch, done = mapping.Watch(look, target, limit_s), 0
    watch.start()
    try:
        for event in training:
            if isinstance(event, Started):
                learner = event.learner
            elif isinstance(event, Progress):
                num_images = round(event.epoch * len(data.train))
                watch.trained(num_images - done)
                done = num_images
    except mapping.ReachedError:
        training.close()
    return watch.result()


def _pair(source: ImageSource) -> tuple[torch.Tensor, torch.Tensor]:
    return source.images, source.labels


def _last_epoch(events: list[Progress], epochs: int) -> float:
    """Mean loss over the last epoch's images, from events that each cover some steps."""
    total, weight, before = 0.0, 0.0, 0.0
    for event in events:
        if event.epoch > epochs - 1:
            total += event.loss_nats * (event.epoch - before)
            weight += event.epoch - before
        before = event.epoch
    return total / weight


def _save(path: str, model: LatentModel, kind: str) -> None:
    if kind != "mlp":
        return save_model(path, model)
    encoder, head, decoder, pixels = (m for m in model.modules() if isinstance(m, nn.Linear))
    halves = [nn.Linear(head.in_features, model.latent_dim) for _ in range(2)]
    for half, weight, bias in zip(halves, head.weight.chunk(2), head.bias.chunk(2), strict=True):
        half.weight, half.bias = nn.Parameter(weight), nn.Parameter(bias)
    return save_mlp(path, [encoder, *halves, decoder, pixels])


def prepare(**settings: Any) -> dict[str, Any]:
    """Pay for first touches on a few batches."""
    return measure(**settings | {"epochs": 1, "num_images": 20 * settings["batch_size"]})


if __name__ == "__main__":
    settle()
    serving.serve({"train": measure, "prepare": prepare, "map": to_map}, versions())
