"""`GET /api/events/{run_id}`: one stream of server-sent events for whoever watches a run.

status, rows, frame and anatomy as `following.py` tells them; `end` is the last one. A watcher that
comes back says after which rows it goes on: in the header that browsers send by themselves, or in
`?after=`.
"""

import asyncio
from collections.abc import AsyncIterator

from sse_starlette import EventSourceResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ui.api.following import Event, Follower
from vae_core import runs
from vae_core.errors import RunError

LOOK_EVERY_S = 0.05


async def events(request: Request) -> Response:
    """Answer the stream of one run, which grants reading to whoever knows its id."""
    try:
        run = runs.open_run(request.path_params["run_id"])
    except RunError as error:
        return JSONResponse({"error": str(error)}, status_code=404)
    after = request.headers.get("last-event-id") or request.query_params.get("after", "")
    return EventSourceResponse(_follow(Follower(run, after)))


async def _follow(follower: Follower) -> AsyncIterator[Event]:
    # Asked for only when the last event is on its way: a slow watcher skips frames, not rows.
    while not follower.is_over:
        for event in await run_in_threadpool(follower.news):
            yield event
        await asyncio.sleep(LOOK_EVERY_S)


ROUTES = [Route("/api/events/{run_id}", events)]
