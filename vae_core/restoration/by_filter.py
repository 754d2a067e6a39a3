"""Classical filters as methods: each as strong as is best for the damage at hand."""

from vae_core.corruption import CORRUPTIONS, Damaged
from vae_core.data import dataset_entry
from vae_core.errors import InvalidInputError
from vae_core.restoration.base import Conditions, Method, Restored
from vae_core.restoration.by_model import keep_known
from vae_core.restoration.filters import FILTERS
from vae_core.restoration.parameters import chosen


def filter_method(dataset: str, name: str) -> Method:
    """A filter that is told what damage there is and how much, which in life is only guessed.

    Args:
        dataset: on whose validation images its parameters were chosen.
        name: in FILTERS.

    Raises:
        UnknownNameError: for a data set that is not registered.
    """
    dataset_entry(dataset)
    filter_ = FILTERS[name]

    def restore(damaged: Damaged, conditions: Conditions, seed: int) -> Restored:
        way = filter_.way(damaged.kind)
        if way is None:
            kinds = ", ".join(kind for kind in CORRUPTIONS if filter_.way(kind))
            raise InvalidInputError(
                f"Damage {damaged.kind!r} received; {filter_.title} is for one of: {kinds}."
            )
        if damaged.level == CORRUPTIONS[damaged.kind].levels.choices[0]:
            return Restored(damaged.images.clone())  # there is no damage
        images = way.apply(damaged, **chosen(dataset, damaged.kind, damaged.level, name))
        return Restored(keep_known(images, damaged))

    is_set = any(way.grid for way in filter_.ways)
    return Method(
        name,
        filter_.title,
        f"{filter_.note}; set for this damage and level" if is_set else filter_.note,
        "classical",
        lambda kind: filter_.way(kind) is not None,
        restore,
    )
