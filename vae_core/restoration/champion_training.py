"""The recipes behind the weights of the U-Net restorers."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy
import torch
from safetensors.torch import save
from torch import Tensor

from vae_core.corruption import CORRUPTIONS, damage
from vae_core.data import Dataset
from vae_core.files import write_atomically, write_json
from vae_core.metrics import mean_psnr_db, psnr_db
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
from vae_core.restoration.champion_trainer import RestorerTrainer
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
    return round(mean_psnr_db(psnr_db(champion.restore(damaged), clean)), 3)


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
