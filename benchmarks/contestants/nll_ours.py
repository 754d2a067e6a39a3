"""This library: `metrics.evidence`, as `python -m vae_core evaluate` calls it."""

import time
from typing import Any

import vae_core  # noqa: F401  (before torch, as in the app: it sets how OpenMP's threads wait)

# isort: split
import numpy as np
import torch

from benchmarks.contestants import ours, serving
from benchmarks.contestants.torch_side import MLP_LAYERS, settle, versions
from vae_core import MLPConfig, build_model, load_dataset
from vae_core.data import DataSpec, ImageSource
from vae_core.metrics import evidence
from vae_core.models import LatentModel


def model_of(weights: str, activation: str, spec: DataSpec) -> LatentModel:
    """Build the 784-400-20 model with the weights that `save_mlp` wrote."""
    config = MLPConfig(latent_dim=20, hidden=(400,), activation=activation)
    model = build_model(config, spec)
    arrays, state = np.load(weights), {}
    for part in ("weight", "bias"):
        encoder, mean, logvar, decoder, pixels = (
            torch.from_numpy(arrays[f"{name}.{part}"]) for name in MLP_LAYERS
        )
        state |= {
            f"encoder.1.{part}": encoder,
            f"head.{part}": torch.cat([mean, logvar]),
            f"decoder.0.{part}": decoder,
            f"decoder.2.{part}": pixels,
        }
    model.load_state_dict(state)
    return model.eval()


def measure(
    *, weights: str, activation: str, num_images: int, num_samples: int, seed: int, precision: str
) -> dict[str, Any]:
    """Estimate the NLL of the first test images: seconds of wall clock, and what came out."""
    test = load_dataset("mnist").test
    source = ImageSource(test.spec, test.images[:num_images], test.labels[:num_images])
    model = model_of(weights, activation, test.spec)
    began = time.perf_counter()
    found = evidence(model, source, num_samples, seed, matmul_precision=precision)
    seconds = time.perf_counter() - began
    assert found is not None
    return {"seconds": seconds, "nll_nats": found.nll_nats}


if __name__ == "__main__":
    settle()
    serving.serve({"train": ours.measure, "measure": measure}, versions())
