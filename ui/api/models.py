"""A model for the browser: its networks, its latents, the pictures behind them, and decoding.

Addresses hold the model's id and version (see `cache.Choice.key`), so that a browser may keep what
it got for ever.
"""

import math
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps

import torch
from pydantic import BaseModel, Field, FiniteFloat, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from torch import Tensor

from ui import cache, told
from ui.api.assets import FOR_EVER
from ui.api.convertors import COUNT
from ui.api.refusal import refusal
from ui.told import Given
from vae_core.checkpoints import Checkpoint
from vae_core.errors import InvalidInputError, VAELabError
from vae_core.export import export_decoder, export_encoder
from vae_core.images import gif, png, tile
from vae_core.inference import decode
from vae_core.metrics.extractor import reader_of
from vae_core.metrics.readability import confidence_map
from vae_core.projection import axes_projection, pca_projection

SHEET_SIDE = 16
READ_SIDE = 48
MAX_LIMIT = 1e6
MAX_DECODES = 512
MAX_BODY_BYTES = 2**20
_BYTES = "application/octet-stream"

FILM_FRAME_MS, FILM_SIDE = 60, 280

Endpoint = Callable[[Request, Checkpoint], Response]
Told = Mapping[str, Tensor]
AsyncEndpoint = Callable[[Request], Awaitable[Response]]


def of_model(endpoint: Endpoint) -> Callable[[Request], Response]:
    """Find the model that an address names; errors for people become JSON."""

    @wraps(endpoint)
    def answer(request: Request) -> Response:
        model_id, version = request.path_params["id"], request.path_params["version"]
        key = cache.key_of(model_id)
        if key is None or str(key[1]) != version:
            return refusal("This model is not here, or was changed; reload the page.", 404)
        try:
            return endpoint(request, cache.checkpoint(key))
        except VAELabError as error:
            return refusal(error, 400)

    return answer


@of_model
def network(request: Request, found: Checkpoint) -> Response:
    """Serve the encoder or decoder for `net.js`."""
    export = export_decoder if request.url.path.endswith("decoder") else export_encoder
    return Response(export(found.model), media_type=_BYTES, headers=FOR_EVER)


@of_model
def latents(request: Request, found: Checkpoint) -> Response:
    """Serve the stored posteriors: means (N, D), logvars (N, D) if any, labels (N,).

    Numbers are float32, labels uint8, all little endian, one array after the other.
    """
    stored = found.latents
    parts = [stored.encoded.mean.numpy().astype("<f4").tobytes()]
    if stored.encoded.logvar is not None:
        parts.append(stored.encoded.logvar.numpy().astype("<f4").tobytes())
    parts.append(stored.label.numpy().astype("u1").tobytes())
    return Response(b"".join(parts), media_type=_BYTES, headers=FOR_EVER)


@of_model
def sheet(request: Request, found: Checkpoint) -> Response:
    """Serve 256 of the pictures behind the stored latents as one PNG, 16 in a row."""
    number, size = request.path_params["number"], SHEET_SIDE**2
    positions = range(len(found.latents))[number * size : (number + 1) * size]
    pictures = cache.originals(found, positions)
    if pictures is None or not len(pictures):
        return refusal("These pictures are not on this computer.", 404)
    return Response(png(tile(pictures, SHEET_SIDE)), media_type="image/png", headers=FOR_EVER)


@of_model
def readable(request: Request, found: Checkpoint) -> Response:
    """Serve how surely a grid of places of the map is read, as grey PNG; see `compare_holes.js`.

    `?limit=` is half the side of the map, `&told=` JSON of what the model is told everywhere.
    """
    reader = reader_of(found.record.config.dataset)
    if reader is None:
        return refusal("No classifier here reads this kind of pictures.", 404)
    limit = _number(request.query_params.get("limit", ""))
    known = told.from_json_text(found, request.query_params.get("told", "{}"))
    means = found.latents.encoded.mean
    flat = axes_projection(means.shape[1]) if means.shape[1] <= 2 else pca_projection(means)
    sure = confidence_map(
        found.model, flat, (-limit, limit, -limit, limit), READ_SIDE, reader, known
    )
    return Response(png(tile(sure[None, None], 1)), media_type="image/png", headers=FOR_EVER)


def _number(text: str) -> float:
    try:
        limit = float(text)
    except ValueError:
        limit = math.nan
    if not 0 < limit <= MAX_LIMIT:
        raise InvalidInputError(f"limit={text[:20]} received; expected 0 to {MAX_LIMIT:g}.")
    return limit


def posted(endpoint: Callable[[Checkpoint, Tensor, Told], Response]) -> AsyncEndpoint:
    """Take what a page sends: {"z": N rows of numbers, "told": {condition: value}}.

    A told value is a class, a list of numbers, or null for "not told". The endpoint gets the rows,
    (N, D) float32, and what is told, as `inference.decode` takes it.
    """

    async def answer(request: Request) -> Response:
        body = await posted_body(request, MAX_BODY_BYTES)
        if body is None:
            error = f"More than {MAX_BODY_BYTES:,} bytes received; ask for fewer pictures at once."
            return refusal(error, 413)

        def answer_for(_: Request, found: Checkpoint) -> Response:
            z, conditions = _asked(found, body)
            return endpoint(found, z, conditions)

        return await run_in_threadpool(of_model(answer_for), request)

    return answer


async def posted_body(request: Request, limit: int) -> bytes | None:
    """Read what was posted; None when it is, or says that it will be, longer than `limit` bytes."""
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told[:20]) > limit:
        return None
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > limit:
            return None
    return bytes(body)


def _asked(found: Checkpoint, body: bytes) -> tuple[Tensor, Told]:
    try:
        asked = _Rows.model_validate_json(body)
    except ValidationError as error:
        what = error.errors(include_url=False, include_context=False)[0]
        raise InvalidInputError(
            f"{what['msg']} at {'.'.join(map(str, what['loc'])) or 'the body'}; expected "
            f'{{"z": 1 to {MAX_DECODES} rows of numbers, "told": {{...}}}}.'
        ) from error
    if len({len(row) for row in asked.z}) > 1:
        raise InvalidInputError("Rows of different lengths received in z; expected equal ones.")
    z = torch.tensor(asked.z, dtype=torch.float32)
    if not bool(z.isfinite().all()):
        raise InvalidInputError("A number beyond those of 32 bits was received in z.")
    return z, told.from_json(found, asked.told)


@posted
def decoded(found: Checkpoint, z: Tensor, conditions: Told) -> Response:
    """Answer the pictures, (N, C, H, W) in [0, 1], as float32, little endian; see `decoder.js`."""
    pictures = decode(found.model, z, conditions)
    return Response(pictures.numpy().astype("<f4").tobytes(), media_type=_BYTES)


@posted
def film(found: Checkpoint, z: Tensor, conditions: Told) -> Response:
    """Answer the pictures one after the other, as a GIF; see `film.js`."""
    pictures = decode(found.model, z, conditions)
    return Response(gif(pictures, FILM_FRAME_MS, FILM_SIDE), media_type="image/gif")


class _Rows(BaseModel):
    z: list[list[FiniteFloat]] = Field(min_length=1, max_length=MAX_DECODES)
    told: Given = Field(default={}, max_length=8)


MODEL = "/api/models/{id}/{version}"
ROUTES = [
    Route(MODEL + "/encoder", network),
    Route(MODEL + "/decoder", network),
    Route(MODEL + "/latents", latents),
    Route(MODEL + "/pictures/{number" + COUNT + "}.png", sheet),
    Route(MODEL + "/readable.png", readable),
    Route(MODEL + "/decode", decoded, methods=["POST"]),
    Route(MODEL + "/film", film, methods=["POST"]),
]
