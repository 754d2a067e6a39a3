"""What the contestants that run on torch share."""

import platform
from pathlib import Path

import numpy as np
import torch
from torch import nn

from benchmarks.contestants.serving import confine, num_threads

MLP_LAYERS = ("encoder", "mean", "logvar", "decoder", "pixels")
"""The linear layers of the 784-400-20 model, in order, as the common evaluator names them."""


def settle() -> None:
    """Use the cores and threads that everybody has."""
    confine()
    torch.set_num_threads(num_threads())


def versions() -> dict[str, str]:
    """What was really imported."""
    return {"python": platform.python_version(), "torch": torch.__version__}


def wait_for(device: str) -> None:
    """Wait until everything that was asked of a card is done; a processor is never behind."""
    if device == "cuda":
        torch.cuda.synchronize()


def save_mlp(path: str | Path, layers: list[nn.Linear]) -> None:
    """Write the five layers of MLP_LAYERS as NAME.weight (out, in) and NAME.bias."""
    arrays = {
        f"{name}.{part}": getattr(layer, part).detach().float().cpu().numpy()
        for name, layer in zip(MLP_LAYERS, layers, strict=True)
        for part in ("weight", "bias")
    }
    np.savez(path, **arrays)


def save_model(path: str | Path, model: nn.Module) -> None:
    """Write every tensor of a model under its own name."""
    np.savez(path, **{name: value.cpu().numpy() for name, value in model.state_dict().items()})
