"""To share and to take away: an address as a QR code, models as files, and files that come back."""

import io
import json
from urllib.parse import urlsplit

import segno
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ui import cache, quotas, take_away
from ui.api.models import MODEL, of_model, posted_body
from ui.api.refusal import refusal
from ui.owner import owner_of
from ui.server_settings import server_settings
from vae_core import parcel
from vae_core.checkpoints import Checkpoint
from vae_core.errors import VAELabError
from vae_core.export.notebook import notebook

MAX_ADDRESS = 1_200  # bytes: what a phone still reads from a screen
_QUIET = 4  # white modules around a code


def qr(request: Request) -> Response:
    """Serve `?text=`, an address, as a QR code in SVG: black on white, whatever the theme."""
    text = request.query_params.get("text", "")
    if not _is_address(text):
        error = f"An address of at most {MAX_ADDRESS:,} bytes is expected as text."
        return refusal(error, 400)
    buffer = io.BytesIO()
    code = segno.make(text, error="l", micro=False)
    code.save(buffer, kind="svg", border=_QUIET, light="#fff", xmldecl=False, svgns=True)
    return Response(buffer.getvalue(), media_type="image/svg+xml")


def _is_address(text: str) -> bool:
    try:
        is_web = urlsplit(text).scheme in ("http", "https")
    except ValueError:
        return False
    return is_web and len(text.encode()) <= MAX_ADDRESS


def _file(content: bytes, name: str, media_type: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=media_type, headers=headers)


@of_model
def page(request: Request, found: Checkpoint) -> Response:
    """Serve the model as one HTML file that works from disk."""
    model_id = request.path_params["id"]
    content = take_away.page(cache.choice_of(model_id))
    return _file(content, f"{model_id}.html", "text/html; charset=utf-8")


@of_model
def checkpoint(request: Request, found: Checkpoint) -> Response:
    """Serve the model as one safetensors file, which `upload` takes again."""
    name = f"{request.path_params['id']}.safetensors"
    return _file(parcel.pack(found.folder), name, "application/octet-stream")


@of_model
def as_notebook(request: Request, found: Checkpoint) -> Response:
    """Serve a notebook that trains the model again."""
    name = f"{request.path_params['id']}.ipynb"
    return _file(notebook(found.record).encode(), name, "application/x-ipynb+json")


async def upload(request: Request) -> Response:
    """Make a saved run of a file that `checkpoint` has served; answers its title for `?model=`.

    It belongs to whoever brings it, and counts among their runs.
    """
    owner, limits = owner_of(request), server_settings()
    if owner is None:
        return refusal("Open a page of this server first: it has to know whose this is.", 403)
    max_bytes = min(limits.max_upload_mb * 2**20, parcel.MAX_BYTES)
    body = await posted_body(request, max_bytes)
    if body is None:
        error = f"The file is larger than {max_bytes // 2**20} MiB, which is all that is taken."
        return refusal(error, 413)

    def bring() -> str:
        quotas.check_room(owner)
        return parcel.unpack(body, owner=owner, max_parameters=limits.max_parameters).record().title

    try:
        title = await run_in_threadpool(bring)
    except VAELabError as error:
        return refusal(error, 400)
    return Response(json.dumps({"title": title}), media_type="application/json")


ROUTES = [
    Route("/api/qr.svg", qr),
    Route(MODEL + "/take-away.html", page),
    Route(MODEL + "/checkpoint.safetensors", checkpoint),
    Route(MODEL + "/notebook.ipynb", as_notebook),
    Route("/api/checkpoints", upload, methods=["POST"]),
]
