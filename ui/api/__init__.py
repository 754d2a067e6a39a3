"""What the server answers beside pages: scripts, networks, pictures, events. All under /api/."""

from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

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
from ui.api.convertors import REST
from ui.api.refusal import refusal
from vae_core.errors import shortened


class Elsewhere:
    """Answers any other address under /api/, which would else get the app's page, in JSON."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell an address that is not from one that is asked in a way that it does not know."""
        methods = {
            method
            for route in _ROUTES
            if route.matches(scope)[0] is Match.PARTIAL
            for method in route.methods or ()
        }
        path, method = shortened(scope["path"]), shortened(scope["method"])
        if methods:
            answer = refusal(f"{path} does not take {method}.", 405)
            answer.headers["Allow"] = ", ".join(sorted(methods))
        else:
            answer = refusal(f"There is nothing at {path}.", 404)
        await answer(scope, receive, send)


_ROUTES = [
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
]
# Routes are tried in order; one that is no function takes every method.
ROUTES = [*_ROUTES, Route("/api/{path" + REST + "}", Elsewhere())]
