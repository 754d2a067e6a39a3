"""Answers that leave at once."""

import os
import socket
from contextlib import suppress
from pathlib import Path

_OPEN_FILES = Path("/dev/fd")  # of this process, on Linux and macOS


def send_at_once() -> None:
    """Have connections of this process's listening sockets send small packets without waiting.

    asyncio does this for sockets that say they speak TCP; the one that Streamlit makes does not
    say it, as in https://github.com/Kludex/uvicorn/issues/3149. Every answer after a connection's
    first then waits some 40 ms for the browser's acknowledgement of its headers. Connections
    inherit the option from the socket that accepted them.
    """
    if not _OPEN_FILES.is_dir():
        return
    for entry in list(_OPEN_FILES.iterdir()):
        with suppress(OSError):  # the folder's own, which is closed by now, or no socket at all
            _set_on(os.dup(int(entry.name)))


def _set_on(descriptor: int) -> None:
    """Set the option on a copy of a descriptor, which stands for the same socket."""
    try:
        found = socket.socket(fileno=descriptor)
    except OSError:
        os.close(descriptor)
        raise
    with found:
        is_tcp = found.type == socket.SOCK_STREAM and found.family != socket.AF_UNIX
        if is_tcp and found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
