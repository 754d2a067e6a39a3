"""A code for a class: whoever has not typed it gets a page that asks for it, and nothing else.

Having typed it is a cookie that says until when it holds, under a message authentication code whose
key is drawn when the server starts. So nothing is kept in memory, nothing can be made up, and after
a restart everybody types the code once more.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from math import ceil
from urllib.parse import parse_qs

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Receive

from ui.api.models import posted_body
from ui.api.refusal import refusal
from ui.guard.cookies import set_cookie
from ui.guard.sign_in_page import page
from ui.guard.tries import Tries
from ui.server_settings import normal

COOKIE = "vaelab_entered"
ENTERED_S = 12 * 3600  # a day at school
SIGN_IN = "/sign-in"
ALIVE = "/_stcore/health"  # says "ok" to whoever watches over the server
MAX_FORM_BYTES, MAX_ADDRESS = 8_192, 2_000
NO_STORE = {"Cache-Control": "no-store"}
ASK = "Open this server's page and type the access code first."


class Door:
    """Asks for the code.

    Args:
        code: as it is set.
        tries: which counts the wrong ones.
        clock: seconds since 1970.
    """

    def __init__(
        self, code: str, tries: Tries | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._tries = tries or Tries()
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._code = self._proof(f"code {normal(code)}")

    async def answer(self, asked: HTTPConnection, receive: Receive) -> Response | None:
        """Answer whoever is not in yet, and the form itself; None lets pass."""
        is_http, path = asked.scope["type"] == "http", asked.scope["path"]
        if is_http and path == SIGN_IN and asked.scope["method"] == "POST":
            return await self._tried(Request(asked.scope, receive))
        if self._is_in(asked):
            is_over = is_http and path == SIGN_IN
            return RedirectResponse("/", 303, NO_STORE) if is_over else None
        if not is_http:
            return Response(status_code=403)
        if path == ALIVE and asked.scope["method"] in ("GET", "HEAD"):
            return None
        if path.startswith("/api/"):
            return refusal(ASK, 401)
        return HTMLResponse(page(_address_of(asked)), 401, NO_STORE)

    def _is_in(self, asked: HTTPConnection) -> bool:
        until, _, proof = asked.cookies.get(COOKIE, "").partition(".")
        if not (until.isascii() and until.isdigit() and len(until) < 12):
            return False
        return _same(proof, self._proof(f"until {until}")) and self._clock() < int(until)

    def _proof(self, text: str) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    async def _tried(self, request: Request) -> Response:
        """Look at what somebody has typed."""
        body = await posted_body(request, MAX_FORM_BYTES)
        typed, wanted = _read(body or b"")
        address = request.client.host if request.client else ""
        wait_s = ceil(self._tries.wait_s(address))
        if wait_s:
            said = f"Too many wrong codes. Try again in {wait_s} s."
            headers = NO_STORE | {"Retry-After": str(wait_s)}
            return HTMLResponse(page(wanted, said), 429, headers)
        if not _same(self._proof(f"code {normal(typed)}"), self._code):
            self._tries.was_wrong(address)
            return HTMLResponse(page(wanted, "That is not the code. Try again."), 401, NO_STORE)
        answer = RedirectResponse(wanted, 303, NO_STORE)
        until = str(int(self._clock()) + ENTERED_S)
        proof = self._proof(f"until {until}")
        set_cookie(answer.headers, request, COOKIE, f"{until}.{proof}", ENTERED_S)
        return answer


def _same(one: str, other: str) -> bool:
    """Compare in a time that does not tell how much of it was right."""
    return hmac.compare_digest(one.encode(), other.encode())


def _read(body: bytes) -> tuple[str, str]:
    """The code and the address that a form holds; "" and "/" for what it does not."""
    try:
        fields = parse_qs(body.decode(), max_num_fields=8)
    except ValueError:
        return "", "/"
    return fields.get("code", [""])[0], local(fields.get("to", [""])[0])


def _address_of(asked: HTTPConnection) -> str:
    """Where somebody wanted to go, to be brought there afterwards."""
    path = asked.scope.get("raw_path") or asked.scope["path"].encode()
    query = asked.scope.get("query_string", b"")
    return local((path + b"?" + query if query else path).decode("latin-1"))


def local(address: str) -> str:
    """The address, when it leads nowhere but to this server; else "/".

    Browsers take "\\" for "/", drop what cannot be seen, and leave the server at "//".
    """
    is_plain = all("!" <= letter <= "~" and letter != "\\" for letter in address)
    is_local = address.startswith("/") and not address.startswith("//")
    is_short = len(address) <= MAX_ADDRESS
    goes_on = is_plain and is_local and is_short and not address.startswith(SIGN_IN)
    return address if goes_on else "/"
