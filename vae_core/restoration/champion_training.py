"""The recipes behind the weights of the U-Net restorers."""

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy
import torch
from safetensors.torch import save
from torch import Tensor

from vae_core.corruption import CORRUPTIONS, damage
from vae_core.data import Dataset
from vae_core.files import write_atomically, write_json
from vae_core.metrics import psnr_db
from vae_core.restoration.champion import (
    CARD_FILE,
    DIGITS,
    MNIST,
    RESTORERS,
    WEIGHTS_FILE,
    Champion,
    ChampionCard,
    TrainingCard,
    read_champion,
)
from vae_core.restoration.mixed_damage import draw_batch
from vae_core.restoration.unet import UNet, UNetConfig

RECIPES = {
    MNIST: (
        UNetConfig(side=28, fold=2, hidden=1024),
        TrainingCard(
            dataset="mnist",
            num_steps=8000,
            batch_size=64,
            learning_rate=2e-3,
            decay=0.999,
            seed=0,
        ),
    ),
    DIGITS: (
        UNetConfig(side=8, fold=1),
        TrainingCard(
            dataset="digits",
            num_steps=6000,
            batch_size=64,
            learning_rate=2e-3,
            decay=0.999,
            seed=0,
        ),
    ),
}
WARM_UP = 0.05  # share of the steps until the learning rate is at its highest
FLOOR = 1e-4  # of the squared error inside the logarithm: 40 dB are good enough
NUM_TEST_IMAGES = 1000
# What its card tells of: every kind at its usual level, and two more.
TESTED = (
    ("gaussian", 0.2),
    *((kind, corruption.levels.default) for kind, corruption in CORRUPTIONS.items()),
    ("down-sample", 4.0),
)
STEPS_PER_EVENT = 50


@dataclass(frozen=True)
class Advanced:
    """So many steps of all are done; the newest loss, in nats of squared error."""

    step: int
    num_steps: int
    loss: float


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


def train_champion(
    data: Dataset, name: str, card: TrainingCard | None = None
) -> Iterator[Advanced | Champion]:
    """Train a restorer on the training split: Adam, weights averaged over the last steps.

    The same recipe, data and number of threads give the same weights, which are rounded to
    float16, as they are stored, before the test split is restored.

    Args:
        name: a key of `RECIPES`.
        card: other settings than the recipe's.

    Yields:
        How far it is, every so many steps, and at last the restorer.
    """
    network, usual = RECIPES[name]
    card = (card or usual).evolve(dataset=data.spec.name)
    trainer = RestorerTrainer(data, network, card)
    while trainer.num_done < card.num_steps:
        loss = float(trainer.step())
        if trainer.num_done % STEPS_PER_EVENT == 0 or trainer.num_done == card.num_steps:
            yield Advanced(trainer.num_done, card.num_steps, loss)
    yield finished(trainer, data, name)


def finished(trainer: RestorerTrainer, data: Dataset, name: str) -> Champion:
    """Round the averaged weights, measure them on the test split, and describe all of it."""
    network = trainer.average
    network.load_state_dict({key: value.half() for key, value in network.state_dict().items()})
    weights = as_stored(network)
    card = ChampionCard(
        name=name,
        network=RECIPES[name][0],
        num_parameters=sum(value.numel() for value in weights.values()),
        num_bytes=len(save(weights)),
        training=trainer.card,
        num_test_images=min(NUM_TEST_IMAGES, len(data.test)),
        test_psnr_db={},
        versions={"torch": torch.__version__, "numpy": numpy.__version__},
    )
    champion = Champion(card, network.eval())
    clean = data.test.pixels(0, card.num_test_images)
    figures = {f"{kind}-{level:g}": score(champion, clean, kind, level) for kind, level in TESTED}
    return replace(champion, card=card.evolve(test_psnr_db=figures))


def score(champion: Champion, clean: Tensor, kind: str, level: float) -> float:
    """Mean PSNR in dB of images that were damaged with seed 0 and restored."""
    damaged = damage(clean, kind, level, torch.Generator().manual_seed(0))
    return round(float(psnr_db(champion.restore(damaged), clean).mean()), 3)


def as_stored(network: UNet) -> dict[str, Tensor]:
    """The weights in float16, as they lie on the disk."""
    return {key: value.half().contiguous() for key, value in network.state_dict().items()}


def save_champion(champion: Champion) -> None:
    """Write weights and card to where `load_champion` reads them."""
    folder = RESTORERS / champion.card.name
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / WEIGHTS_FILE, save(as_stored(champion.network)))
    write_json(folder / CARD_FILE, champion.card.model_dump(mode="json"))
    read_champion.cache_clear()
