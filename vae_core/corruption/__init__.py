"""Damage to images: pure, seeded, on batches. One registry, `CORRUPTIONS`.

Images are (B, C, H, W) float32 in [0, 1]; every result is clipped to [0, 1] again, so PSNR of a
noisy image is that of what people see.
"""

import torch
from torch import Tensor

from vae_core.corruption import missing, noise, sharpness
from vae_core.corruption.base import Changed, Corruption, Damaged, Levels
from vae_core.corruption.given import given, given_small
from vae_core.errors import InvalidInputError, UnknownNameError

CORRUPTIONS: dict[str, Corruption] = {
    "gaussian": Corruption("Gaussian noise", Levels("standard deviation", 0.5), noise.gaussian),
    "salt-and-pepper": Corruption(
        "Salt and pepper", Levels("share of pixels", 0.3), noise.salt_and_pepper
    ),
    "speckle": Corruption("Speckle", Levels("standard deviation on white", 0.8), noise.speckle),
    "poisson": Corruption(
        "Poisson noise", Levels("standard deviation on white", 0.6), noise.poisson
    ),
    "blur": Corruption(
        "Blur",
        Levels("standard deviation, in tenths of the side", 0.6),
        sharpness.blur,
        is_random=False,
    ),
    "jpeg": Corruption(
        "JPEG",
        Levels("strength, 1 is the lowest quality", 0.95),
        sharpness.jpeg,
        is_random=False,
        is_recordable=False,
    ),
    "masked-square": Corruption(
        "Missing square", Levels("side, share of the image's", 0.4), missing.square
    ),
    "half": Corruption(
        "Missing half",
        Levels("share of the height, from below", 0.5),
        missing.half,
        is_random=False,
    ),
    "scribble": Corruption("Scribble", Levels("share of pixels", 0.3), missing.scribble),
    "drop-out": Corruption("Missing pixels", Levels("share of pixels", 0.5), missing.drop_out),
    "down-sample": Corruption(
        "Made smaller",
        Levels("times", 2.0, (1.0, 2.0, 4.0), is_stepped=True),
        sharpness.down_sample,
        is_random=False,
    ),
}

__all__ = [
    "CORRUPTIONS",
    "Corruption",
    "Damaged",
    "Levels",
    "check_level",
    "corrupt",
    "damage",
    "given",
    "given_small",
    "hide",
]


def check_level(kind: str, level: float) -> None:
    """Refuse damage that there is not.

    Raises:
        UnknownNameError: for a kind that is not registered.
        InvalidInputError: for a level that this kind does not have.
    """
    if kind not in CORRUPTIONS:
        raise UnknownNameError("corruption", kind, CORRUPTIONS)
    CORRUPTIONS[kind].levels.check(level)


def damage(x: Tensor, kind: str, level: float, generator: torch.Generator) -> Damaged:
    """Damage a batch.

    Args:
        x: (B, C, H, W), values in [0, 1].
        kind: a name in `CORRUPTIONS`.
        level: strength, in the unit of that kind; its first choice changes nothing.
        generator: source of all randomness.

    Returns:
        New images like x, clipped to [0, 1], and what is known of the damage.

    Raises:
        UnknownNameError: for a kind that is not registered.
        InvalidInputError: for a level that this kind does not have.
    """
    check_level(kind, level)
    return _clipped(CORRUPTIONS[kind].apply(x, level, generator), kind, level)


def corrupt(x: Tensor, kind: str, level: float, generator: torch.Generator) -> Tensor:
    """The images of `damage` alone."""
    return damage(x, kind, level, generator).images


def hide(x: Tensor, is_missing: Tensor) -> Damaged:
    """Black out pixels that somebody has chosen: a scribble by hand.

    Args:
        x: (B, C, H, W), values in [0, 1].
        is_missing: (B or 1, 1, H, W) bool.

    Raises:
        InvalidInputError: for a mask of another shape or type.
    """
    expected = (len(x), 1, *x.shape[-2:])
    fits = tuple(is_missing.shape) in (expected, (1, *expected[1:]))
    if is_missing.dtype != torch.bool or not fits:
        raise InvalidInputError(
            f"A mask of {is_missing.dtype}, {tuple(is_missing.shape)} received; expected bool of "
            f"{expected}, true where a pixel is missing."
        )
    mask = is_missing.expand(expected)
    share = float(mask.float().mean()) if mask.numel() else 0.0
    return _clipped(missing.without(x, mask), "scribble", share)


def _clipped(changed: Changed, kind: str, level: float) -> Damaged:
    return Damaged(changed.images.clamp(0.0, 1.0), changed.known, changed.factor, kind, level)
