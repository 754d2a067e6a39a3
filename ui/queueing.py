"""Where a run stands that waits for a free worker, in words."""

import math

from ui.workers import executor

STEP_S, MINUTE_S = 5, 60


def sentence(run_id: str) -> str:
    """Say a queued run's place and expected wait, as far as this server knows them."""
    waiting = executor().waiting(run_id)
    if waiting is None:
        return "Starting."
    wait = "" if waiting.expected_s is None else f", about {_duration(waiting.expected_s)}"
    return f"Waiting for a free worker: place {waiting.place}{wait}."


def _duration(seconds: float) -> str:
    """No more exact than such a guess is, and seldom another one: 5 s, 40 s, 3 min."""
    if seconds > 2 * MINUTE_S:
        return f"{round(seconds / MINUTE_S)} min"
    return f"{STEP_S * max(1, math.ceil(seconds / STEP_S))} s"
