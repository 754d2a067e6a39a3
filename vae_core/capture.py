"""A learner's steps over a split; on a card they are recorded once and replayed.

At this size a card waits for its orders: a step is a hundred small kernels. A CUDA graph sends them
all at once. What changes from step to step (which images, beta, the learning rate) lies in tensors
that the graph reads; random numbers advance as they would without it.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

import torch
from torch import Tensor

from vae_core.corruption import CORRUPTIONS
from vae_core.data import ImageSource
from vae_core.learner import Learner
from vae_core.objectives import Losses
from vae_core.processor import global_generator

WARM_UPS = 3  # as torch's own make_graphed_callables does

T = TypeVar("T")
Recording = tuple[Callable[[], None], T]
"""What does the work again, and what the work returned: tensors that it overwrites."""

Recorder = Callable[[Callable[[], Losses], Iterable[torch.Generator]], Recording[Losses]]


class Stepper:
    """Takes steps.

    Args:
        learner: whose steps.
        source: the training split, on the learner's device.
    """

    def __init__(self, learner: Learner, source: ImageSource) -> None:
        self.learner, self.source = learner, source
        self.recorded: RecordedStep | None = None

    def __call__(self, indices: Tensor, *, wants_values: bool = True) -> Losses:
        """Take one step on the images at `indices` (B,); see `Learner.step`."""
        learner = self.learner
        is_full = len(indices) == learner.config.train.batch_size
        if learner.device.type == "cuda" and is_full and _is_recordable(learner):
            if self.recorded is None:
                self.recorded = RecordedStep(learner, self.source)
            return self.recorded(indices)
        batch = self.source.batch(indices, learner.generators["binarise"])
        return learner.step(batch, wants_values=wants_values)


def _is_recordable(learner: Learner) -> bool:
    """Whether all that a step does is done on the card."""
    damage = learner.config.train.corruption
    return damage is None or CORRUPTIONS[damage.kind].is_recordable


class RecordedStep:
    """A step on a full batch, recorded; the losses are always computed.

    Args:
        learner: whose step; it is left as it was.
        source: the training split, on the learner's device.
        record: see `cuda_graph`.
    """

    def __init__(
        self,
        learner: Learner,
        source: ImageSource,
        record: Recorder | None = None,
    ) -> None:
        self.learner = learner
        size, device = learner.config.train.batch_size, learner.device
        self.indices = torch.zeros(size, dtype=torch.int64, device=device)
        self.beta, self.rate = torch.ones((), device=device), torch.zeros((), device=device)

        def work() -> Losses:
            batch = source.batch(self.indices, learner.generators["binarise"])
            terms = learner.change(batch, self.beta, self.rate).terms
            # Detached: losses that are kept must not keep the step's autograd graph alive.
            return Losses(
                {name: (value.detach(), weight) for name, (value, weight) in terms.items()}
            )

        shared = global_generator(device)  # dropout's, while the learner is at work
        before, drawn = learner.state_dict(), shared.get_state()
        self.replay, self.losses = (record or cuda_graph)(work, learner.generators.values())
        learner.load_state_dict(before)  # recording took steps
        shared.set_state(drawn)

    def __call__(self, indices: Tensor) -> Losses:
        """Take the step on the images at `indices` (batch_size,).

        Returns:
            Losses that the next step overwrites.
        """
        learner, beta = self.learner, self.learner.beta
        self.indices.copy_(indices)
        self.beta.fill_(beta)
        self.rate.fill_(learner.learning_rate)
        self.replay()
        learner.count()
        terms = self.losses.terms.items()
        return Losses({n: (v, beta if weight is self.beta else weight) for n, (v, weight) in terms})


def cuda_graph(work: Callable[[], T], generators: Iterable[torch.Generator]) -> Recording[T]:
    """Record work on a card as one graph (https://docs.pytorch.org/docs/stable/notes/cuda.html).

    Args:
        work: always the same operations on the same memory; it is done four times meanwhile.
        generators: that it draws from, besides torch's own.
    """
    side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(WARM_UPS):
            work()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    for generator in generators:
        graph.register_generator_state(generator)
    with torch.cuda.graph(graph):
        result = work()
    return graph.replay, result
