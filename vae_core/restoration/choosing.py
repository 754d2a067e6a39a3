"""One way of restoring by its name, or the best there is without one."""

from vae_core.errors import InvalidInputError, UnknownNameError
from vae_core.models import LatentModel
from vae_core.restoration.base import CHAMPION, Method
from vae_core.restoration.champion import CHAMPION_OF
from vae_core.restoration.methods import champion_method, classical_methods, model_methods

ONE_PASS, SEARCH = "one-pass", "search"
PARTLY_KNOWN = ("masked-square", "half", "scribble", "drop-out", "down-sample")
"""Kinds of damage of which it is known what they have left: a search needs that."""


def methods_for(dataset: str, kind: str, model: LatentModel | None = None) -> dict[str, Method]:
    """All that is meant for a kind of damage, by name.

    Args:
        dataset: whose pictures they are, a name in DATASETS.
        kind: a name in CORRUPTIONS.
        model: for those that work through a model; none of these without one.
    """
    found = champion_method(dataset)
    found |= model_methods(model) if model is not None else {}
    found |= classical_methods(dataset)
    return {name: method for name, method in found.items() if method.fits(kind)}


def choose(name: str | None, dataset: str, kind: str, model: LatentModel | None = None) -> Method:
    """Look a method up; the champion is read only where it may be the one.

    Args:
        name: of it. None is, with a model, the search where pixels are missing or too few, else
            one pass; without a model the champion.
        dataset, kind, model: see `methods_for`.

    Raises:
        UnknownNameError: for a name that does not fit; the text lists those that do.
        InvalidInputError: without a name, where there is neither model nor champion.
    """
    found = {} if model is None else model_methods(model)
    found |= classical_methods(dataset)
    wanted = (CHAMPION,) if model is None else _of_model(kind)
    for one in wanted if name is None else (name,):
        method = champion_method(dataset).get(one) if one == CHAMPION else found.get(one)
        if method is not None and method.fits(kind):
            return method
    names = [one for one, method in found.items() if method.fits(kind)]
    if name is None:
        raise InvalidInputError(
            f"There is no champion for {dataset}, {kind}; name a model, or a method that needs "
            f"none: {', '.join(sorted(names))}."
        )
    if dataset in CHAMPION_OF:
        names.append(CHAMPION)
    raise UnknownNameError(f"method for {kind}", name, names)


def _of_model(kind: str) -> tuple[str, ...]:
    return (SEARCH, ONE_PASS) if kind in PARTLY_KNOWN else (ONE_PASS,)
