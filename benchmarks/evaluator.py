"""One judge for all contestants: the negative ELBO of trained weights on the same test images."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from vae_core import ConvConfig, build_model
from vae_core.data import Dataset
from vae_core.metrics import elbo

SEED = 0
BATCH_SIZE = 1024
ACTIVATIONS = {"relu": functional.relu, "silu": functional.silu}


@torch.inference_mode()
def mlp_loss_nats(
    path: Path, images: Tensor, activation: str, logvar_bound: float | None = None
) -> float:
    """Return the mean negative ELBO of a 784-400-20 model: Bernoulli, one z per image, seed 0.

    Args:
        path: an .npz with NAME.weight (out, in) and NAME.bias of encoder, mean, logvar, decoder
            and pixels.
        images: (N, 1, 28, 28) float32 in [0, 1].
        activation: of the hidden layers.
        logvar_bound: b where the model bounds its log-variance softly, b * tanh(raw / b).
    """
    with np.load(path) as arrays:
        tensors = {name: torch.from_numpy(arrays[name]) for name in arrays.files}

    def layer(name: str, inputs: Tensor) -> Tensor:
        return functional.linear(inputs, tensors[f"{name}.weight"], tensors[f"{name}.bias"])

    act, generator, total = ACTIVATIONS[activation], torch.Generator().manual_seed(SEED), 0.0
    for x in images.flatten(1).split(BATCH_SIZE):
        hidden = act(layer("encoder", x))
        mean, logvar = layer("mean", hidden), layer("logvar", hidden)
        if logvar_bound is not None:
            logvar = logvar_bound * torch.tanh(logvar / logvar_bound)
        z = mean + torch.exp(0.5 * logvar) * torch.randn(mean.shape, generator=generator)
        logits = layer("pixels", act(layer("decoder", z)))
        recon = functional.binary_cross_entropy_with_logits(logits, x, reduction="none")
        kl = 0.5 * (mean.square() + logvar.exp() - 1.0 - logvar)
        total += float(recon.double().sum() + kl.double().sum())
    return total / len(images)


def conv_loss_nats(path: Path, data: Dataset) -> float:
    """Return the same of this library's convolutional model."""
    model = build_model(ConvConfig(latent_dim=20), data.spec)
    with np.load(path) as arrays:
        model.load_state_dict({name: torch.from_numpy(arrays[name]) for name in arrays.files})
    bound = elbo(model, data.test, SEED).elbo_nats
    assert bound is not None
    return -bound
