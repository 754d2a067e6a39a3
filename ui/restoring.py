"""The denoise lab: which pictures it damages, and all that may restore them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from ui import cache
from vae_core.corruption import CORRUPTIONS
from vae_core.data import DataSpec
from vae_core.data.strokes import draw_digits
from vae_core.errors import CheckpointError, InvalidInputError, UnknownNameError
from vae_core.restoration import (
    CHAMPION,
    Method,
    champion_method,
    classical_methods,
    model_methods,
)
from vae_core.restoration.base import Family
from vae_core.restoration.choosing import ONE_PASS

NUM_IMAGES = 8
MAX_OWN = 16  # pictures of a person's own at once
MAX_OTHERS = 8  # models beside the picker's
DIGITS = tuple("0123456789")
_GROUPS = {"classical": "Filters", "champion": "Made for restoring"}
# The filter that stands for all of them until More methods is opened: the first that fits.
FILTERS = ("biharmonic", "bicubic", "deconvolution", "median", "gaussian")


@dataclass(frozen=True)
class Clean:
    """Pictures to damage.

    Attributes:
        images: (N, C, H, W) in [0, 1].
        is_drawn: whether this program drew them.
        labels: (N,) classes; None where they are not known.
        conditions: what conditional models are told of them, each (N, ...).
        is_own: whether a person brought them.
    """

    images: Tensor
    is_drawn: bool = False
    labels: Tensor | None = None
    conditions: Mapping[str, Tensor] = field(default_factory=dict)
    is_own: bool = False


def clean_images(spec: DataSpec, seed: int) -> Clean | None:
    """Random test pictures; drawn ones where digits are not on this computer; else None."""
    generator = torch.Generator().manual_seed(seed)
    data = cache.dataset(spec.name)
    if data is not None:
        chosen = torch.randperm(len(data.test), generator=generator)[:NUM_IMAGES]
        batch = data.test.batch(chosen)
        return Clean(batch.x, False, data.test.labels[chosen], batch.conditions)
    channels, height, width = spec.event_shape
    if spec.class_names != DIGITS or channels != 1 or height != width:
        return None
    labels = torch.randint(10, (NUM_IMAGES,), generator=generator)
    images = draw_digits(labels, height, seed)
    return Clean(images, True, labels, {"class": labels})


@dataclass(frozen=True)
class Offered:
    """One row that the lab can show.

    Attributes:
        name: of the method, for `find`.
        title: of the row.
        note: what it is and, of a model, what it was trained for.
        family: classical, model or champion.
        kinds: of damage that it is meant for.
        is_slow: whether it works only when asked to.
        model: what it works through; None for a filter or the champion.
        group: under which heading More methods has it.
    """

    name: str
    title: str
    note: str
    family: Family
    kinds: tuple[str, ...]
    is_slow: bool
    model: cache.Choice | None
    group: str


def without_model(dataset: str) -> dict[str, Method]:
    """Filters, and the network that was trained for restoring these pictures, by name."""
    try:
        return classical_methods(dataset) | champion_method(dataset)
    except CheckpointError:  # `problem` says it
        return classical_methods(dataset)


def problem(dataset: str) -> str | None:
    """Why the network that was trained for restoring cannot be had; None where all is well."""
    try:
        champion_method(dataset)
    except CheckpointError as error:
        return str(error)
    return None


def of_model(choice: cache.Choice) -> dict[str, Method]:
    """What one model can do, by names that end in its id."""
    return model_methods(cache.checkpoint(choice.key).model, f":{choice.id}")


def find(name: str, dataset: str) -> tuple[Method, cache.Choice | None]:
    """A method by its name, and the model that it works through, if any.

    Args:
        name: "median" or "one-pass:MODEL".
        dataset: the one whose pictures are restored.

    Raises:
        UnknownNameError: for a name that stands for nothing here.
        InvalidInputError: for a model of other pictures.
        RunError, CheckpointError: when the model is not here, or damaged.
    """
    kind, _, model_id = name.partition(":")
    if not model_id:
        known = without_model(dataset)
        if kind not in known:
            raise UnknownNameError("method", name, known)
        return known[kind], None
    choice = cache.choice_of(model_id)
    if choice.record.config.dataset != dataset:
        raise InvalidInputError(
            f"The model {choice.title!r} knows {choice.record.config.dataset} only; expected a "
            f"model of {dataset}."
        )
    known = of_model(choice)
    if name not in known:
        raise UnknownNameError("method", name, known)
    return known[name], choice


def offered(choice: cache.Choice, models: Mapping[str, cache.Choice]) -> dict[str, Offered]:
    """All rows that the lab can show of the picker's data set, by name, in their order."""
    dataset = choice.record.config.dataset
    mine = of_model(choice)
    rows = [
        _row(method, method.title, method.note, None, _GROUPS[method.family])
        for method in without_model(dataset).values()
    ]
    rows += [
        _row(method, titled(choice, method), noted(choice, method), choice, choice.title)
        for method in mine.values()
    ]
    others = [
        other
        for other in models.values()
        if other.record.config.dataset == dataset and other.id != choice.id
    ]
    others.sort(key=lambda other: other.record.config.train.corruption is None)
    for other in others[:MAX_OTHERS]:  # the same method, without loading each model for its name
        method = replace(mine[f"{ONE_PASS}:{choice.id}"], name=f"{ONE_PASS}:{other.id}")
        rows.append(_row(method, other.title, noted(other, method), other, "Other models"))
    return {row.name: row for row in rows}


def _row(method: Method, title: str, note: str, model: cache.Choice | None, group: str) -> Offered:
    kinds = tuple(kind for kind in CORRUPTIONS if method.fits(kind))
    return Offered(method.name, title, note, method.family, kinds, method.is_slow, model, group)


def titled(choice: cache.Choice, method: Method) -> str:
    """What a row is called that works through a model."""
    is_one_pass = method.name.startswith(f"{ONE_PASS}:")
    return choice.title if is_one_pass else f"{choice.title}, {method.title.lower()}"


def subject(choice: cache.Choice | None, method: Method) -> str:
    """What a sentence about a method's result begins with."""
    if choice is None:
        return method.title
    title = titled(choice, method)
    return title if title == choice.title else f"{title},"


def noted(choice: cache.Choice, method: Method) -> str:
    """What there is to say of such a row in a few words."""
    is_one_pass = method.name.startswith(f"{ONE_PASS}:")
    return training(choice) if is_one_pass else method.note


def default_rows(choice: cache.Choice, rows: Mapping[str, Offered], kind: str) -> list[str]:
    """Three rows for one kind of damage: a filter, the picker's model, the champion.

    Where there is no champion: another model that was trained for this, or else the picker's
    twin that was trained otherwise.
    """
    fitting = [name for name, row in rows.items() if kind in row.kinds]
    mine = f"{ONE_PASS}:{choice.id}"
    best = [name for name in FILTERS if name in fitting][:1]
    third = [CHAMPION] if CHAMPION in fitting else _rivals(choice, rows, fitting, kind)
    return [*best, mine, *third[:1]]


def _rivals(
    choice: cache.Choice, rows: Mapping[str, Offered], fitting: list[str], kind: str
) -> list[str]:
    """Other models in one pass, those trained for this damage first, then twins of the picker's."""

    def likeness(name: str) -> tuple[bool, bool, bool]:
        model = rows[name].model
        assert model is not None
        corruption = model.record.config.train.corruption
        is_twin = model.record.config.model == choice.record.config.model
        return corruption is None or corruption.kind != kind, corruption is None, not is_twin

    others = [
        name for name in fitting if name.startswith(f"{ONE_PASS}:") and rows[name].model is not None
    ]
    return sorted((name for name in others if name != f"{ONE_PASS}:{choice.id}"), key=likeness)


def training(choice: cache.Choice) -> str:
    """What a model was trained for, in a few words."""
    corruption = choice.record.config.train.corruption
    what = "on clean pictures"
    if corruption is not None:
        what = f"to remove {noise(corruption.kind)}, level {corruption.level:g}"
    return f"trained {what}" + "".join(f", told the {name}" for name in told_names(choice))


def told_names(choice: cache.Choice) -> list[str]:
    """What a model knows of each picture beside it."""
    return [condition.name for condition in choice.record.config.model.conditions]


def noise(kind: str) -> str:
    """A kind of damage within a sentence."""
    return CORRUPTIONS[kind].title.lower().replace("gaussian", "Gaussian").replace("jpeg", "JPEG")
