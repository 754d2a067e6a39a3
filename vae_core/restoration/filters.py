"""Which classical way of restoring is meant for which damage, and what can be set of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from vae_core.corruption import Damaged
from vae_core.restoration import classical

Value = float | int | str
Parameters = Mapping[str, Value]
Grid = Mapping[str, tuple[Value, ...]]

CHANGED = ("gaussian", "salt-and-pepper", "speckle", "poisson", "blur", "jpeg")
"""Kinds of damage that change brightness anywhere."""
MISSING = ("masked-square", "half", "scribble", "drop-out")
SMALLER = ("down-sample",)
UNSURE = (*CHANGED, *SMALLER)
"""Kinds after which no pixel is known to be right."""


@dataclass(frozen=True)
class Way:
    """How a filter treats some kinds of damage.

    Attributes:
        kinds: names in CORRUPTIONS.
        apply: (damaged, its parameters by name) -> (N, C, H, W) in [0, 1].
        grid: parameter -> values to choose from, strength first and rising; empty where there is
            nothing to set.
    """

    kinds: tuple[str, ...]
    apply: Callable[..., Tensor]
    grid: Grid


@dataclass(frozen=True)
class Filter:
    """A classical way of restoring.

    Attributes:
        title: what people call it.
        note: what it is, in a few words.
        ways: at most one for each kind of damage.
    """

    title: str
    note: str
    ways: tuple[Way, ...]

    def way(self, kind: str) -> Way | None:
        """How it treats a kind of damage; None where it is not meant for that."""
        return next((way for way in self.ways if kind in way.kinds), None)


def _everywhere(restore: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Apply it to the damaged images."""
    return lambda damaged, **parameters: restore(damaged.images, **parameters)


def _missing(fill: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Let it fill missing pixels from known ones."""
    return lambda damaged, **parameters: fill(damaged.images, damaged.known, **parameters)


def _deblurred(damaged: Damaged, signal_to_noise: float) -> Tensor:
    """Undo a blur; one that is known only roughly, with care, since errors grow with the ratio."""
    ratio = min(signal_to_noise, ROUGH_RATIO) if damaged.is_rough else signal_to_noise
    return classical.deconvolution(damaged.images, damaged.level, ratio)


# Strength 0 and size 1 leave images as they are: where nothing helps, that is chosen. What is
# missing is always filled.
SIZES = (3, 5, 7, 9, 11, 13, 15)
LARGE_SIZES = (19, 23, 27)  # nearly all of a picture
SIGMAS = (
    *(0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8, 1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0),
    *(9.0, 14.0, 20.0),  # nearly the mean of all pixels
)
WEIGHTS = (0.0, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.6, 1.0, 2.0, 4.0)
THRESHOLDS = (
    *(0.0, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4, 0.6),
    *(1.0, 1.6),  # nothing but means is left
)
DIFFERENCES = (
    *(0.0, 0.02, 0.04, 0.07, 0.1, 0.13, 0.16, 0.2, 0.23, 0.26, 0.3, 0.35, 0.4),
    *(0.6, 1.0, 2.0, 4.0),  # nearly the mean of all within reach
)
RATIOS = (0.0, *(10.0**power for power in range(1, 17)))  # up to what float32 rounds off
# For pictures that came blurred: values in bytes, and a level that is a tenth or a fifth off.
ROUGH_RATIO = 1000.0

FILTERS: dict[str, Filter] = {
    "median": Filter(
        "Median filter",
        "classical, no training: the middle value around each pixel",
        (
            Way(UNSURE, _everywhere(classical.median_filter), {"size": (1, *SIZES, *LARGE_SIZES)}),
            Way(MISSING, _missing(classical.median_of_known), {"size": (*SIZES, *LARGE_SIZES)}),
        ),
    ),
    "gaussian": Filter(
        "Gaussian filter",
        "classical, no training: the mean around each pixel, of those that are known",
        (
            Way(UNSURE, _everywhere(classical.gaussian_filter), {"sigma": (0.0, *SIGMAS)}),
            Way(MISSING, _missing(classical.gaussian_of_known), {"sigma": SIGMAS}),
        ),
    ),
    "tv": Filter(
        "Total variation",
        "classical, no training: few changes of brightness, sharp ones kept",
        (Way(CHANGED, _everywhere(classical.total_variation), {"weight": WEIGHTS}),),
    ),
    "wavelet": Filter(
        "Wavelet filter",
        "classical, no training: weak wavelet coefficients dropped",
        (
            Way(
                CHANGED,
                _everywhere(classical.wavelet),
                {"sigma": THRESHOLDS, "name": ("haar", "db2", "sym4")},
            ),
        ),
    ),
    "nl-means": Filter(
        "Non-local means",
        "classical, no training: the mean of pixels whose surroundings look alike",
        (
            Way(
                CHANGED,
                _everywhere(classical.nl_means),
                {"h": DIFFERENCES, "patch_size": (3, 5)},
            ),
        ),
    ),
    "deconvolution": Filter(
        "Deconvolution",
        "classical, no training: the blur undone, by its exact kernel (Wiener)",
        (Way(("blur",), _deblurred, {"signal_to_noise": RATIOS}),),
    ),
    "bicubic": Filter(
        "Bicubic enlargement",
        "classical, no training: a smooth surface through what is left",
        (Way(SMALLER, classical.bicubic, {}),),
    ),
    "biharmonic": Filter(
        "Biharmonic filling",
        "classical, no training: the surface that bends least between known pixels",
        (Way(MISSING, _missing(classical.biharmonic), {}),),
    ),
}
