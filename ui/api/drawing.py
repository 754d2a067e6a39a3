"""For a drawn picture: ink from a file, its posterior, and its nearest neighbours."""

import base64

import torch
from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from torch import Tensor

from ui import cache, told
from ui.api.models import MODEL, Told, posted, posted_body
from ui.api.refusal import refusal
from vae_core.checkpoints import Checkpoint
from vae_core.errors import InvalidInputError
from vae_core.images import png, tile
from vae_core.inference import decode, encode
from vae_core.ink import read_ink
from vae_core.picture_files import MAX_BYTES

NUM_NEIGHBOURS = 5
_READERS = CapacityLimiter(2)  # a large picture takes a lot of memory while it is read


async def ink(request: Request) -> Response:
    """Turn a picture's file, sent as the body, into light ink on black, as PNG."""
    body = await posted_body(request, MAX_BYTES)
    if body is None:
        error = f"The file is larger than {MAX_BYTES // 2**20} MiB; choose a smaller picture."
        return refusal(error, 413)
    try:
        found = await to_thread.run_sync(read_ink, body, limiter=_READERS)
    except InvalidInputError as error:
        return refusal(error, 400)
    return Response(png(found), media_type="image/png")


@posted
def encoded(found: Checkpoint, x: Tensor, conditions: Told) -> Response:
    """Answer the posteriors of pictures, each a row of C * H * W numbers; see `encoder.js`."""
    shape = found.model.event_shape
    size = torch.Size(shape).numel()
    if x.shape[1] != size:
        raise InvalidInputError(f"Rows of {x.shape[1]} numbers received; expected {size}.")
    posterior = encode(found.model, x.reshape(-1, *shape).clamp(0, 1), conditions)
    logvar = None if posterior.logvar is None else posterior.logvar.tolist()
    return JSONResponse({"mean": posterior.mean.tolist(), "logvar": logvar})


@posted
def nearest(found: Checkpoint, z: Tensor, conditions: Told) -> Response:
    """Answer the five training pictures whose means lie nearest to the first row of z.

    Where the data set is not on this computer they are the nearest of the stored latents, and
    shown as the model decodes them.
    """
    codes = cache.training_codes(found)
    is_original = codes is not None
    means = found.latents.encoded.mean if codes is None else codes.mean
    if z.shape[1] != means.shape[1]:
        raise InvalidInputError(f"{z.shape[1]} numbers received; expected {means.shape[1]}.")
    # Of doubles, since the squares of large numbers go beyond 32 bits.
    distances = torch.linalg.vector_norm(means.double() - z[0], dim=1)
    near = distances.topk(min(NUM_NEIGHBOURS, len(means)), largest=False)
    if codes is None:
        labels = found.latents.label[near.indices]
        places = near.indices.tolist()
        pictures = decode(found.model, means[near.indices], told.of_pictures(found, places))
    else:
        labels, pictures = codes.label[near.indices], codes.pictures(near.indices)
    answer = {
        "labels": labels.tolist(),
        "distances": near.values.tolist(),
        "isOriginal": is_original,
        "pictures": base64.b64encode(png(tile(pictures, max(1, len(pictures))))).decode(),
    }
    return JSONResponse(answer)


ROUTES = [
    Route("/api/ink", ink, methods=["POST"]),
    Route(MODEL + "/encode", encoded, methods=["POST"]),
    Route(MODEL + "/nearest", nearest, methods=["POST"]),
]
