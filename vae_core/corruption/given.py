"""Images that somebody else has damaged: what is known of it is what we are told."""

from torch import Tensor
from torch.nn import functional

from vae_core.corruption.base import Damaged
from vae_core.errors import InvalidInputError


def given(x: Tensor, kind: str, level: float) -> Damaged:
    """Images that are noisy, blurred or squeezed already.

    Args:
        x: (N, C, H, W) in [0, 1].
        kind: what the damage is like, a name in CORRUPTIONS: methods are tuned to it.
        level: how strong it is, roughly.
    """
    return Damaged(x, None, 1, kind, level, is_rough=True)


def given_small(x: Tensor, factor: int, size: tuple[int, int]) -> Damaged:
    """Images that are too small already.

    Args:
        x: (N, C, ceil(H / factor), ceil(W / factor)) in [0, 1].
        factor: by how much they are to be enlarged.
        size: (H, W).

    Raises:
        InvalidInputError: for images of another size.
    """
    expected = tuple(-(-side // factor) for side in size)
    if tuple(x.shape[-2:]) != expected:
        raise InvalidInputError(
            f"Images of {x.shape[-1]} x {x.shape[-2]} pixels received; expected {expected[1]} x "
            f"{expected[0]}, to be enlarged {factor} times."
        )
    large = functional.interpolate(x, size)
    return Damaged(large, None, factor, "down-sample", float(factor), is_rough=True)
