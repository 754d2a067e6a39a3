"""Schedules of the learning rate and of beta: pure functions of the step."""

import math
from collections.abc import Callable


def one_cycle(step: int, num_steps: int) -> float:
    """Rise for 30 % of the steps, then fall to almost nothing, both along a cosine.

    Args:
        step: from 0 to num_steps - 1.
        num_steps: steps in the whole run.

    Returns:
        Factor of the highest learning rate, in (0, 1] (Smith & Topin 2018; the shape and the
        constants are those of torch.optim.lr_scheduler.OneCycleLR).
    """
    start, end, peak = 1 / 25, 1 / 250_000, 0.3 * num_steps - 1
    if step <= peak:
        return _cosine(start, 1.0, step / peak)
    return _cosine(1.0, end, (step - peak) / max(1e-9, num_steps - 1 - peak))


def cosine(step: int, num_steps: int) -> float:
    """Fall from 1 to almost nothing along half a cosine (Loshchilov & Hutter 2017, eq. 5)."""
    return _cosine(1.0, 0.0, step / num_steps)


def constant(step: int, num_steps: int) -> float:
    """Return 1 at every step."""
    return 1.0


def warm_up(step: int, num_steps: int) -> float:
    """Rise linearly to 1 within `num_steps` steps, for beta (Bowman et al. 2016); 0 steps: 1."""
    return min(1.0, (step + 1) / num_steps) if num_steps else 1.0


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * min(1.0, max(0.0, share))))


SCHEDULES: dict[str, Callable[[int, int], float]] = {
    "one-cycle": one_cycle,
    "cosine": cosine,
    "constant": constant,
    # Constant between the halvings that validation asks for: see `selection`.
    "plateau": constant,
}
