"""`POST /api/restore/search`: a search for the best code, told as it goes on.

It answers server-sent events: "waiting" while others search, a "step" for each picture of the film
(see `described` of `restoring.py`), at last "end", or "failed". Whoever closes the connection ends
the search.
"""

import json
import time
from collections.abc import AsyncIterator, Iterator

import anyio
from anyio import CapacityLimiter, to_thread
from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from torch import Tensor

from ui import cache
from ui.api.asked import MAX_BODY_BYTES, Asked, Prepared, methods_of, prepared, read
from ui.api.events import FAREWELL_S
from ui.api.following import Event
from ui.api.models import posted_body
from ui.api.refusal import refusal
from ui.api.restoring import described
from ui.errors import without_folders
from vae_core.errors import InvalidInputError, VAELabError
from vae_core.metrics import psnr_db, ssim
from vae_core.restoration import DAMAGED, Restored, Scored, SearchStep, search

AT_ONCE, MAX_WAITING = 2, 8
_SEARCHES = CapacityLimiter(AT_ONCE)
_THREADS = CapacityLimiter(AT_ONCE)


async def film(request: Request) -> Response:
    """Answer the film of one search: the only method asked for, "search:MODEL"."""
    body = await posted_body(request, MAX_BODY_BYTES)
    if body is None:
        return refusal(f"More than {MAX_BODY_BYTES:,} bytes received; send fewer pictures.", 413)
    try:
        wanted = await to_thread.run_sync(_Search, body)
    except VAELabError as error:
        return refusal(error, 400)
    if _SEARCHES.statistics().tasks_waiting >= MAX_WAITING:
        return refusal("Too many people are searching; try again in a minute.", 503)
    closing = anyio.Event()
    told = _told(wanted, closing)
    return EventSourceResponse(told, shutdown_event=closing, shutdown_grace_period=FAREWELL_S)


async def _told(wanted: "_Search", closing: anyio.Event) -> AsyncIterator[Event]:
    if not _SEARCHES.available_tokens:
        yield {"event": "waiting", "data": "{}"}
    await _SEARCHES.acquire_on_behalf_of(wanted)  # whichever task ends it
    try:
        steps = wanted.steps()
        while not closing.is_set():
            step = await to_thread.run_sync(next, steps, None, limiter=_THREADS)
            if step is None:
                break
            yield {"event": "step", "data": step}
        yield {"event": "end", "data": "{}"}
    except VAELabError as error:
        text = json.dumps({"error": without_folders(str(error))})
        yield {"event": "failed", "data": text}
    finally:
        _SEARCHES.release_on_behalf_of(wanted)


class _Search:
    """A search that is asked for.

    Raises:
        VAELabError: for what is no search, or cannot be done.
    """

    def __init__(self, body: bytes) -> None:
        self.asked: Asked = read(body)
        self.ready: Prepared = prepared(self.asked)
        self.found = methods_of(self.asked, self.ready)
        kinds = [name.partition(":")[0] for name in self.found]
        if kinds != ["search"]:
            raise InvalidInputError(f'{len(kinds)} methods received; expected one "search:MODEL".')
        ((self.name, (_, choice)),) = self.found.items()
        assert choice is not None
        self.model = cache.checkpoint(choice.key).model

    def steps(self) -> Iterator[str]:
        """Each picture of the film, as JSON."""
        clean, damaged = self.ready.clean, self.ready.damaged
        began = time.perf_counter()
        before = _scored(damaged.images, clean.images, 0.0)
        for step in search(self.model, damaged, clean.conditions, seed=self.asked.noise):
            now = _scored(step.images, clean.images, time.perf_counter() - began)
            yield json.dumps(self._described({DAMAGED: before, self.name: now}, step))

    def _described(self, scored: dict[str, Scored], step: SearchStep) -> dict[str, object]:
        return described(self.ready, scored, self.found) | {
            "step": step.step,
            "numSteps": step.num_steps,
            "logJoint": step.log_joint.tolist(),
        }


def _scored(images: Tensor, clean: Tensor, elapsed_s: float) -> Scored:
    return Scored(Restored(images), psnr_db(images, clean), ssim(images, clean), elapsed_s)


ROUTES = [Route("/api/restore/search", film, methods=["POST"])]
