"""The one executor of this server process."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from ui.measuring import measurements
from ui.server_settings import server_settings
from ui.sockets import send_at_once
from vae_core.jobs import LocalExecutor


@cache
def executor() -> LocalExecutor:
    """Start the workers at the first call; the same ones ever after."""
    settings = server_settings()
    return LocalExecutor(
        num_workers=settings.workers,
        max_waiting=settings.max_waiting,
        max_running=settings.max_running,
    )


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[dict[str, Any]]:
    """Warm the workers before the first click, and end all processes with the server."""
    send_at_once()
    # What has been imported by now stays for ever: no collection has to look through it again.
    gc.collect()
    gc.freeze()
    executor()
    try:
        yield {}
    finally:
        executor().shutdown()
        measurements().shutdown()
