"""Layers that several models are built from."""

from collections.abc import Callable
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from vae_core.schema import Config

Width = Annotated[int, Field(ge=1, le=4096)]


class LayerStyle(Config):
    """What follows each linear layer or convolution but the last: norm, activation, dropout.

    Attributes:
        activation: "silu", "relu" or "tanh".
        norm: "none"; "batch" (Ioffe & Szegedy 2015); "layer" (Ba et al. 2016), over channels and
            places where there are any.
        dropout: share of the activations set to 0 in training (Srivastava et al. 2014), drawn
            from torch's global generator.
    """

    activation: Literal["silu", "relu", "tanh"] = "silu"
    norm: Literal["none", "batch", "layer"] = "none"
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)


class _BatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch norm over any number of dimensions.

    A batch that is a single value for each channel, such as the last image of an epoch, has no
    spread: in training too it is then normalised by the running statistics, as in evaluation.
    """

    def _check_input_dim(self, input: Tensor) -> None:  # noqa: A002
        pass

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        """(B, C, ...) -> the same shape."""
        if self.training and input.numel() == input.shape[1]:
            return functional.batch_norm(
                input, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
            )
        return super().forward(input)


ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "silu": nn.SiLU,
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
}
NORMS: dict[str, Callable[[int], list[nn.Module]]] = {
    "none": lambda width: [],
    "batch": lambda width: [_BatchNorm(width)],
    "layer": lambda width: [nn.GroupNorm(1, width)],  # one group: layer norm, at any dimension
}


def follow(width: int, style: LayerStyle) -> list[nn.Module]:
    """Layers that follow one of `width` outputs or channels."""
    dropout = [nn.Dropout(style.dropout)] if style.dropout else []
    return [*NORMS[style.norm](width), ACTIVATIONS[style.activation](), *dropout]


def dense(widths: tuple[int, ...], style: LayerStyle) -> list[nn.Module]:
    """Linear layers from each width to the next, each followed as `style` says."""
    return [
        layer
        for before, after in pairwise(widths)
        for layer in (nn.Linear(before, after), *follow(after, style))
    ]
