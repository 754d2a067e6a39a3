"""By which names browsers may ask for this server.

A page of another site can have its own name lead to this computer (DNS rebinding), and would then
count as ours. It cannot have a browser ask for a name that is not its own.
"""

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit

import streamlit as st
from starlette.requests import HTTPConnection

from ui.listening import LOOPBACK, listens_elsewhere
from vae_core.errors import shortened


class Hosts:
    """The names that are this server's.

    These are localhost; where it listens elsewhere the address that it was told to listen on, and
    the computer's name, also with ".local"; the address on which a connection arrives; and
    whatever else is set.

    Args:
        allowed: what is set: lower case, without ports.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        self.names = {*LOOPBACK, *allowed}
        if listens_elsewhere():
            name = socket.gethostname().lower()
            first = name.split(".")[0]
            address = str(st.get_option("server.address") or "").lower()
            self.names |= {name, first, f"{first}.local", address} - {""}

    def knows(self, asked: HTTPConnection) -> bool:
        """Say whether a request or handshake asks for this server."""
        name = _asked_for(asked)
        return name is not None and (name in self.names or _is_where_it_arrived(name, asked))

    def refusal(self, asked: HTTPConnection) -> str:
        """What to do about it, for whoever set the server up."""
        name = shortened(_asked_for(asked) or "a name that is none")
        return (
            f"This server does not answer to {name}. Open it as localhost on its own computer; to "
            "have it answer to another name, start it with VAELAB_ALLOWED_HOSTS=NAME."
        )


def _asked_for(asked: HTTPConnection) -> str | None:
    """The name in the Host header, without its port; None for anything but one good one."""
    headers = asked.headers.getlist("host")
    if len(headers) != 1 or set(headers[0]) & set("/?#@\\ \t"):
        return None
    try:
        parts = urlsplit(f"//{headers[0]}")
        _ = parts.port  # which has to be a number
    except ValueError:
        return None
    return (parts.hostname or "").rstrip(".") or None


def _is_where_it_arrived(name: str, asked: HTTPConnection) -> bool:
    """Whether the name is the very address at which the connection has reached this computer."""
    here = (asked.scope.get("server") or ("",))[0]
    try:
        return _address(name) == _address(here)
    except ValueError:
        return False


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    found = ipaddress.ip_address(text)
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found
