"""What is measured of where methods break: a request, the same for all who choose the same."""

from collections.abc import Mapping

from ui import cache
from ui.measuring import Wanted
from ui.restoring import Offered, default_rows
from vae_core.levels_worker import LevelsRequest
from vae_core.restoration import measured_levels

NUM_IMAGES = 100
MAX_METHODS = 6
QUICK_S, SLOW_S = 0.3, 1.5  # of one method at one level, about

Chosen = Mapping[str, Offered]


def fitting(rows: Chosen, kind: str) -> dict[str, Offered]:
    """What is meant for a kind of damage, by name."""
    return {name: row for name, row in rows.items() if kind in row.kinds}


def default(choice: cache.Choice, rows: Chosen, kind: str, above: list[str] | None) -> list[str]:
    """The rows that the lab shows, those that fit and do not take long.

    Args:
        above: names of methods that somebody has chosen there; None for the lab's own choice.
    """
    names = above if above is not None else default_rows(choice, rows, kind)
    quick = [name for name in names if kind in rows[name].kinds and not rows[name].is_slow]
    return (quick or default_rows(choice, rows, kind))[:MAX_METHODS]


def wanted(choice: cache.Choice, kind: str, chosen: Chosen) -> Wanted:
    """A request that measures some methods."""
    models = {row.model.id: row.model for row in chosen.values() if row.model is not None}
    request = LevelsRequest(
        dataset=choice.record.config.dataset,
        models=tuple(models),
        methods=tuple(chosen),
        kind=kind,
        levels=measured_levels(kind),
        num_images=NUM_IMAGES,
    )
    return Wanted(request, tuple(model.key for model in models.values()))


def expected_s(request: LevelsRequest, chosen: Chosen) -> float:
    """How long it takes, about, on a computer that has nothing else to do."""
    costs = (SLOW_S if row.is_slow else QUICK_S for row in chosen.values())
    return len(request.levels) * sum(costs)
