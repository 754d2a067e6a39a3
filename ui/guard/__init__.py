"""The one door of the server: what every http request and websocket has to pass, in this order.

Whoever asks for a name that is not this server's goes away (`hosts`); so does whoever would change
something from another site's page (`origin`). Where a code is set, nobody goes on without it
(`code`). Whatever is answered, errors too, carries the headers of `headers`, and a page an owner's
token (`greeting`). Streamlit's own routes pass here as ours do.
"""

from contextlib import suppress

from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.api.refusal import refusal
from ui.guard.code import Door
from ui.guard.greeting import greet
from ui.guard.headers import add_headers, content_security_policy
from ui.guard.hosts import Hosts
from ui.guard.origin import is_own
from ui.server_settings import ServerSettings, server_settings

__all__ = ["Guard", "content_security_policy"]

# Of Streamlit, never used: files that would wait in memory, and an API that drives sessions.
CLOSED = ("/_stcore/upload_file", "/_stcore/agent")
POLICY_VIOLATION = 1008


class Guard:
    """Pure-ASGI middleware, so that streams and websockets pass as they are.

    Args:
        app: what is behind the door.
        settings: of the server; those of the environment by default.
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings | None = None) -> None:
        settings = settings or server_settings()
        self.app = app
        self.hosts = Hosts(settings.allowed_hosts)
        code = settings.access_code
        self.door = None if code is None else Door(code.get_secret_value())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in, or answer at once."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        # Whoever hangs up in the middle of a body is no fault of ours, and waits for no answer.
        with suppress(ClientDisconnect):
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = HTTPConnection(scope)
        sent = _Sent(asked, send, is_shared=self.door is None)
        answer = self._refused(asked)
        if answer is None and self.door is not None:
            answer = await self.door.answer(asked, receive)
        if answer is None:
            await self._pass_on(asked, receive, sent)
        elif scope["type"] == "websocket":
            await _turn_away(answer, asked, receive, sent)
        else:
            await answer(scope, receive, sent)

    def _refused(self, asked: HTTPConnection) -> Response | None:
        """Answer those who may not even try."""
        if not self.hosts.knows(asked):
            return PlainTextResponse(self.hosts.refusal(asked), 400)
        if not is_own(asked):
            error = "Only a page of this server may do this: no Origin, or another, was received."
            return told(asked, error, 403)
        if asked.scope["path"].startswith(CLOSED):
            return told(asked, "There is nothing here.", 404)
        return None

    async def _pass_on(self, asked: HTTPConnection, receive: Receive, sent: "_Sent") -> None:
        try:
            await self.app(asked.scope, receive, sent)
        except ClientDisconnect:
            raise
        except Exception:
            # The server around us says what it was in its output, and would answer without headers.
            if asked.scope["type"] == "http" and not sent.has_begun:
                error = "Something went wrong on the server; its output says what."
                await told(asked, error, 500)(asked.scope, receive, sent)
            raise


class _Sent:
    """What goes back, with headers; remembers whether an answer has begun."""

    def __init__(self, asked: HTTPConnection, send: Send, *, is_shared: bool) -> None:
        self.asked = asked
        self.send = send
        self.is_shared = is_shared
        self.has_begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            self.has_begun = True
            add_headers(message, is_shared=self.is_shared)
            greet(self.asked, message)
        await self.send(message)


def told(asked: HTTPConnection, error: str, status: int) -> Response:
    """Say no in the form that suits the address: JSON under /api/, else a text."""
    if asked.scope["path"].startswith("/api/"):
        return refusal(error, status)
    return PlainTextResponse(error, status)


async def _turn_away(answer: Response, asked: HTTPConnection, receive: Receive, send: Send) -> None:
    """Refuse a websocket before it opens: with an answer where the server can, else plainly."""
    if "websocket.http.response" in asked.scope.get("extensions", {}):
        await answer(asked.scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": POLICY_VIOLATION})
