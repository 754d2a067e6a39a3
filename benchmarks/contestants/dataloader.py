"""The loop that most people write: a DataLoader of ToTensor images, and `.item()` each step.

Shape and loss of pytorch/examples `vae/main.py`; the image pipeline is torchvision's own.
"""

import time
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, transforms

from benchmarks.contestants import serving
from benchmarks.contestants.torch_side import (
    save_mlp,
    save_model,
    settle,
    versions,
    wait_for,
)
from vae_core import ConvConfig, build_model
from vae_core.data import DATASETS, data_folder

ACTIVATIONS = {"relu": functional.relu, "silu": functional.silu}


class VAE(nn.Module):
    """784-400-20-400-784."""

    def __init__(self, activation: str) -> None:
        super().__init__()
        self.act = ACTIVATIONS[activation]
        self.fc1 = nn.Linear(784, 400)
        self.fc21 = nn.Linear(400, 20)
        self.fc22 = nn.Linear(400, 20)
        self.fc3 = nn.Linear(20, 400)
        self.fc4 = nn.Linear(400, 784)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the reconstruction (B, 784), mean and logvar."""
        h = self.act(self.fc1(x.view(-1, 784)))
        mu, logvar = self.fc21(h), self.fc22(h)
        std = torch.exp(0.5 * logvar)
        z = mu + torch.randn_like(std) * std
        return torch.sigmoid(self.fc4(self.act(self.fc3(z)))), mu, logvar


class ConvVAE(nn.Module):
    """This library's own convolutional network, inside the usual loop."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.net = build_model(ConvConfig(latent_dim=20), DATASETS["mnist"].spec, seed)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the reconstruction (B, 1, 28, 28), mean and logvar."""
        posterior = self.net.encode(x)
        mu, logvar = posterior.mean, posterior.logvar
        std = torch.exp(0.5 * logvar)
        z = mu + torch.randn_like(std) * std
        return torch.sigmoid(self.net.decode((z,))), mu, logvar


def loss_function(recon_x: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Reconstruction + KL, summed over the batch; Adam does not mind the scale."""
    bce = functional.binary_cross_entropy(recon_x.view(-1, 784), x.view(-1, 784), reduction="sum")
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return bce + kld


@cache
def images_of(num_images: int | None) -> torch.utils.data.Dataset[tuple[Tensor, int]]:
    """torchvision's MNIST, 60,000 training images."""
    images = datasets.MNIST(data_folder(), train=True, transform=transforms.ToTensor())
    return images if num_images is None else Subset(images, range(num_images))


def measure(
    *,
    model: str,
    activation: str,
    batch_size: int,
    epochs: int,
    learning_rate: float,
    seed: int,
    num_workers: int = 0,
    device: str = "cpu",
    num_images: int | None = None,
    weights: str | None = None,
    **_: Any,
) -> dict[str, Any]:
    """Train once: seconds of wall clock of the epochs."""
    torch.manual_seed(seed)
    images = images_of(num_images)
    loader = DataLoader(images, batch_size=batch_size, shuffle=True, num_workers=num_workers)
    net = (VAE(activation) if model == "mlp" else ConvVAE(seed)).to(device)
    optimizer = torch.optim.Adam(net.parameters(), lr=learning_rate)
    began = time.perf_counter()
    for _epoch in range(epochs):
        net.train()
        train_loss = 0.0
        for images_read, _labels in loader:
            data = images_read.to(device)
            optimizer.zero_grad()
            recon, mu, logvar = net(data)
            loss = loss_function(recon, data, mu, logvar)
            loss.backward()
            train_loss += loss.item()
            optimizer.step()
    wait_for(device)
    seconds = time.perf_counter() - began
    num = len(loader.dataset)  # type: ignore[arg-type]
    if weights is not None:
        _save(weights, net)
    return {
        "seconds": seconds,
        "num_images": epochs * num,
        "train_loss_nats": train_loss / num,
        "details": {"num_workers": num_workers},
    }


def _save(path: str, net: nn.Module) -> None:
    if isinstance(net, ConvVAE):
        save_model(path, net.net)
    elif isinstance(net, VAE):
        save_mlp(path, [net.fc1, net.fc21, net.fc22, net.fc3, net.fc4])


def prepare(**settings: Any) -> dict[str, Any]:
    """Pay for first touches on a few batches."""
    return measure(**settings | {"epochs": 1, "num_images": 20 * settings["batch_size"]})


if __name__ == "__main__":
    settle()
    serving.serve({"train": measure, "prepare": prepare}, versions())
