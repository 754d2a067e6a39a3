"""`GET /api/events/{run_id}`: one stream of server-sent events for whoever watches a run.

status, rows, frame and anatomy as `following.py` tells them; `end` is the last one. Of a run that
waits, the status says its place. A watcher that comes back says after which rows it goes on: in the
header that browsers send by themselves, or in `?after=`.
"""

from collections.abc import AsyncIterator

import anyio
from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ui import queueing
from ui.api.following import Event, Follower
from ui.api.refusal import refusal
from vae_core import catalogue
from vae_core.errors import RunError

LOOK_EVERY_S = 0.05
FAREWELL_S = 1.0


async def events(request: Request) -> Response:
    """Answer the stream of one run, which grants reading to whoever knows its id."""
    try:
        run = catalogue.open_run(request.path_params["run_id"])
    except RunError as error:
        return refusal(error, 404)
    after = request.headers.get("last-event-id") or request.query_params.get("after", "")
    # A server that ends lets the stream come to its end, instead of cutting it off.
    closing = anyio.Event()
    told = _follow(Follower(run, after, queueing.sentence), closing)
    return EventSourceResponse(told, shutdown_event=closing, shutdown_grace_period=FAREWELL_S)


async def _follow(follower: Follower, closing: anyio.Event) -> AsyncIterator[Event]:
    # Asked for only when the last event is on its way: a slow watcher skips frames, not rows.
    while not (follower.is_over or closing.is_set()):
        for event in await anyio.to_thread.run_sync(follower.news):
            yield event
        await anyio.sleep(LOOK_EVERY_S)


ROUTES = [Route("/api/events/{run_id}", events)]
