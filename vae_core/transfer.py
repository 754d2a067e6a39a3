"""Fine-tuning: which weights of another model a new one takes over."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vae_core.errors import CheckpointError


@dataclass(frozen=True)
class Transfer:
    """What was taken over, by the names of the tensors.

    Attributes:
        taken: same name and shape: copied.
        reshaped: same name, another shape: left as initialised.
        new: only in the new model: left as initialised.
        unused: only in the other model.
    """

    taken: tuple[str, ...]
    reshaped: tuple[str, ...]
    new: tuple[str, ...]
    unused: tuple[str, ...]

    def __str__(self) -> str:
        parts = [f"{len(self.taken)} tensors taken over"]
        for what, names in (
            ("of another shape, left as initialised", self.reshaped),
            ("new, left as initialised", self.new),
            ("of the other model not used", self.unused),
        ):
            if names:
                parts.append(f"{len(names)} {what} ({', '.join(names)})")
        return "; ".join(parts) + "."


def take_over(model: nn.Module, weights: Mapping[str, Tensor]) -> Transfer:
    """Copy the weights that fit, by name and shape, and say which did.

    Raises:
        CheckpointError: when none fits: nothing would be fine-tuned.
    """
    own = model.state_dict()
    shared = [name for name in own if name in weights]
    taken = [name for name in shared if own[name].shape == weights[name].shape]
    if not taken:
        raise CheckpointError(
            "None of the weights to start from fits this model: no tensor has the same name and "
            "shape. Choose a checkpoint of the same kind of network and of the same widths."
        )
    with torch.no_grad():
        for name in taken:
            own[name].copy_(weights[name])  # state_dict's tensors are the model's own
    return Transfer(
        taken=tuple(taken),
        reshaped=tuple(name for name in shared if name not in taken),
        new=tuple(name for name in own if name not in weights),
        unused=tuple(name for name in weights if name not in own),
    )
