"""Gives whoever gets a page the token that makes their runs theirs; see `ui/owner.py`."""

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import Message

from ui.guard.cookies import set_cookie
from ui.owner import COOKIE, is_token, new_token

KEPT_S = 400 * 24 * 3600  # the longest that browsers keep one, counted from the last visit


def greet(asked: HTTPConnection, message: Message) -> None:
    """Give whoever gets a page a token, or keep theirs alive.

    Args:
        asked: what is answered.
        message: the start of the answer.
    """
    headers = MutableHeaders(scope=message)
    if not _is_page(asked, message, headers):
        return
    token = asked.cookies.get(COOKIE)
    set_cookie(headers, asked, COOKIE, token if is_token(token) else new_token(), KEPT_S)
    if "no-store" not in headers.get("cache-control", ""):
        headers["Cache-Control"] = "private, no-cache"  # a token is for one person


def _is_page(asked: HTTPConnection, message: Message, headers: MutableHeaders) -> bool:
    """Whether a page is answered, or that the browser's copy of it is still good."""
    if asked.scope["type"] != "http" or asked.scope["path"].startswith("/api/"):
        return False
    is_html = headers.get("content-type", "").startswith("text/html")
    is_unchanged = message["status"] == 304 and "text/html" in asked.headers.get("accept", "")
    return is_html or is_unchanged
