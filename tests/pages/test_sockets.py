import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.pages.watching import in_a_loop
from ui import workers
from ui.sockets import send_at_once


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A socket as Streamlit makes its own: it does not say which protocol it speaks."""
    with socket.socket(socket.AF_INET) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        yield sock


def sends_at_once(listener: socket.socket) -> bool:
    with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
        return accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_connections_of_a_listening_socket_send_at_once(listener: socket.socket) -> None:
    assert not sends_at_once(listener)
    with ExitStack() as stack:
        others = [
            stack.enter_context(socket.socket(family, kind))
            for family, kind in (
                (socket.AF_UNIX, socket.SOCK_STREAM),
                (socket.AF_INET, socket.SOCK_DGRAM),
                (socket.AF_INET, socket.SOCK_STREAM),
            )
        ]
        send_at_once()
        assert others[-1].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0
    assert sends_at_once(listener)
    assert listener.fileno() > 0


def test_the_server_does_so_before_its_first_answer(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Idle:
        def shutdown(self) -> None:
            return

    monkeypatch.setattr(workers, "executor", Idle)

    async def serve() -> None:
        async with workers.lifespan(None):
            assert sends_at_once(listener)

    in_a_loop(serve())
