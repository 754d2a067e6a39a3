"""Whether anybody but this computer can reach the server, and what pages say of it."""

import ipaddress

import streamlit as st

from ui.server_settings import server_settings

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
NOTICE = (
    "Anyone on this network can use this page. To ask for a code first, end the server and start "
    "it with `VAELAB_ACCESS_CODE` set."
)


def is_loopback(name: str) -> bool:
    """Say whether a name or address means the computer itself.

    Args:
        name: without a port; "[::1]" is taken too.
    """
    bare = name.strip("[]").lower().rstrip(".")
    try:
        return ipaddress.ip_address(bare).is_loopback
    except ValueError:
        return bare == "localhost"


def listens_elsewhere() -> bool:
    """Say whether other computers can reach the server, as far as its settings tell."""
    address = str(st.get_option("server.address") or "0.0.0.0")  # noqa: S104
    return not (is_loopback(address) or address.startswith("unix:"))


def is_from_here() -> bool:
    """Say whether the visitor of this page sits at the server's own computer.

    Somebody who came through a proxy on it asked for another name than the computer's own.
    """
    host = st.context.headers.get("host", "localhost")
    is_far = isinstance(st.context.ip_address, str)  # of this computer Streamlit tells none
    return not is_far and is_loopback(_without_port(host))


def _without_port(host: str) -> str:
    return host.split("]")[0] if host.startswith("[") else host.rsplit(":", 1)[0]


def show_notice() -> None:
    """Say on the page that it is open to everybody who can reach it, where it is."""
    is_reached = listens_elsewhere() or not is_from_here()
    if is_reached and server_settings().access_code is None:
        with st.container(key="open_to_all"):
            st.markdown(f":orange[{NOTICE}]")
