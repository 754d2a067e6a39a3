"""Conditions inside a model: what it is told beside the picture, and where that goes.

A condition has a kind (what its values are), an embedder (values -> a vector), a learned null
(what stands for "not told"), and `into`: the parts of the model that hear of it. Class-conditional
and attribute-conditional models are one class with other settings (Sohn et al. 2015, Learning
Structured Output Representation using Deep Conditional Generative Models).
"""

from collections.abc import Iterator, Mapping
from typing import Literal, Protocol

import torch
from pydantic import Field, field_validator
from torch import Tensor, nn

from vae_core.data import UNKNOWN_LABEL, CategorySpec, ConditionSpec, DataSpec, VectorSpec
from vae_core.errors import InvalidConfigError, InvalidInputError, UnknownNameError
from vae_core.schema import Config

Place = Literal["encoder", "decoder", "prior"]
PLACES: tuple[Place, ...] = ("encoder", "decoder", "prior")


class ConditionConfig(Config):
    """One thing that a model is told beside the picture.

    Attributes:
        name: in the data set's `conditions`.
        into: who is told, one or more of encoder, decoder and prior.
        size: of its embedding.
        null_rate: share of the training items from which it is hidden, each step anew, so that
            the model learns what to make of "not told" (as in classifier-free guidance, Ho &
            Salimans 2022). At 0 the null is never trained.
        classifier_weight: of an extra loss by which z has to tell the class, through a small
            classifier; for categories. 0 is none.
    """

    name: str
    into: tuple[Place, ...] = Field(default=("encoder", "decoder"), min_length=1)
    size: int = Field(default=16, ge=1, le=512)
    null_rate: float = Field(default=0.1, ge=0.0, lt=1.0)
    classifier_weight: float = Field(default=0.0, ge=0.0, le=1_000.0)

    @field_validator("into")
    @classmethod
    def _in_one_order(cls, places: tuple[Place, ...]) -> tuple[Place, ...]:
        return tuple(place for place in PLACES if place in places)


class Embedder(Protocol):
    """Turns the values of one condition into vectors; knows what is unknown."""

    def __call__(self, values: Tensor) -> Tensor:
        """(B, ...) -> (B, size); unknown rows give the learned null."""
        ...

    def nulls(self, num: int, device: torch.device) -> Tensor:
        """Values of `num` items of which nothing is known."""
        ...

    def hide(self, values: Tensor, rows: Tensor) -> Tensor:
        """`values` with those `rows` (B,) bool made unknown."""
        ...

    def check_shape(self, values: Tensor, num: int) -> None:
        """Raise InvalidInputError when these cannot be the values of `num` items."""
        ...

    def check_values(self, values: Tensor) -> None:
        """Raise InvalidInputError for values that mean nothing; it reads them all."""
        ...


class CategoryEmbedder(nn.Module):
    """A learned vector for each class, and one for "not told": the table's last row."""

    def __init__(self, spec: CategorySpec, size: int) -> None:
        super().__init__()
        self.spec = spec
        self.table = nn.Embedding(len(spec.class_names) + 1, size)

    def forward(self, values: Tensor) -> Tensor:
        """(B,) -> (B, size)."""
        rows = torch.where(values < 0, len(self.spec.class_names), values)
        vectors: Tensor = self.table(rows)
        return vectors

    def nulls(self, num: int, device: torch.device) -> Tensor:
        """See `Embedder.nulls`."""
        return torch.full((num,), UNKNOWN_LABEL, device=device)

    def hide(self, values: Tensor, rows: Tensor) -> Tensor:
        """See `Embedder.hide`."""
        return values.masked_fill(rows, UNKNOWN_LABEL)

    def check_shape(self, values: Tensor, num: int) -> None:
        """See `Embedder.check_shape`."""
        if values.shape != (num,) or values.dtype != torch.int64:
            raise InvalidInputError(
                f"Condition {self.spec.name!r} received as {_describe(values)}; expected one class "
                f"for each item: int64 labels of shape ({num},), {UNKNOWN_LABEL} where unknown."
            )

    def check_values(self, values: Tensor) -> None:
        """See `Embedder.check_values`."""
        last = len(self.spec.class_names) - 1
        wrong = values[(values < UNKNOWN_LABEL) | (values > last)]
        if len(wrong):
            raise InvalidInputError(
                f"Label {int(wrong[0])} received for condition {self.spec.name!r}; expected 0 to "
                f"{last}, or {UNKNOWN_LABEL} for unknown."
            )


class VectorEmbedder(nn.Module):
    """A small network from several numbers to a vector, and a learned one for "not told"."""

    def __init__(self, spec: VectorSpec, size: int) -> None:
        super().__init__()
        self.spec = spec
        self.network = nn.Sequential(
            nn.Linear(len(spec.entries), size), nn.SiLU(), nn.Linear(size, size)
        )
        self.null = nn.Parameter(torch.zeros(size))

    def forward(self, values: Tensor) -> Tensor:
        """(B, V) -> (B, size)."""
        unknown = values.isnan().any(1, keepdim=True)
        # Replaced before the network: a NaN that is masked only afterwards still reaches gradients.
        known = values.masked_fill(unknown, 0.0).to(self.null.dtype)
        return torch.where(unknown, self.null, self.network(known))

    def nulls(self, num: int, device: torch.device) -> Tensor:
        """See `Embedder.nulls`."""
        return torch.full((num, len(self.spec.entries)), torch.nan, device=device)

    def hide(self, values: Tensor, rows: Tensor) -> Tensor:
        """See `Embedder.hide`."""
        return values.masked_fill(rows[:, None], torch.nan)

    def check_shape(self, values: Tensor, num: int) -> None:
        """See `Embedder.check_shape`."""
        expected = (num, len(self.spec.entries))
        if values.shape != expected or not values.is_floating_point():
            raise InvalidInputError(
                f"Condition {self.spec.name!r} received as {_describe(values)}; expected numbers "
                f"of shape {expected} ({', '.join(self.spec.entries)}), NaN where unknown."
            )

    def check_values(self, values: Tensor) -> None:
        """See `Embedder.check_values`."""
        if bool(values.isinf().any()):
            raise InvalidInputError(
                f"Condition {self.spec.name!r} received with an infinite number; expected finite "
                "ones, or NaN for unknown."
            )


EMBEDDERS: dict[str, type[CategoryEmbedder] | type[VectorEmbedder]] = {
    "category": CategoryEmbedder,
    "vector": VectorEmbedder,
}


class Conditioning(nn.Module):
    """All conditions of one model.

    Args:
        configs: what the model is to be told; () makes an unconditional model.
        spec: of the data, which says what there is to tell.

    Raises:
        UnknownNameError: for a condition that the data set does not offer.
        InvalidConfigError: for a classifier of something that has no classes.
    """

    def __init__(self, configs: tuple[ConditionConfig, ...], spec: DataSpec) -> None:
        super().__init__()
        self.offered = {condition.name: condition for condition in spec.conditions}
        self.configs = {config.name: config for config in configs}
        self.specs: dict[str, ConditionSpec] = {}
        self.embedders = nn.ModuleDict()
        for name, config in self.configs.items():
            if name not in self.offered:
                raise UnknownNameError("condition", name, self.offered)
            found = self.offered[name]
            if config.classifier_weight and found.kind != "category":
                raise InvalidConfigError(
                    f"A classifier on z received for condition {name!r}, a {found.kind}; expected "
                    "a category. Set its classifier_weight to 0."
                )
            self.specs[name] = found
            self.embedders[name] = EMBEDDERS[found.kind](found, config.size)  # type: ignore[arg-type]

    def __bool__(self) -> bool:
        return bool(self.configs)

    def check_names(self, conditions: Mapping[str, Tensor]) -> None:
        """Refuse a name that the data set does not have while one of the model's own is missing.

        Most likely a slip of the pen. Other names are left alone: a batch holds everything that
        its data set offers.
        """
        if all(name in conditions for name in self.configs):
            return
        for received in conditions:
            if received not in self.offered:
                raise UnknownNameError("condition", received, self.offered)

    def pick(self, conditions: Mapping[str, Tensor], num: int) -> dict[str, Tensor]:
        """Take this model's own conditions from a mapping; what is not in it is unknown.

        Args:
            conditions: by name, each (num, ...).
            num: of items.

        Raises:
            UnknownNameError: see `check_names`.
            InvalidInputError: for values of another shape or type.
        """
        self.check_names(conditions)
        picked = {}
        for name, embedder in self._embedders():
            if name in conditions:
                embedder.check_shape(conditions[name], num)
                picked[name] = conditions[name]
            else:
                picked[name] = embedder.nulls(num, self._device())
        return picked

    def check_values(self, conditions: Mapping[str, Tensor]) -> None:
        """Refuse labels that are no classes and numbers that are none.

        Apart from `pick`, since it waits for the device: once for many items, not at each step.
        """
        for name, embedder in self._embedders():
            if name in conditions:
                embedder.check_values(conditions[name])

    def embed(self, picked: Mapping[str, Tensor], place: Place) -> Tensor | None:
        """Return what one part of the model is told, (B, E); None where it is told nothing."""
        vectors = [
            embedder(picked[name])
            for name, embedder in self._embedders()
            if place in self.configs[name].into
        ]
        if not vectors:
            return None
        return torch.cat(vectors, dim=1)

    def hide(
        self, conditions: Mapping[str, Tensor], generator: torch.Generator
    ) -> dict[str, Tensor]:
        """Make some of them unknown, each at its own `null_rate`; see `LatentModel`."""
        hidden = {}
        for name, embedder in self._embedders():
            if name not in conditions:
                continue
            values, rate = conditions[name], self.configs[name].null_rate
            if rate > 0.0:
                draws = torch.rand(len(values), generator=generator, device=generator.device)
                values = embedder.hide(values, draws.to(values.device) < rate)
            hidden[name] = values
        return hidden

    def _embedders(self) -> Iterator[tuple[str, Embedder]]:
        return iter(self.embedders.items())  # type: ignore[arg-type]

    def _device(self) -> torch.device:
        return next(self.parameters()).device


class Fusion(nn.Module):
    """A layer that joins features with what the model is told: (B, F), (B, E) -> (B, F').

    The one place where another way of joining them (FiLM, product, attention) would go.
    """

    def forward(self, features: Tensor, told: Tensor) -> Tensor:
        """Join them."""
        raise NotImplementedError


class Concatenate(Fusion):
    """Put the embedding beside the features: (B, F), (B, E) -> (B, F + E)."""

    def forward(self, features: Tensor, told: Tensor) -> Tensor:
        """Join them."""
        return torch.cat([features, told], dim=1)


class Network(nn.Sequential):
    """Layers in a row; those that are a `Fusion` hear what the model is told."""

    def forward(self, features: Tensor, told: Tensor | None = None) -> Tensor:
        """Run all layers; `told` (B, E) is needed exactly when there is a Fusion."""
        for layer in self:
            features = layer(features, told) if isinstance(layer, Fusion) else layer(features)
        return features


def told_width(configs: tuple[ConditionConfig, ...], place: Place) -> int:
    """E: the width of what one part of a model is told."""
    return sum(config.size for config in configs if place in config.into)


def fused(width: int, told: int) -> tuple[list[nn.Module], int]:
    """Return the layers that join features of `width` with `told` more, and the width after them.

    Nothing is added where nothing is told: an unconditional model's weights keep their names.
    """
    return ([Concatenate()], width + told) if told else ([], width)


def _describe(values: Tensor) -> str:
    return f"{str(values.dtype).removeprefix('torch.')} of shape {tuple(values.shape)}"
