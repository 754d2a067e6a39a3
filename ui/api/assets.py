"""Scripts for the browser: the components' modules, and the plotly.js of the Python package."""

import gzip
from functools import cache

import plotly
from plotly.offline import get_plotlyjs
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ui.api.refusal import refusal
from ui.components import SCRIPTS, VERSION
from vae_core.errors import shortened

FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
PLOTLY_URL = f"/api/plotly-{plotly.__version__}.js"
_SCRIPT = "text/javascript; charset=utf-8"


def script(request: Request) -> Response:
    """Serve one module of `ui/components`."""
    name = request.path_params["name"]
    if request.path_params["version"] != VERSION or name not in SCRIPTS:
        error = f"No script {shortened(repr(name))} in this version; reload the page."
        return refusal(error, 404)
    return Response(SCRIPTS[name], media_type=_SCRIPT, headers=FOR_EVER)


def plotly_script(request: Request) -> Response:
    """Serve plotly.js, compressed once: at each request it would cost 75 ms."""
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(get_plotlyjs(), media_type=_SCRIPT, headers=FOR_EVER)
    headers = FOR_EVER | {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(compressed_plotly(), media_type=_SCRIPT, headers=headers)


@cache
def compressed_plotly() -> bytes:
    """plotly.js as gzip, 1.5 MB."""
    return gzip.compress(get_plotlyjs().encode(), 6)


ROUTES = [
    Route("/api/js/{version}/{name}", script),
    Route(PLOTLY_URL, plotly_script),
]
