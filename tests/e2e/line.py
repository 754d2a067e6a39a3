"""A line between browser and server that can be cut: what a lost network looks like to a page."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from urllib.parse import urlparse


class Line:
    """Forwards every connection to a server until it is cut.

    Args:
        port: of the server on this computer.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.is_cut = False
        self.sockets: list[socket.socket] = []
        self.door = socket.create_server(("127.0.0.1", 0))
        Thread(target=self._serve, daemon=True).start()

    @property
    def address(self) -> str:
        """Where a browser finds the server behind it."""
        return f"http://localhost:{self.door.getsockname()[1]}"

    def cut(self) -> None:
        """End every connection, and let no new one through."""
        self.is_cut = True
        for end in self.sockets:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self.sockets.clear()

    def mend(self) -> None:
        """Let connections through again."""
        self.is_cut = False

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.door.accept()
                if self.is_cut:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self.port))
                self.sockets += [near, far]
                Thread(target=_pump, args=(near, far), daemon=True).start()
                Thread(target=_pump, args=(far, near), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while content := source.recv(65536):
            target.sendall(content)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def line_to(address: str) -> Iterator[Line]:
    """A line to the server at this address."""
    line = Line(urlparse(address).port or 80)
    try:
        yield line
    finally:
        line.cut()
        line.door.close()
