"""`POST /api/restore`: pictures damaged, and restored by several methods, while a slider moves."""

import base64
from collections.abc import Mapping
from typing import Any

import torch
from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from torch import Tensor

from ui import cache, latent_map, restoring
from ui.api.asked import MAX_BODY_BYTES, Found, Prepared, methods_of, prepared, read
from ui.api.models import posted_body
from ui.api.received import text_of
from ui.api.refusal import refusal
from ui.restoring_words import Result, of_picture, remarks
from vae_core.errors import CheckpointError, InvalidInputError, VAELabError
from vae_core.export.restoring import SPREAD_GAIN
from vae_core.images import png, tile
from vae_core.inference import encode
from vae_core.metrics import WHOLE_DB, mean_psnr_db, mse
from vae_core.metrics.extractor import reader_of
from vae_core.restoration import DAMAGED, Method, Scored, compare
from vae_core.restoration.comparing import IDLE, does_nothing

_AT_ONCE = CapacityLimiter(2)


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
        null; isDrawn: whether this program drew them; share: of hidden pixels, or null; hidden:
        those of each damaged picture, as `mask_of` reads them, or null; numbers:
        for each row psnrDb, ssim and mse of each picture, and where on the model's map it lies;
        for each method also elapsedMs, what is said of each picture, and a note in place of its own
        or null; remarks: on all rows.

    Raises:
        VAELabError: for what cannot be done, with what was expected.
    """
    asked = read(body)
    ready = prepared(asked)
    found = methods_of(asked, ready)
    for name, (method, _) in found.items():
        if method.is_slow:
            raise InvalidInputError(
                f"{name!r} takes too long while a slider moves; expected methods that are quick. "
                "Post it to /api/restore/search."
            )
    clean, damaged = ready.clean, ready.damaged
    methods = [method for method, _ in found.values()]
    scored = compare(methods, clean.images, damaged, clean.conditions, asked.noise)
    return described(ready, scored, found) | {
        "labels": labels_of(ready),
        "isDrawn": clean.is_drawn,
        "share": None if damaged.known is None else float((~damaged.known).float().mean()),
        "hidden": None if damaged.known is None else [text_of(~known) for known in damaged.known],
        "remarks": remarks_on(ready, scored, found),
    }


def described(ready: Prepared, scored: Mapping[str, Scored], found: Found) -> dict[str, Any]:
    """Pictures and numbers of `answered`: sheet, rows, num, shape and numbers.

    Args:
        ready: what was restored.
        scored: "damaged", then the methods.
        found: the methods.
    """
    clean = ready.clean.images
    named = rows_of(clean, scored)
    return {
        "sheet": sheet(named),
        "rows": list(named),
        "num": len(clean),
        "shape": list(clean.shape[1:]),
        "numbers": _numbers(ready, scored, found),
    }


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
    ready: Prepared, scored: Mapping[str, Scored], found: Found
) -> dict[str, dict[str, Any]]:
    clean = ready.clean
    errors = {name: mse(one.images, clean.images).tolist() for name, one in scored.items()}
    places = _places(ready, {"clean": clean.images, **{n: one.images for n, one in scored.items()}})
    numbers: dict[str, dict[str, Any]] = {"clean": {"places": places["clean"]}}
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
        numbers[name]["note"] = IDLE if is_idle(name, scored, found) else None
        numbers[name]["said"] = _said(ready, one, errors[DAMAGED], errors[name], *found[name])
    return numbers


def _said(
    ready: Prepared,
    one: Scored,
    before: list[float],
    after: list[float],
    method: Method,
    choice: cache.Choice | None,
) -> list[str]:
    """The sentence about each picture of one method."""
    known = ready.damaged.known
    noun = "picture" if ready.clean.is_own else ready.spec.item.removeprefix("handwritten ")
    misread = _misread(ready, one.images) if method.family != "classical" else {}
    return [
        of_picture(
            before[place],
            after[place],
            restoring.subject(choice, method),
            noun,
            None if known is None else known[place],
            method.family,
            misread.get(place),
        )
        for place in range(len(after))
    ]


def _misread(ready: Prepared, images: Tensor) -> dict[int, str]:
    """Which pictures a classifier reads as another class now, and as which.

    Of those alone whose original it reads rightly: it errs on clean pictures too.
    """
    labels = ready.clean.labels
    try:
        reader = reader_of(ready.spec.name)
    except CheckpointError:  # pictures and numbers need no reader
        return {}
    if labels is None or reader is None:
        return {}
    read = reader.classify(images)
    is_other = (read != labels) & (reader.classify(ready.clean.images) == labels)
    names = ready.spec.class_names
    return {place: names[read[place]] for place in is_other.nonzero()[:, 0].tolist()}


def is_idle(name: str, scored: Mapping[str, Scored], found: Found) -> bool:
    """Whether a filter leaves the damaged pictures as they are."""
    if found[name][0].family != "classical" or _is_whole(scored):
        return False
    return does_nothing(scored[name].images, scored[DAMAGED].images)


def _is_whole(scored: Mapping[str, Scored]) -> bool:
    """Whether there is no damage."""
    return bool((scored[DAMAGED].psnr_db >= WHOLE_DB).all())


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
            mean_psnr_db(scored[name].psnr_db),
            choice,
            is_idle(name, scored, found),
        )
        for name, (method, choice) in found.items()
    ]
    return remarks(
        mean_psnr_db(scored[DAMAGED].psnr_db),
        _is_whole(scored),
        results,
        ready.damaged.kind,
        is_told=bool(ready.clean.conditions),
    )


ROUTES = [Route("/api/restore", restore, methods=["POST"])]
