"""How this server sets a cookie: out of the reach of scripts and of other sites' pages."""

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection


def set_cookie(
    headers: MutableHeaders, asked: HTTPConnection, name: str, value: str, max_age_s: int
) -> None:
    """Add a cookie for every address of this server.

    Args:
        headers: of the answer.
        asked: what is answered; over https the cookie is for https alone.
        name, value: letters that need no quotes.
        max_age_s: how long the browser keeps it.
    """
    parts = [f"{name}={value}", "Path=/", f"Max-Age={max_age_s}", "HttpOnly", "SameSite=Lax"]
    if asked.scope["scheme"] in ("https", "wss"):
        parts.append("Secure")
    headers.append("Set-Cookie", "; ".join(parts))
