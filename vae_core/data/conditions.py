"""Conditions: what a data set can tell a model beside the picture."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor

from vae_core.schema import Config

UNKNOWN_LABEL = -1


class CategorySpec(Config):
    """One of several classes. Values: int64 (B,), places in `class_names`; -1 is unknown.

    Attributes:
        name: under which a batch and a model's settings know it.
        class_names: one for each label, in order.
    """

    kind: Literal["category"] = "category"
    name: str
    class_names: tuple[str, ...] = Field(min_length=1)


class VectorSpec(Config):
    """Several real numbers. Values: float32 (B, V); a row with a NaN in it is unknown.

    Attributes:
        name: under which a batch and a model's settings know it.
        entries: what each number is called.
    """

    kind: Literal["vector"] = "vector"
    name: str
    entries: tuple[str, ...] = Field(min_length=1)


ConditionSpec = Annotated[CategorySpec | VectorSpec, Field(discriminator="kind")]


class LazyConditions(Mapping[str, Tensor]):
    """Conditions of some items, each computed when it is first asked for, and kept.

    Most models use none of what a data set offers, so that gathering everything for each step
    would be paid for nothing.
    """

    def __init__(self, compute: Mapping[str, Callable[[], Tensor]]) -> None:
        self._compute = compute
        self._known: dict[str, Tensor] = {}

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._known:
            self._known[name] = self._compute[name]()
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._compute)

    def __len__(self) -> int:
        return len(self._compute)


def joined(parts: Sequence[Mapping[str, Tensor]]) -> LazyConditions:
    """Conditions of the items of several parts, one part after the other.

    Args:
        parts: at least one; all offer the same.
    """

    def join(name: str) -> Tensor:
        return torch.cat([part[name] for part in parts])

    return LazyConditions({name: partial(join, name) for name in parts[0]})
