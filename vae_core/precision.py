"""Threads and number formats of training.

Three matmul precisions: "highest" is float32 throughout; "high" lets torch use bfloat16 pairs, or
TensorFloat-32 on a card; "medium" trains on a bfloat16 copy of the weights, with float32 masters,
where the processor multiplies bfloat16 itself, and in float32 elsewhere (a card rounds the factors
of each product instead). Likelihoods whose parameters must not be rounded train in float32 in any
case. KL, exp, logsumexp and the optimiser stay in float32 always.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from vae_core.models import LatentModel
from vae_core.optimiser import Vector, VectorAdam


class WorkingCopy:
    """A bfloat16 copy that does the forward and backward passes of a float32 model.

    (Micikevicius et al. 2018, section 3.1; bfloat16 has float32's range, so no loss scaling.)

    Args:
        model: holds the float32 masters.
        optimiser: which changes them.

    Attributes:
        model: the copy.
        vectors: its parameters, in the order of the optimiser's.
    """

    def __init__(self, model: LatentModel, optimiser: VectorAdam) -> None:
        self.model = copy.deepcopy(model).to(torch.bfloat16).train()
        own = dict(zip(model.parameters(), self.model.parameters(), strict=True))
        self.masters = optimiser.vectors
        self.vectors = [Vector(own[p] for p in master.parameters) for master in self.masters]
        # Each copy's parameter, and where the gradient of its master lies.
        self.pairs = [
            (parameter, place)
            for master, vector in zip(self.masters, self.vectors, strict=True)
            for parameter, place in zip(vector.parameters, master.gradients, strict=True)
        ]

    @torch.no_grad()
    def gather(self) -> None:
        """Move the copy's gradients to the masters, in float32: 0 where there is none."""
        for parameter, place in self.pairs:
            if parameter.grad is None:
                place.zero_()
            else:
                place.copy_(parameter.grad)
                parameter.grad = None

    @torch.no_grad()
    def refresh(self) -> None:
        """Round the masters into the copy again, after they changed."""
        for master, vector in zip(self.masters, self.vectors, strict=True):
            vector.data.copy_(master.data)


@contextmanager
def numerics(num_threads: int, precision: str) -> Iterator[None]:
    """Set threads and matmul precision within the block, and set them back after it."""
    before = torch.get_num_threads(), torch.get_float32_matmul_precision()
    on_card = torch.backends.cudnn.allow_tf32  # a card's convolutions have a setting of their own
    torch.set_num_threads(num_threads)
    torch.set_float32_matmul_precision(precision)
    torch.backends.cudnn.allow_tf32 = precision != "highest"
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.set_float32_matmul_precision(before[1])
        torch.backends.cudnn.allow_tf32 = on_card
