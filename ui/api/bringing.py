"""`POST /api/prepare`: a picture that somebody brings, made into one like a data set's."""

import base64
from functools import partial

import numpy as np
from anyio import CapacityLimiter, to_thread
from numpy.typing import NDArray
from PIL import Image
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ui.api.models import posted_body
from ui.api.refusal import refusal
from vae_core.errors import InvalidInputError, UnknownNameError, shortened
from vae_core.images import png, tile
from vae_core.pictures import MAX_BYTES, WAYS, prepare

STEP_SIDE = 112  # of a step's picture, at most
_INVERTED = {"auto": None, "yes": True, "no": False}
_READERS = CapacityLimiter(2)  # a large picture takes a lot of memory while it is read


async def prepared(request: Request) -> Response:
    """Prepare a picture's file, sent as the body, as `vae_core.pictures.prepare` does.

    `?dataset=` is the data set, `?way=` auto, ink or plain, `?invert=` auto, yes or no. Answers
    {picture, way, isInverted, steps: [{words, picture}]}, pictures as PNG in base64.
    """
    body = await posted_body(request, MAX_BYTES)
    if body is None:
        error = f"The file is larger than {MAX_BYTES // 2**20} MiB; choose a smaller picture."
        return refusal(error, 413)
    query = request.query_params
    dataset, way = query.get("dataset", ""), query.get("way", "auto")
    invert = query.get("invert", "auto")
    try:
        if way not in WAYS:
            raise UnknownNameError("way of preparing a picture", way, WAYS)
        if invert not in _INVERTED:
            raise InvalidInputError(f"invert={shortened(invert)} received; expected auto, yes, no.")
        asked = partial(prepare, body, dataset, way, is_inverted=_INVERTED[invert])
        found = await to_thread.run_sync(asked, limiter=_READERS)
    except (InvalidInputError, UnknownNameError) as error:
        return refusal(error, 400)
    steps = [{"words": step.words, "picture": _small(step.picture)} for step in found.steps]
    answer = {
        "picture": _text(png(tile(found.picture, 1))),
        "way": found.way,
        "isInverted": found.is_inverted,
        "steps": steps,
    }
    return JSONResponse(answer)


def _small(pixels: NDArray[np.uint8]) -> str:
    picture = Image.fromarray(pixels)
    picture.thumbnail((STEP_SIDE, STEP_SIDE), Image.Resampling.BOX)
    return _text(png(np.asarray(picture)))


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


ROUTES = [Route("/api/prepare", prepared, methods=["POST"])]
