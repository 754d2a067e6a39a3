"""Whose a browser is: a random token in a cookie. Only its hash is kept anywhere, with each run."""

import hashlib
import re
import secrets
from typing import TypeGuard

from starlette.requests import HTTPConnection

COOKIE = "vaelab_owner"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """Draw 256 random bits."""
    return secrets.token_urlsafe(32)


def is_token(value: object) -> TypeGuard[str]:
    """Say whether a value has the form of one of our tokens."""
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def hash_of(token: str) -> str:
    """What stands for the owner in files and queues; nobody gets back from it to the token."""
    return hashlib.sha256(f"vaelab owner {token}".encode()).hexdigest()


def owner_of(asked: HTTPConnection) -> str | None:
    """Hash of the token that came with a request; None without one."""
    token = asked.cookies.get(COOKIE)
    return hash_of(token) if is_token(token) else None
