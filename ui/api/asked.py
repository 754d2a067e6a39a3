"""What a page asks to have restored: read, checked, and the pictures prepared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from ui import cache, restoring
from ui.api.received import mask_of, picture_of
from ui.restoring import MAX_OWN, Clean
from ui.restoring_setting import MAX_SEED
from vae_core.corruption import Damaged, check_level, damage, hide
from vae_core.data import DataSpec
from vae_core.errors import InvalidInputError
from vae_core.restoration import Method

MAX_METHODS = 24
MAX_BODY_BYTES = 2**20
MAX_NAME = 120

Text = Annotated[str, Field(max_length=MAX_NAME)]
Found = Mapping[str, tuple[Method, cache.Choice | None]]


class Asked(BaseModel):
    """What a page asks for.

    Attributes:
        model: id of the picker's model: it names the data set, and its map holds the arrow.
        kind: of damage, a name in CORRUPTIONS.
        level: of it, in its own unit.
        images: seed of which test pictures.
        noise: seed of the damage.
        methods: names, see `restoring.find`.
        own: pictures to be used instead, each a PNG of the data set's own size, in base64.
        hidden: pixels scribbled over by hand instead of at random, see `Setting.hidden`.
    """

    model_config = ConfigDict(extra="forbid")

    model: Text
    kind: Text
    level: FiniteFloat
    images: int = Field(default=0, ge=0, lt=MAX_SEED)
    noise: int = Field(default=0, ge=0, lt=MAX_SEED)
    methods: list[Text] = Field(default=[], max_length=MAX_METHODS)
    own: list[str] | None = Field(default=None, min_length=1, max_length=MAX_OWN)
    hidden: str | None = None


@dataclass(frozen=True)
class Prepared:
    """Pictures as they are to be restored.

    Attributes:
        choice: the picker's model.
        clean: the pictures.
        damaged: what is left of them.
    """

    choice: cache.Choice
    clean: Clean
    damaged: Damaged

    @property
    def spec(self) -> DataSpec:
        """Of the data set."""
        return self.choice.record.spec


def read(body: bytes) -> Asked:
    """What was posted, checked but for what only the data set knows.

    Raises:
        InvalidInputError, UnknownNameError: for anything else.
    """
    try:
        asked = Asked.model_validate_json(body)
    except ValidationError as error:
        what = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, what["loc"]))[:MAX_NAME] or "the body"
        raise InvalidInputError(
            f'{what["msg"]} at {place}; expected {{"model", "kind", "level", "images", "noise", '
            f'"methods", "own", "hidden"}}, at most {MAX_METHODS} methods and {MAX_OWN} pictures.'
        ) from error
    check_level(asked.kind, asked.level)
    if len(set(asked.methods)) < len(asked.methods):
        raise InvalidInputError("A method was received twice; expected each once.")
    return asked


def prepared(asked: Asked) -> Prepared:
    """The pictures that are asked for, damaged.

    Raises:
        DatasetError, InvalidInputError, RunError: when they are not here, or no such pictures.
    """
    choice = cache.choice_of(asked.model)
    spec = choice.record.spec
    if asked.own is None:
        clean = restoring.clean_images(spec, asked.images)
        if clean is None:
            raise InvalidInputError(
                f"{spec.title} is not on this computer; get it, or send pictures of your own."
            )
    else:
        brought = torch.cat([picture_of(text, spec.event_shape) for text in asked.own])
        clean = Clean(brought, is_own=True)
    if asked.hidden is None:
        generator = torch.Generator().manual_seed(asked.noise)
        return Prepared(choice, clean, damage(clean.images, asked.kind, asked.level, generator))
    if asked.kind != "scribble":
        raise InvalidInputError(f"Hidden pixels received for {asked.kind}; expected scribble.")
    _, height, width = spec.event_shape
    return Prepared(choice, clean, hide(clean.images, mask_of(asked.hidden, height, width)))


def methods_of(asked: Asked, ready: Prepared) -> Found:
    """The methods asked for, by name.

    Raises:
        VAELabError: for one that is not here, or not meant for this damage.
    """
    found = {name: restoring.find(name, ready.spec.name) for name in asked.methods}
    for name, (method, _) in found.items():
        if not method.fits(asked.kind):
            raise InvalidInputError(f"{name!r} does not fit {asked.kind!r}; choose another method.")
    return found
