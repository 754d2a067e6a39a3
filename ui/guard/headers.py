"""What every answer carries, whoever made it: headers that keep a page to itself."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.types import Message

_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def add_headers(message: Message, *, is_shared: bool) -> None:
    """Add them to the start of an answer.

    Args:
        message: `http.response.start`, or that of a refused websocket.
        is_shared: whether caches between server and browser may keep answers for anybody.
    """
    headers = MutableHeaders(scope=message)
    headers["Content-Security-Policy"] = content_security_policy()
    headers["X-Content-Type-Options"] = "nosniff"
    headers["X-Frame-Options"] = "DENY"
    # No address with a run's id leaves this server. Without any, forms would hide their origin.
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    kept = headers.get("cache-control", "")
    if not is_shared and "public" in kept:
        headers["Cache-Control"] = kept.replace("public", "private")


@cache
def content_security_policy() -> str:
    """What a page may load: this server's own files, never `eval`, nothing from elsewhere.

    Components arrive as blobs. The one script inside Streamlit's own page is named by its hash.
    """
    index = Path(streamlit.__file__).parent / "static" / "index.html"
    inline = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in _INLINE.findall(index.read_text(encoding="utf-8"))
    )
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src 'self' blob: {inline}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src blob:",
            "manifest-src 'self'",
            "media-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )
