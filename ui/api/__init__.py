"""What the server answers beside pages: scripts, networks, pictures, events. All under /api/."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ui.api import (
    assets,
    bringing,
    drawing,
    events,
    histories,
    models,
    reporting,
    restoring,
    searching,
    sharing,
)
from ui.api.refusal import refusal


def unknown(request: Request) -> JSONResponse:
    """Answer any other address under /api/, which would else get the app's page."""
    return refusal(f"There is nothing at {request.url.path}.", 404)


ROUTES = [
    *assets.ROUTES,
    *models.ROUTES,
    *drawing.ROUTES,
    *bringing.ROUTES,
    *restoring.ROUTES,
    *searching.ROUTES,
    *reporting.ROUTES,
    *sharing.ROUTES,
    *events.ROUTES,
    *histories.ROUTES,
    Route("/api/{path:path}", unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
]
