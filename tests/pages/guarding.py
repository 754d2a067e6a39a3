"""A small app behind the guard: a page, a stream, faults and a websocket, beside our own routes."""

from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocket

from ui.api import ROUTES
from ui.guard import Guard
from ui.server_settings import ServerSettings

HOST = "http://localhost:8501"
OWN = {"origin": HOST}
CODE = "tiger lily"


def boom(request: Request) -> Response:
    raise ValueError("/secret/folder/of/the/server")


def stream(request: Request) -> Response:
    async def parts() -> AsyncIterator[str]:
        yield "one"
        yield "two"

    return StreamingResponse(parts(), media_type="text/event-stream")


def half(request: Request) -> Response:
    async def parts() -> AsyncIterator[str]:
        yield "one"
        raise ValueError("too late for another answer")

    return StreamingResponse(parts())


def asset(request: Request) -> Response:
    kept = {"Cache-Control": "public, immutable, max-age=31536000"}
    return PlainTextResponse("script", headers=kept)


def page(request: Request) -> Response:
    return HTMLResponse("page", headers={"Cache-Control": "no-cache"})


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("open")
    await websocket.close()


def client(settings: dict[str, Any] | None = None, host: str = HOST, **options: Any) -> TestClient:
    """Somebody new, before a server with these settings."""
    routes = [
        *[Route(f"{before}/boom", boom) for before in ("/api", "")],
        Route("/api/stream", stream),
        Route("/api/half", half),
        Route("/api/changed", lambda _: PlainTextResponse("done"), methods=["POST", "DELETE"]),
        *ROUTES,
        Route("/static/app.js", asset),
        Route("/_stcore/health", lambda _: PlainTextResponse("ok")),
        Route("/_stcore/upload_file/{path:path}", page, methods=["PUT"]),
        WebSocketRoute("/_stcore/stream", socket),
        Route("/{path:path}", page),
    ]
    guard = Middleware(Guard, settings=ServerSettings(**(settings or {})))
    app = Starlette(routes=routes, middleware=[guard])
    return TestClient(app, host, raise_server_exceptions=False, follow_redirects=False, **options)


def handshake(asking: TestClient, headers: dict[str, str] = OWN) -> int:
    """The status that answers a handshake: 101 where the websocket opens."""
    address = f"{HOST.replace('http', 'ws')}/_stcore/stream"
    try:
        with asking.websocket_connect(address, headers=dict(headers)) as opened:
            assert opened.receive_text() == "open"
            return 101
    except WebSocketDenialResponse as refused:
        answer = refused
    assert "content-security-policy" in answer.headers
    return answer.status_code
