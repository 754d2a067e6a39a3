"""One step after the other of training a U-Net restorer."""

import copy
import math
from typing import Any

import torch
from torch import Tensor

from vae_core.data import Dataset
from vae_core.restoration.champion import TrainingCard
from vae_core.restoration.mixed_damage import draw_batch
from vae_core.restoration.unet import UNet, UNetConfig

WARM_UP = 0.05  # share of the steps until the learning rate is at its highest
FLOOR = 1e-4  # of the squared error inside the logarithm: 40 dB are good enough


class RestorerTrainer:
    """Everything that a step of training changes.

    Step i draws with a generator of its own, made from seed and i, so that `state` at any step is
    enough to go on to the bit.

    Args:
        data: whose training split it learns from.
        network, card: the recipe.
    """

    def __init__(self, data: Dataset, network: UNetConfig, card: TrainingCard) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(card.seed)
            self.network = UNet(network).to(memory_format=torch.channels_last)  # twice as fast
        self.source, self.card, self.num_done = data.train, card, 0
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        self.optimiser = torch.optim.Adam(self.network.parameters(), card.learning_rate)

    def step(self) -> Tensor:
        """Learn from one batch; return its loss."""
        card, step = self.card, self.num_done
        generator = torch.Generator().manual_seed(card.seed * 2**32 + step)
        drawn = draw_batch(self.source, card.batch_size, generator)
        rate = learning_rate(step, card)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        loss = log_error(drawn.seen[:, :1].where(drawn.kept, self.network(drawn.seen)), drawn.clean)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self.num_done += 1
        # At the beginning the average is of all steps so far.
        weight = max(1 - card.decay, 1 / self.num_done)
        own = self.network.parameters()
        torch._foreach_lerp_(list(self.average.parameters()), list(own), weight)
        return loss.detach()

    def state(self) -> dict[str, Any]:
        """What `resume` needs."""
        return {
            "num_done": self.num_done,
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        self.num_done = state["num_done"]
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])


def learning_rate(step: int, card: TrainingCard) -> float:
    """Rise in a line, then fall along half a cosine, to nothing at the end."""
    share = (step + 1) / card.num_steps
    if share < WARM_UP:
        return card.learning_rate * share / WARM_UP
    return card.learning_rate * (1 + math.cos(math.pi * (share - WARM_UP) / (1 - WARM_UP))) / 2


def log_error(restored: Tensor, clean: Tensor) -> Tensor:
    """Mean over images of the logarithm of the mean squared error: PSNR but for sign and scale."""
    return ((restored - clean).square().flatten(1).mean(1) + FLOOR).log().mean()
