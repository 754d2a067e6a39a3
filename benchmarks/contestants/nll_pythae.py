"""pythae 0.1.2: `VAE.get_nll` without gradients, as its reproducibility scripts call it."""

import time
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from pythae.models import VAE, VAEConfig

from benchmarks.contestants import serving
from benchmarks.contestants.pythae_trainer import Decoder, Encoder
from benchmarks.contestants.torch_side import MLP_LAYERS, settle, versions


def model_of(weights: str, activation: str) -> VAE:
    """Build the 784-400-20 model with the weights that `save_mlp` wrote."""
    encoder, decoder = Encoder(activation), Decoder(activation)
    config = VAEConfig(input_dim=(1, 28, 28), latent_dim=20, reconstruction_loss="bce")
    layers = [encoder.layers[0], encoder.embedding, encoder.log_var]
    arrays = np.load(weights)
    for name, layer in zip(
        MLP_LAYERS, [*layers, decoder.hidden[0], decoder.pixels[0]], strict=True
    ):
        for part in ("weight", "bias"):
            getattr(layer, part).data = torch.from_numpy(arrays[f"{name}.{part}"])
    return VAE(config, encoder, decoder).eval()


def measure(
    *, weights: str, activation: str, images: str, num_images: int, num_samples: int, seed: int
) -> dict[str, Any]:
    """Estimate the NLL of the first test images: seconds of wall clock, and what came out."""
    data = torch.from_numpy(np.load(images)[:num_images]).reshape(-1, 1, 28, 28) / 255.0
    model = model_of(weights, activation)
    torch.manual_seed(seed)
    began = time.perf_counter()
    with torch.no_grad():
        log_evidence = model.get_nll(data, n_samples=num_samples)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "nll_nats": -float(log_evidence)}


if __name__ == "__main__":
    settle()
    serving.serve({"measure": measure}, versions() | {"pythae": version("pythae")})
