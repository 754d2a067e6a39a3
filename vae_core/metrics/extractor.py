"""The named feature extractor of grey images: a small digit classifier, trained here.

FID of small grey images through Inception, which has seen colour photographs of 299 pixels, is
disputed. These features come from MNIST's own digits; what they are trained on and how well they
classify lies beside the weights. For other grey images (8x8 digits, clothes) they are a stated
approximation: useful between models of the same data, no absolute measure.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from pydantic import Field
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from vae_core.errors import CheckpointError, InvalidInputError, UnknownNameError, VAELabError
from vae_core.files import read_json
from vae_core.schema import Config

EXTRACTORS = Path(__file__).resolve().parents[2] / "checkpoints" / "extractors"
EXTRACTOR = "mnist-conv-64"
DIGITS_READER = "digits-conv-64"
NAMES = (EXTRACTOR, DIGITS_READER)
# Which of them was taught to read a data set's classes.
READERS = {
    "digits": DIGITS_READER,
    "mnist": EXTRACTOR,
    "mnist-static": EXTRACTOR,
    "mnist-dynamic": EXTRACTOR,
}
WEIGHTS_FILE, CARD_FILE = "model.safetensors", "extractor.json"
SIDE = 28
NUM_FEATURES, NUM_CLASSES = 64, 10
BATCH_SIZE = 500


class ExtractorCard(Config):
    """What lies beside an extractor's weights.

    Attributes:
        dataset, epochs, seed: it was trained on.
        num_features: F.
        test_accuracy: share of the test split's images that it classifies rightly, as stored.
        versions: of the libraries that trained it.
    """

    name: str
    dataset: str
    epochs: int
    seed: int
    num_features: int
    test_accuracy: float = Field(ge=0.0, le=1.0)
    versions: dict[str, str]


class ConvClassifier(nn.Module):
    """(B, 1, 28, 28) -> (B, 64) features -> (B, 10) logits."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(32 * (SIDE // 4) ** 2, NUM_FEATURES),
            nn.ReLU(),
        )
        self.head = nn.Linear(NUM_FEATURES, NUM_CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits of each class."""
        logits: Tensor = self.head(self.body(x))
        return logits


@dataclass(frozen=True)
class Extractor:
    """Features and classes of grey images of any size.

    Attributes:
        card: what it is.
        network: in eval mode; must not be changed.
    """

    card: ExtractorCard
    network: ConvClassifier

    @property
    def name(self) -> str:
        """To be told with every number that rests on it."""
        return self.card.name

    @torch.inference_mode()
    def features(self, images: Tensor) -> Tensor:
        """Activations before the last layer, (N, F).

        Args:
            images: (N, 1, H, W) in [0, 1]; resized to 28x28, bilinearly with antialiasing.

        Raises:
            InvalidInputError: for images of another number of channels.
        """
        parts = [self.network.body(as_input(part)) for part in torch.split(images, BATCH_SIZE)]
        return torch.cat(parts)

    @torch.inference_mode()
    def confidence(self, images: Tensor) -> Tensor:
        """Probability of the likeliest digit of each image: (N,), 0.1 to 1; images as above."""
        logits: Tensor = self.network.head(self.features(images))
        return logits.softmax(1).amax(1)

    @torch.inference_mode()
    def classify(self, images: Tensor) -> Tensor:
        """Read the digit of each image: (N,) int64, 0 to 9; images as for `features`."""
        logits: Tensor = self.network.head(self.features(images))
        return logits.argmax(1)


def reader_of(dataset: str) -> Extractor | None:
    """The classifier that was taught to read a data set's classes; None where there is none.

    Raises:
        CheckpointError: when its files are missing or damaged.
    """
    return load_extractor(READERS[dataset]) if dataset in READERS else None


def as_input(images: Tensor) -> Tensor:
    """Resize (N, 1, H, W) to what the network sees, (N, 1, 28, 28)."""
    if images.ndim != 4 or images.shape[1] != 1 or len(images) == 0:
        raise InvalidInputError(
            f"Images of shape {tuple(images.shape)} received; the feature extractor expects grey "
            "ones, (N, 1, H, W)."
        )
    if images.shape[2:] == (SIDE, SIDE):
        return images
    return functional.interpolate(
        images, (SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False
    )


@lru_cache(maxsize=2)
def load_extractor(name: str = EXTRACTOR) -> Extractor:
    """Read an extractor that comes with the repository.

    Raises:
        UnknownNameError: for a name that is not one.
        CheckpointError: when its files are missing or damaged.
    """
    if name not in NAMES:
        raise UnknownNameError("feature extractor", name, NAMES)
    folder = EXTRACTORS / name
    network = ConvClassifier().to(memory_format=torch.channels_last)  # twice as fast
    try:
        card = ExtractorCard.parse(read_json(folder / CARD_FILE))
        weights = load_file(folder / WEIGHTS_FILE)
        network.load_state_dict({key: value.float() for key, value in weights.items()})
    except (OSError, ValueError, RuntimeError, SafetensorError, VAELabError) as error:
        raise CheckpointError(
            f"The feature extractor in {folder} cannot be read ({error}). Train it again: "
            f"python -m vae_core checkpoints --rebuild {name}"
        ) from error
    return Extractor(card, network.eval())
