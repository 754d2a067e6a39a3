"""`POST /api/restore`: pictures damaged, and restored by several methods, while a slider moves."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from anyio import CapacityLimiter, to_thread
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from torch import Tensor

from ui import cache, latent_map, restoring
from ui.api.models import posted_body
from ui.api.received import mask_of, picture_of
from ui.api.refusal import refusal
from ui.restoring import MAX_OWN, Clean
from ui.restoring_setting import MAX_SEED
from ui.restoring_words import Result, of_picture, remarks
from vae_core.corruption import Damaged, check_level, damage, hide
from vae_core.data import DataSpec
from vae_core.errors import InvalidInputError, VAELabError
from vae_core.images import png, tile
from vae_core.inference import encode
from vae_core.metrics import mse
from vae_core.restoration import DAMAGED, Method, Scored, compare

MAX_METHODS = 24
MAX_BODY_BYTES = 2**20
MAX_NAME = 120
SPREAD_GAIN = 4.0  # of the picture of spreads: a standard deviation of 0.25 is white
_AT_ONCE = CapacityLimiter(2)

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


async def restore(request: Request) -> Response:
    """Answer pictures and numbers of every method; see `answered`."""
    body = await posted_body(request, MAX_BODY_BYTES)
    if body is None:
        return refusal(f"More than {MAX_BODY_BYTES:,} bytes received; send fewer pictures.", 413)
    try:
        found = await to_thread.run_sync(answered, body, limiter=_AT_ONCE)
    except VAELabError as error:
        return refusal(error, 400)
    return JSONResponse(found)


def answered(body: bytes) -> dict[str, Any]:
    """What the page is told.

    Returns:
        sheet: PNG in base64, a row of pictures for each name in `rows`; rows: "clean", "damaged"
        and the methods, each followed by "NAME/spread" where it draws from a posterior (a
        standard deviation of 0.25 is white); num: pictures in a row; labels: classes' names, or
        null; isDrawn: whether this program drew them; share: of hidden pixels, or null; numbers:
        for each row psnrDb, ssim and mse of each picture, and where on the model's map it lies;
        for each method also elapsedMs and what is said of each picture; remarks: on all rows.

    Raises:
        VAELabError: for what cannot be done, with what was expected.
    """
    asked = read(body)
    ready = prepared(asked)
    found = methods_of(asked, ready)
    clean, damaged = ready.clean, ready.damaged
    methods = [method for method, _ in found.values()]
    scored = compare(methods, clean.images, damaged, clean.conditions, asked.noise)
    named = rows_of(clean.images, scored)
    return {
        "sheet": sheet(named),
        "rows": list(named),
        "num": len(clean.images),
        "shape": list(clean.images.shape[1:]),
        "labels": labels_of(ready),
        "isDrawn": clean.is_drawn,
        "share": None if damaged.known is None else float((~damaged.known).float().mean()),
        "numbers": _numbers(ready, scored, {name: m.family for name, (m, _) in found.items()}),
        "remarks": remarks_on(ready, scored, found),
    }


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
        clean = Clean(torch.cat([picture_of(text, spec.event_shape) for text in asked.own]))
    if asked.hidden is None:
        generator = torch.Generator().manual_seed(asked.noise)
        return Prepared(choice, clean, damage(clean.images, asked.kind, asked.level, generator))
    if asked.kind != "scribble":
        raise InvalidInputError(f"Hidden pixels received for {asked.kind}; expected scribble.")
    _, height, width = spec.event_shape
    return Prepared(choice, clean, hide(clean.images, mask_of(asked.hidden, height, width)))


def methods_of(asked: Asked, ready: Prepared) -> Found:
    """The methods asked for, by name."""
    found = {name: restoring.find(name, ready.spec.name) for name in asked.methods}
    for name, (method, _) in found.items():
        if not method.fits(asked.kind):
            raise InvalidInputError(f"{name!r} does not fit {asked.kind!r}; choose another method.")
    return found


def rows_of(clean: Tensor, scored: Mapping[str, Scored]) -> dict[str, Tensor]:
    """Rows of pictures by name, spreads among them, each (N, C, H, W) in [0, 1]."""
    named = {"clean": clean}
    for name, one in scored.items():
        named[name] = one.images
        if one.restored.spread is not None:
            named[f"{name}/spread"] = (SPREAD_GAIN * one.restored.spread).expand_as(clean)
    return named


def sheet(named: Mapping[str, Tensor]) -> str:
    """Rows of pictures as one PNG, in base64."""
    pictures = torch.cat(list(named.values()))
    columns = len(pictures) // len(named)
    return base64.b64encode(png(tile(pictures, columns))).decode()


def labels_of(ready: Prepared) -> list[str] | None:
    """What each picture shows; None where that is not known."""
    labels = ready.clean.labels
    return None if labels is None else [ready.spec.class_names[label] for label in labels.tolist()]


def _numbers(
    ready: Prepared, scored: Mapping[str, Scored], families: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    clean, damaged = ready.clean, ready.damaged
    errors = {name: mse(one.images, clean.images).tolist() for name, one in scored.items()}
    places = _places(ready, {"clean": clean.images, **{n: one.images for n, one in scored.items()}})
    numbers: dict[str, dict[str, Any]] = {"clean": {"places": places["clean"]}}
    noun = ready.spec.item.removeprefix("handwritten ")
    for name, one in scored.items():
        numbers[name] = {
            "psnrDb": one.psnr_db.tolist(),
            "ssim": one.ssim.tolist(),
            "mse": errors[name],
            "places": places[name],
        }
        if name == DAMAGED:
            continue
        numbers[name]["elapsedMs"] = 1000 * one.elapsed_s
        numbers[name]["said"] = [
            of_picture(
                errors[DAMAGED][place],
                errors[name][place],
                damaged.kind,
                None if damaged.known is None else damaged.known[place],
                families[name],
                noun,
            )
            for place in range(len(clean.images))
        ]
    return numbers


def _places(ready: Prepared, named: Mapping[str, Tensor]) -> dict[str, list[list[float]]]:
    """Where on the map of the picker's model pictures lie: their means, as the map shows them."""
    found = cache.checkpoint(ready.choice.key)
    flat = latent_map.whole_view(ready.choice).projection
    conditions = {
        name: values.repeat(len(named), *[1] * (values.ndim - 1))
        for name, values in ready.clean.conditions.items()
    }
    means = encode(found.model, torch.cat(list(named.values())), conditions).mean
    places = (means - flat.origin) @ flat.axes
    parts = places.split(len(ready.clean.images))
    return {name: part.tolist() for name, part in zip(named, parts, strict=True)}


def remarks_on(ready: Prepared, scored: Mapping[str, Scored], found: Found) -> list[str]:
    """What is to be said of all rows."""
    results = [
        Result(
            method.title if choice is None else restoring.titled(choice, method),
            method.family,
            float(scored[name].psnr_db.mean()),
            choice,
        )
        for name, (method, choice) in found.items()
    ]
    damaged_db = scored[DAMAGED].psnr_db
    return remarks(
        float(damaged_db.mean()),
        bool((damaged_db >= 99.99).all()),
        results,
        ready.damaged.kind,
        is_told=bool(ready.clean.conditions),
    )


ROUTES = [Route("/api/restore", restore, methods=["POST"])]
