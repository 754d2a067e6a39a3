"""pythae 0.1.2: its VAE in its BaseTrainer, as its documentation uses them; run by its own Python.

Its defaults, but for what all contestants share: learning rate, batch size, epochs, seed, and a
Bernoulli loss ("bce"; its default "mse" is another objective). Progress bar and console callback
are its own and stay on; their output goes to the log.
"""

import tempfile
import time
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from pythae.data.datasets import BaseDataset
from pythae.models import VAE, VAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from pythae.trainers.training_callbacks import TrainHistoryCallback, TrainingCallback
from torch import Tensor, nn

from benchmarks.contestants import mapping, serving
from benchmarks.contestants.torch_side import save_mlp, settle, versions, wait_for

MAP_BATCH_SIZE, MAP_LEARNING_RATE = 128, 1e-3
MAP_EPOCHS = 10_000  # the watch ends it
ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "silu": nn.SiLU}


class Encoder(BaseEncoder):
    """pythae's default `Encoder_VAE_MLP` with 400 units instead of 512."""

    def __init__(self, activation: str) -> None:
        BaseEncoder.__init__(self)
        self.layers = nn.Sequential(nn.Linear(784, 400), ACTIVATIONS[activation]())
        self.embedding = nn.Linear(400, 20)
        self.log_var = nn.Linear(400, 20)

    def forward(self, x: Tensor) -> ModelOutput:
        """(B, 1, 28, 28) -> mean and logvar (B, 20)."""
        out = self.layers(x.reshape(-1, 784))
        return ModelOutput(embedding=self.embedding(out), log_covariance=self.log_var(out))


class Decoder(BaseDecoder):
    """pythae's default `Decoder_AE_MLP` with 400 units instead of 512."""

    def __init__(self, activation: str) -> None:
        BaseDecoder.__init__(self)
        self.hidden = nn.Sequential(nn.Linear(20, 400), ACTIVATIONS[activation]())
        self.pixels = nn.Sequential(nn.Linear(400, 784), nn.Sigmoid())

    def forward(self, z: Tensor) -> ModelOutput:
        """(B, 20) -> (B, 1, 28, 28)."""
        recon = self.pixels(self.hidden(z)).reshape((z.shape[0], 1, 28, 28))
        return ModelOutput(reconstruction=recon)


@cache
def images_of(path: str, num_images: int | None) -> BaseDataset:
    """pythae's data set: float images resident in memory."""
    images = torch.from_numpy(np.load(path))[:num_images].reshape(-1, 1, 28, 28) / 255.0
    return BaseDataset(images, torch.zeros(len(images)))


def trainer_of(
    model: VAE,
    data: BaseDataset,
    folder: str,
    epochs: int,
    learning_rate: float,
    batch_size: int,
    seed: int,
    callback: TrainingCallback,
    device: str = "cpu",
) -> BaseTrainer:
    """Return its trainer, with its own defaults for everything else."""
    config = BaseTrainerConfig(
        output_dir=folder,
        num_epochs=epochs,
        learning_rate=learning_rate,
        per_device_train_batch_size=batch_size,
        seed=seed,
        no_cuda=device == "cpu",
    )
    return BaseTrainer(model, data, training_config=config, callbacks=[callback])


def measure(
    *,
    images: str,
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
    """Train once: seconds of wall clock of `trainer.train()`."""
    data = images_of(images, num_images)
    torch.manual_seed(seed)
    model = VAE(
        VAEConfig(input_dim=(1, 28, 28), latent_dim=20, reconstruction_loss="bce"),
        Encoder(activation),
        Decoder(activation),
    )
    history = TrainHistoryCallback()
    with tempfile.TemporaryDirectory() as folder:
        settings = (epochs, learning_rate, batch_size, seed, history, device)
        trainer = trainer_of(model, data, folder, *settings)
        began = time.perf_counter()
        trainer.train()
        wait_for(device)
        seconds = time.perf_counter() - began
    if weights is not None:
        encoder, decoder = trainer.model.encoder, trainer.model.decoder
        layers = [encoder.layers[0], encoder.embedding, encoder.log_var]
        save_mlp(weights, [*layers, decoder.hidden[0], decoder.pixels[0]])
    return {
        "seconds": seconds,
        "num_images": epochs * len(data),
        "train_loss_nats": history.history["train_loss"][-1],
        "details": {},
    }


class Looker(TrainingCallback):
    """Tells the watch of every step."""

    def __init__(self, watch: mapping.Watch, batch_size: int) -> None:
        self.watch, self.batch_size = watch, batch_size

    def on_train_step_end(self, training_config: BaseTrainerConfig, **_: Any) -> None:
        """Count the step; leave the trainer when the watch says so."""
        self.watch.trained(self.batch_size)


def to_map(
    *, paths: dict[str, str], seed: int, target: float, limit_s: float | None, loss: str, **_: Any
) -> dict[str, Any]:
    """Train its default MLP with two latent dimensions until its map is good.

    Args:
        loss: its `reconstruction_loss`, "mse" (its default) or "bce".
    """
    pairs = [
        tuple(torch.from_numpy(np.load(paths[name])) for name in (split, f"{split}_labels"))
        for split in ("train", "test")
    ]
    torch.manual_seed(seed)
    model = VAE(VAEConfig(input_dim=(1, 28, 28), latent_dim=2, reconstruction_loss=loss))

    def look() -> float:
        with torch.inference_mode():
            model.eval()
            seen = mapping.accuracy(lambda x: model.encoder(x).embedding, *pairs)
        model.train()
        return seen

    data = images_of(paths["train"], None)
    with tempfile.TemporaryDirectory() as folder:
        watch = mapping.Watch(look, target, limit_s)
        looker = Looker(watch, MAP_BATCH_SIZE)
        settings = (MAP_EPOCHS, MAP_LEARNING_RATE, MAP_BATCH_SIZE, seed, looker)
        trainer = trainer_of(model, data, folder, *settings)
        watch.start()
        with suppress(mapping.ReachedError):
            trainer.train()
    return watch.result()


def prepare(**settings: Any) -> dict[str, Any]:
    """Pay for first touches on a few batches."""
    return measure(**settings | {"epochs": 1, "num_images": 20 * settings["batch_size"]})


if __name__ == "__main__":
    settle()
    handlers = {"train": measure, "prepare": prepare, "map": to_map}
    serving.serve(handlers, versions() | {"pythae": version("pythae")})
