"""The U-Net restorers that come with the repository: trained for restoring and for nothing else.

They have skips, so that they are no VAEs, and are blind: nobody tells them what the damage is or
how strong, only which pixels are missing where that is known.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from pydantic import Field
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from vae_core.corruption import Damaged
from vae_core.errors import CheckpointError, InvalidInputError, UnknownNameError, VAELabError
from vae_core.files import read_json
from vae_core.restoration.by_model import keep_known
from vae_core.restoration.unet import UNet, UNetConfig
from vae_core.schema import Config

RESTORERS = Path(__file__).resolve().parents[2] / "checkpoints" / "restorers"
DIGITS, MNIST = "digits-unet", "mnist-unet"
CHAMPIONS = (MNIST, DIGITS)
# Which of them was trained on a data set's pictures.
CHAMPION_OF = {"digits": DIGITS, "mnist": MNIST, "mnist-static": MNIST, "mnist-dynamic": MNIST}
WEIGHTS_FILE, CARD_FILE = "model.safetensors", "restorer.json"
BATCH_SIZE = 250


class TrainingCard(Config):
    """How a restorer was trained.

    Attributes:
        num_steps, batch_size: so many batches of so many images, each damaged anew.
        learning_rate: the highest.
        decay: of the average of the weights, which is what is kept.
    """

    dataset: str
    num_steps: int = Field(ge=1)
    batch_size: int = Field(ge=1)
    learning_rate: float = Field(gt=0.0)
    decay: float = Field(ge=0.0, lt=1.0)
    seed: int


class ChampionCard(Config):
    """What lies beside a restorer's weights.

    Attributes:
        network: its sizes.
        num_parameters: of the network.
        num_bytes: of the file of weights.
        training: what it was trained on, and how.
        num_test_images: the first so many images of the test split were damaged, all of a kind
            with a generator of seed 0, for `test_psnr_db`.
        test_psnr_db: "KIND-LEVEL" -> mean PSNR of the restored images, 40 dB of each at most, with
            weights as stored.
        versions: of the libraries that trained it.
    """

    name: str
    network: UNetConfig
    num_parameters: int
    num_bytes: int
    training: TrainingCard
    num_test_images: int = Field(ge=0)
    test_psnr_db: dict[str, float]
    versions: dict[str, str]


@dataclass(frozen=True)
class Champion:
    """A network that restores images of one size.

    Attributes:
        card: what it is.
        network: in eval mode; must not be changed.
    """

    card: ChampionCard
    network: UNet

    @torch.inference_mode()
    def restore(self, damaged: Damaged) -> Tensor:
        """Restore images: (N, 1, H, W) in [0, 1]; pixels that are known are as they were.

        Raises:
            InvalidInputError: for images of another size than it was trained on.
        """
        x, side = damaged.images, self.card.network.side
        if tuple(x.shape[1:]) != (1, side, side):
            raise InvalidInputError(
                f"Images of shape {tuple(x.shape)} received; the U-Net restorer {self.card.name} "
                f"expects (N, 1, {side}, {side})."
            )
        parts = [self.network(part) for part in torch.split(as_input(damaged), BATCH_SIZE)]
        return keep_known(torch.cat(parts).clamp(0.0, 1.0), damaged)


def as_input(damaged: Damaged) -> Tensor:
    """What the network sees: image and known pixels, (N, 2, H, W)."""
    x = damaged.images
    known = torch.ones_like(x) if damaged.known is None else damaged.known.to(x.dtype)
    return torch.cat([x, known], dim=1)


def load_champion(dataset: str) -> Champion | None:
    """Read the restorer of a data set's pictures; None where there is none.

    Raises:
        CheckpointError: when its files are missing or damaged.
    """
    return read_champion(CHAMPION_OF[dataset]) if dataset in CHAMPION_OF else None


@lru_cache(maxsize=2)
def read_champion(name: str) -> Champion:
    """Read a restorer that comes with the repository.

    Raises:
        UnknownNameError: for a name that is not one.
        CheckpointError: when its files are missing or damaged.
    """
    if name not in CHAMPIONS:
        raise UnknownNameError("restorer", name, CHAMPIONS)
    folder = RESTORERS / name
    try:
        card = ChampionCard.parse(read_json(folder / CARD_FILE))
        network = UNet(card.network).to(memory_format=torch.channels_last)  # twice as fast
        weights = load_file(folder / WEIGHTS_FILE)
        network.load_state_dict({key: value.float() for key, value in weights.items()})
    except (OSError, ValueError, RuntimeError, SafetensorError, VAELabError) as error:
        raise CheckpointError(
            f"The U-Net restorer in {folder} cannot be read ({error}). Train it again: "
            f"python -m vae_core checkpoints --rebuild {name}"
        ) from error
    return Champion(card, network.eval())
