"""Layers that several models are built from."""

from itertools import pairwise
from typing import Annotated

from pydantic import Field
from torch import nn

Width = Annotated[int, Field(ge=1, le=4096)]


def dense(widths: tuple[int, ...]) -> list[nn.Module]:
    """Linear layers from each width to the next, each followed by SiLU."""
    return [
        layer
        for before, after in pairwise(widths)
        for layer in (nn.Linear(before, after), nn.SiLU())
    ]
