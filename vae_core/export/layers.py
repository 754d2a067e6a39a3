"""Layers as the page knows them: `LAYERS` is the list, `ui/components/layers.js` runs it."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from vae_core.errors import NotExportableError
from vae_core.export.block import Block, Op
from vae_core.models.blocks import _BatchNorm
from vae_core.models.conditions import Concatenate, Fusion

Shape = tuple[int, ...]


def describe(
    network: nn.Sequential, shape: Shape, told_width: int, block: Block
) -> tuple[list[Op], Shape]:
    """Describe layers in a row; their weights go into `block`.

    Args:
        network: in evaluation, on the CPU.
        shape: of one item.
        told_width: E, of what a `Fusion` among them is told.

    Returns:
        The layers in order, and the shape of one item after them.

    Raises:
        NotExportableError: for a layer that the page does not know.
    """
    ops: list[Op] = []
    for layer in network:
        told = [torch.zeros(1, told_width)] if isinstance(layer, Fusion) else []
        after = tuple(layer(torch.zeros(1, *shape), *told).shape[1:])
        # By its exact type: what a subclass does otherwise would get lost.
        if type(layer) not in LAYERS:
            raise unknown(layer)
        ops += LAYERS[type(layer)](layer, shape, after, block)
        shape = after
    return ops, shape


def unknown(part: object) -> NotExportableError:
    """Return the error for a part of a model that the page does not know."""
    known = ", ".join(sorted(kind.__name__.strip("_") for kind in LAYERS))
    received = " ".join(str(part).split())
    return NotExportableError(
        f"{received} received, which the page does not know; expected plain layers of {known}. "
        "The server decodes for it."
    )


def _linear(layer: nn.Linear, before: Shape, after: Shape, block: Block) -> list[Op]:
    if len(before) != 1:
        raise unknown(layer)
    block.spend(layer.weight.numel())
    return [{"op": "linear", "in": before[0], "out": after[0]} | _weights(layer, after[0], block)]


def _convolution(
    layer: nn.Conv2d | nn.ConvTranspose2d, before: Shape, after: Shape, block: Block
) -> list[Op]:
    plain = layer.groups == 1 and set(layer.dilation) == {1} and layer.padding_mode == "zeros"
    if not plain or isinstance(layer.padding, str):
        raise unknown(layer)
    transposed = isinstance(layer, nn.ConvTranspose2d)
    block.spend(layer.weight.numel() * math.prod((before if transposed else after)[1:]))
    op = {"op": "conv_transpose" if transposed else "conv", "in": before, "out": after}
    sizes = {"kernel": layer.kernel_size, "stride": layer.stride, "padding": layer.padding}
    return [op | sizes | _weights(layer, after[0], block)]


def _weights(layer: nn.Linear | nn.Conv2d | nn.ConvTranspose2d, num: int, block: Block) -> Op:
    bias: Tensor | None = layer.bias
    return {
        "weight": block.add(layer.weight),
        "bias": block.add(torch.zeros(num) if bias is None else bias),
    }


def _batch_norm(layer: _BatchNorm, before: Shape, after: Shape, block: Block) -> list[Op]:
    if layer.running_mean is None or layer.running_var is None or not layer.affine:
        raise unknown(layer)
    scale = layer.weight.double() / (layer.running_var.double() + layer.eps).sqrt()
    shift = layer.bias.double() - layer.running_mean.double() * scale
    return [{"op": "scale", "scale": block.exact(scale), "shift": block.exact(shift)}]


def _layer_norm(layer: nn.GroupNorm, before: Shape, after: Shape, block: Block) -> list[Op]:
    if layer.num_groups != 1 or not layer.affine:
        raise unknown(layer)
    weights = {"scale": block.add(layer.weight), "shift": block.add(layer.bias)}
    return [{"op": "layer_norm", "eps": layer.eps} | weights]


def _concatenate(layer: Concatenate, before: Shape, after: Shape, block: Block) -> list[Op]:
    return [{"op": "concatenate", "in": before[0], "out": after[0]}]


def _named(name: str) -> Callable[..., list[Op]]:
    return lambda *_: [{"op": name}]


def _nothing(*_: object) -> list[Op]:
    return []


# What a network may hold. In the page numbers lie flat, so a change of shape alone is nothing.
LAYERS: dict[type[nn.Module], Callable[..., list[Op]]] = {
    nn.Linear: _linear,
    nn.Conv2d: _convolution,
    nn.ConvTranspose2d: _convolution,
    _BatchNorm: _batch_norm,
    nn.GroupNorm: _layer_norm,
    nn.SiLU: _named("silu"),
    nn.ReLU: _named("relu"),
    nn.Tanh: _named("tanh"),
    Concatenate: _concatenate,
    nn.Flatten: _nothing,
    nn.Unflatten: _nothing,
    nn.Dropout: _nothing,
}
