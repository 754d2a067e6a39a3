"""What a conditional model is told beside the picture: by the picture itself, or by a person."""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import torch
from pydantic import Field, FiniteFloat, TypeAdapter, ValidationError
from torch import Tensor

from ui import cache
from vae_core.checkpoints import Checkpoint
from vae_core.data import UNKNOWN_LABEL, CategorySpec, VectorSpec
from vae_core.errors import InvalidInputError
from vae_core.models import LatentConfig

REACH = 2.5  # of a number's slider, in standard deviations: 99 % of the training pictures
STEP = 0.1
CLASS = "class"  # of the pictures, by which a map is coloured

Told = Mapping[str, Tensor]
Value = int | list[FiniteFloat] | None  # of one condition, as a page's script tells it
Given = dict[
    str, Annotated[int, Field(ge=UNKNOWN_LABEL, lt=2**31)] | list[FiniteFloat | None] | None
]  # what a page's script sends, before a look at it
_GIVEN = TypeAdapter(Given)


def of_pictures(found: Checkpoint, positions: Sequence[int]) -> dict[str, Tensor]:
    """What a model is told of some of its stored pictures, each (N, ...).

    Classes lie beside the latents; anything else needs the data set, and is unknown without it.
    """
    told: dict[str, Tensor] = {}
    for name in found.model.conditioning.configs:
        if name == CLASS:
            told[name] = found.latents.label[torch.as_tensor(positions, dtype=torch.int64)]
        elif positions and (data := cache.dataset(found.record.config.dataset)) is not None:
            rows = []
            for position in positions:
                split, index = found.latents.where(position)
                rows.append(data.split(split).conditions(slice(index, index + 1))[name])
            told[name] = torch.cat(rows)
    return told


def of_draws(found: Checkpoint, num: int) -> dict[str, Tensor] | None:
    """What a model is told of `num` draws: of pictures spread over its stored ones.

    Returns:
        Each (num, ...), or None where that is not known of the pictures, since their data set is
        not on this computer.
    """
    positions = torch.linspace(0, len(found.latents) - 1, num).long().tolist()
    told = of_pictures(found, positions)
    drawn_with = {"decoder", "prior"}
    needed = (c for c in found.record.config.model.conditions if drawn_with & set(c.into))
    return told if all(condition.name in told for condition in needed) else None


def names(config: LatentConfig) -> list[str]:
    """What a model's decoder is told, so that z has to hold only the rest."""
    return [condition.name for condition in config.conditions if "decoder" in condition.into]


def from_json(
    found: Checkpoint, given: Mapping[str, int | list[float | None] | None]
) -> dict[str, Tensor]:
    """What a page tells a model, each (1, ...): a class, numbers, or None for "not told".

    Raises:
        UnknownNameError: for a condition that the model's data set does not have.
        InvalidInputError: for a value that cannot be one.
    """
    found.model.conditioning.check_names({name: torch.empty(0) for name in given})
    return {
        name: torch.tensor([value])
        if isinstance(value, int)
        else torch.tensor([[math.nan if entry is None else entry for entry in value]])
        for name, value in given.items()
        if value is not None
    }


def from_json_text(found: Checkpoint, text: str) -> dict[str, Tensor]:
    """Read what a page tells a model in an address: what `to_json` gave, as JSON.

    Raises:
        UnknownNameError, InvalidInputError: see `from_json`; also for what is no such JSON.
    """
    try:
        given = _GIVEN.validate_json(text)
    except ValidationError as error:
        raise InvalidInputError(
            f"told={text[:40]} received; expected a class or numbers for each condition, as JSON."
        ) from error
    return from_json(found, given)


def to_json(told: Told) -> dict[str, int | list[float | None]]:
    """What a page's scripts tell a model, of `told`'s first item: `from_json` reads it again."""
    given: dict[str, int | list[float | None]] = {}
    for name, values in told.items():
        first = values[0]
        given[name] = (
            [None if math.isnan(entry) else entry for entry in first.tolist()]
            if first.is_floating_point()
            else int(first)
        )
    return given


def in_words(found: Checkpoint, told: Told) -> str:
    """What the decoder is told, for a sentence: "the class 3 and its ink"; "" for nothing."""
    parts = []
    for name in names(found.record.config.model):
        spec = found.model.conditioning.specs[name]
        if not is_known(told, name):
            parts.append(f"nothing of its {name}")
        elif isinstance(spec, CategorySpec):
            parts.append(f"the {name} {spec.class_names[int(told[name][0])]}")
        else:
            parts.append(f"its {entries(spec)}")
    return " and ".join(parts)


def is_known(told: Told, name: str) -> bool:
    """Say whether the first item is told anything of that name."""
    if name not in told:
        return False
    first = told[name][0]
    return not bool(first.isnan().any()) if first.is_floating_point() else int(first) >= 0


def knows_null(found: Checkpoint, name: str) -> bool:
    """Say whether a model learned what to make of "not told"."""
    return found.model.conditioning.configs[name].null_rate > 0.0


def labels(found: Checkpoint, name: str) -> list[int]:
    """What can be told of a category: each class and, where it was learned, nothing (-1)."""
    spec = found.model.conditioning.specs[name]
    assert isinstance(spec, CategorySpec)
    return [*range(len(spec.class_names)), *[UNKNOWN_LABEL] * knows_null(found, name)]


def default(found: Checkpoint) -> dict[str, Value]:
    """What a decoder is told before anybody says anything: the first class, average numbers."""
    told: dict[str, Value] = {}
    for name in names(found.record.config.model):
        spec = found.model.conditioning.specs[name]
        told[name] = labels(found, name)[0] if isinstance(spec, CategorySpec) else _average(spec)
    return told


def _average(spec: VectorSpec) -> list[float]:
    return [0.0] * len(spec.entries)


def checked(found: Checkpoint, given: Mapping[str, Any]) -> dict[str, Value]:
    """What a page tells the decoder; where that cannot be told, `default`.

    Numbers beyond a slider's reach are put to its end; None is kept where "not told" was learned.
    """
    told = default(found)
    for name, value in given.items():
        spec = found.model.conditioning.specs.get(name)
        if name not in told or spec is None:
            continue
        if isinstance(spec, CategorySpec):
            told[name] = value if value in labels(found, name) else told[name]
        elif value is None:
            told[name] = None if knows_null(found, name) else told[name]
        elif isinstance(value, list) and len(value) == len(spec.entries):
            told[name] = [min(REACH, max(-REACH, entry)) for entry in value]
    return told


def to_text(value: Value) -> str:
    """A told value for an address: "7", "0.5,-1" or "" for numbers that are not told."""
    if value is None or isinstance(value, int):
        return "" if value is None else str(value)
    return ",".join(f"{round(entry, 4):g}" for entry in value)


def from_text(found: Checkpoint, name: str, text: str) -> Value:
    """Read a told value of an address; `checked` has to look at it.

    Raises:
        ValueError: when the model is told nothing of that name, or it is no number.
    """
    spec = found.model.conditioning.specs.get(name)
    if spec is None:
        raise ValueError(name)
    if isinstance(spec, CategorySpec):
        return int(text)
    return [float(entry) for entry in text.split(",")] if text else None


def entries(spec: VectorSpec) -> str:
    """What several numbers are called: "ink, slant and width"."""
    *most, last = spec.entries
    return f"{', '.join(most)} and {last}" if most else last
