"""What can be measured of where methods break: which methods there are, and a request for some."""

from collections.abc import Mapping
from dataclasses import dataclass

from ui import cache, state
from ui.measuring import Wanted
from vae_core.levels_worker import LevelsRequest
from vae_core.restoration import Method, classical_methods, measured_levels, model_methods

NUM_IMAGES = 100
MAX_MODELS = 3
QUICK_S, SLOW_S = 0.1, 3.0  # of one method at one level, about


@dataclass(frozen=True)
class Offered:
    """A method that can be measured.

    Attributes:
        method: what it is; its name holds the model's id, where it works through one.
        title: what a line of the chart is called.
        model: through which it works.
    """

    method: Method
    title: str
    model: cache.Choice | None = None


def offered_methods(choice: cache.Choice, kind: str) -> dict[str, Offered]:
    """What can restore a data set's pictures of a kind of damage, by name."""
    found = [Offered(m, m.title) for m in classical_methods(choice.record.config.dataset).values()]
    for model in _models(choice):
        methods = model_methods(cache.checkpoint(model.key).model, f":{model.id}").values()
        found += [Offered(m, f"{model.title}, {m.title.lower()}", model) for m in methods]
    return {one.method.name: one for one in found if one.method.fits(kind)}


def _models(choice: cache.Choice) -> list[cache.Choice]:
    """The picker's model, and those that were trained to restore the same pictures."""
    others = [
        other
        for other in state.offered().values()
        if other.record.config.dataset == choice.record.config.dataset
        and other.record.config.train.corruption is not None
        and other.id != choice.id
    ]
    return [choice, *others][:MAX_MODELS]


def default(offered: Mapping[str, Offered]) -> list[str]:
    """A filter made for this or else the median, what was trained for restoring, the model."""
    filters = [name for name in ("bicubic", "biharmonic", "median") if name in offered]
    passes = [name for name in offered if name.startswith("one-pass:")]
    likely = [*filters[:1], *(n for n in offered if n == "champion"), *passes[:2]]
    return [name for name in likely if not offered[name].method.is_slow]


def wanted(choice: cache.Choice, kind: str, chosen: Mapping[str, Offered]) -> Wanted:
    """A request that measures them, the same for everybody who chooses the same."""
    models = {one.model.id: one.model for one in chosen.values() if one.model is not None}
    request = LevelsRequest(
        dataset=choice.record.config.dataset,
        models=tuple(models),
        methods=tuple(chosen),
        kind=kind,
        levels=measured_levels(kind),
        num_images=NUM_IMAGES,
    )
    return Wanted(request, tuple(model.key for model in models.values()))


def expected_s(wanted: Wanted, chosen: Mapping[str, Offered]) -> float:
    """How long it takes, about, on a computer that has nothing else to do."""
    costs = (SLOW_S if one.method.is_slow else QUICK_S for one in chosen.values())
    return len(wanted.request.levels) * sum(costs)
