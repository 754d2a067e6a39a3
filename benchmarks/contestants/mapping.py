"""Training until a map is good, with a clock that stands still while the map is looked at."""

import time
from collections.abc import Callable

import torch
from torch import Tensor

IMAGES_PER_LOOK = 10_000


class ReachedError(Exception):
    """Raised inside a trainer to leave it: the map is good, or its time is up."""


class Watch:
    """Looks at the map every 10,000 images and counts the seconds between looks.

    Args:
        look: returns the map's accuracy, 0 to 1; its time does not count.
        target: accuracy that ends the training.
        limit_s: seconds of training after which it is given up.
    """

    def __init__(self, look: Callable[[], float], target: float, limit_s: float | None) -> None:
        self.look, self.target, self.limit_s = look, target, limit_s
        self.seconds, self.num_images, self.next_look = 0.0, 0, IMAGES_PER_LOOK
        self.curve: list[tuple[float, float]] = []
        self.began = 0.0

    def start(self) -> None:
        """Set the clock going."""
        self.began = time.perf_counter()

    @property
    def is_reached(self) -> bool:
        """Whether the last look saw the target."""
        return bool(self.curve) and self.curve[-1][1] >= self.target

    def trained(self, num_images: int) -> None:
        """Take note of images trained on, and look when it is time.

        Raises:
            ReachedError: when training is to end.
        """
        self.num_images += num_images
        if self.num_images < self.next_look:
            return
        self.next_look += IMAGES_PER_LOOK
        self.seconds += time.perf_counter() - self.began
        self.curve.append((round(self.seconds, 3), round(self.look(), 4)))
        if self.is_reached or (self.limit_s is not None and self.seconds >= self.limit_s):
            raise ReachedError
        self.start()

    def result(self) -> dict[str, object]:
        """Return seconds, images seen, whether the target was reached, and the curve."""
        return {
            "seconds": round(self.seconds, 3),
            "reached": self.is_reached,
            "num_images": self.num_images,
            "accuracy": self.curve[-1][1] if self.curve else None,
            "curve": self.curve,
        }


def accuracy(
    encode: Callable[[Tensor], Tensor],
    train: tuple[Tensor, Tensor],
    test: tuple[Tensor, Tensor],
) -> float:
    """Return the 15-NN accuracy of test means among training means.

    Args:
        encode: (B, 1, 28, 28) float32 in [0, 1] -> posterior means (B, 2), without gradients.
        train, test: images (N, 1, 28, 28) uint8 and labels (N,).
    """
    # Not at the top: importing vae_core sets how OpenMP waits, and peers are to keep their own way.
    from vae_core.metrics import knn_accuracy

    def means(images: Tensor) -> Tensor:
        return torch.cat([encode(part.float() / 255) for part in images.split(5_000)])

    return knn_accuracy(means(train[0]), train[1], means(test[0]), test[1])
