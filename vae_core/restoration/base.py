"""What a way of restoring is, and what it gives."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from vae_core.corruption import Damaged

Family = Literal["classical", "model", "champion"]
Conditions = Mapping[str, Tensor]
CHAMPION = "champion"  # name of the one method of that family


@dataclass(frozen=True)
class Restored:
    """What a method makes of damaged images.

    Attributes:
        images: (N, C, H, W) in [0, 1].
        spread: (N, 1, H, W), the standard deviation of each pixel over draws from the posterior;
            None where a method draws nothing.
    """

    images: Tensor
    spread: Tensor | None = None


@dataclass(frozen=True)
class Method:
    """A way of restoring images.

    Attributes:
        name: of it among others: "median", "champion", "one-pass", "search"; those that work
            through a model are "NAME:MODEL" where several models are compared.
        title: what people call it.
        note: what it is, in a few words.
        family: classical needs no training; model is an autoencoder or VAE; champion is a network
            trained for nothing but restoring.
        fits: (kind of damage) -> whether it is meant for that.
        restore: (damaged, what conditional models are told of the images, seed) -> result.
        is_slow: whether one picture takes so long that it is not done while a slider moves.
    """

    name: str
    title: str
    note: str
    family: Family
    fits: Callable[[str], bool]
    restore: Callable[[Damaged, Conditions, int], Restored]
    is_slow: bool = False
