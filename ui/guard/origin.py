"""Who asks for a change: browsers say from whose page a request comes, and scripts cannot lie."""

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

HARMLESS = ("GET", "HEAD", "OPTIONS")


def is_own(asked: HTTPConnection) -> bool:
    """Say whether a request changes nothing, or comes from a page of this server.

    A websocket can change everything. Browsers send `Origin` with each handshake and each request
    but GET and HEAD; whoever sends none is no page of ours.
    """
    if asked.scope["type"] == "http" and asked.scope["method"] in HARMLESS:
        return True
    origins = asked.headers.getlist("origin")
    if len(origins) != 1:
        return False
    try:
        from_where = urlsplit(origins[0])
    except ValueError:
        return False
    return (
        from_where.scheme in ("http", "https")  # a proxy before this server may have added the s
        and from_where.netloc.lower() == asked.headers.get("host", "").lower()
    )
