"""Somebody who follows a stream of server-sent events, with a thread of its own."""

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from threading import Thread
from typing import Any

from tests.faults.serving import PATIENCE_S, Server


class Stream:
    """An open stream.

    Args:
        server: which tells.
        path: of the stream.
        asked: what is posted, as JSON; None for what is only read.
    """

    def __init__(self, server: Server, path: str, asked: Any = None) -> None:
        self.kinds: list[str] = []
        self._connection = http.client.HTTPConnection("localhost", server.port, timeout=PATIENCE_S)
        headers = {"Origin": server.address}
        body = None if asked is None else json.dumps(asked)
        self._connection.request("GET" if asked is None else "POST", path, body, headers)
        self._socket = self._connection.sock
        self._answer = self._connection.getresponse()
        assert self._answer.status == 200
        self._thread = Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def is_open(self) -> bool:
        """Whether more may come."""
        return self._thread.is_alive()

    def _listen(self) -> None:
        with suppress(OSError, http.client.HTTPException):  # the server was killed
            for line in self._answer:
                name, _, value = line.decode().rstrip().partition(": ")
                if name == "event":
                    self.kinds.append(value)
                elif name == "data":
                    self.take(self.kinds[-1], json.loads(value))

    def take(self, kind: str, data: Any) -> None:
        """Note an event."""

    def close(self) -> None:
        """Hear no more."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._answer.close()
        self._connection.close()
        self._socket.close()


class Listener(Stream):
    """What a page hears of a run: all rows, and each status in turn."""

    def __init__(self, server: Server, run_id: str) -> None:
        self.rows: list[dict[str, Any]] = []
        self.statuses: list[str] = []
        super().__init__(server, f"/api/events/{run_id}")

    def take(self, kind: str, data: Any) -> None:
        if kind == "rows":
            self.rows = data["rows"] if data["restarted"] else self.rows + data["rows"]
        elif kind == "status":
            self.statuses.append(data["status"])

    @property
    def has_ended(self) -> bool:
        """Whether it has been told that no more will come."""
        return "end" in self.kinds

    @property
    def steps(self) -> list[int]:
        """All steps that were told, in the order in which they came."""
        return [row["step"] for row in self.rows if row["kind"] == "progress"]


@contextmanager
def listening(server: Server, run_id: str) -> Iterator[Listener]:
    """Follow a run until the block ends."""
    with closing(Listener(server, run_id)) as listener:
        yield listener
