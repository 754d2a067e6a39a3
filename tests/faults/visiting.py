"""Somebody with a page open, without a browser: it speaks with the server as Streamlit's page does.

What is pressed is a real button of the real page; what is read is what a browser would be given.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from tests.faults.serving import PATIENCE_S, Server
from ui.owner import COOKIE

MAX_BYTES = 64 * 2**20


@dataclass
class Page:
    """One open page, as the script drew it last.

    Attributes:
        socket: to the server.
        name: of the page, as in its address.
        query: of its address.
        elements: drawn, in order.
    """

    socket: ClientConnection
    name: str
    query: str
    elements: list[Element] = field(default_factory=list)

    def draw(self, pressed: str = "") -> None:
        """Have the script run, with a button pressed or without."""
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_name = self.query, self.name
        if pressed:
            widget = state.widget_states.widgets.add()
            widget.id, widget.trigger_value = self._buttons()[pressed], True
        self.socket.send(message.SerializeToString())
        self.elements = []
        for told in self._messages():
            if told.WhichOneof("type") == "delta" and told.delta.HasField("new_element"):
                self.elements.append(told.delta.new_element)
            elif told.WhichOneof("type") == "script_finished":
                if told.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    break
                self.elements = []

    press = draw

    def _messages(self) -> Iterator[ForwardMsg]:
        while True:
            content = self.socket.recv(PATIENCE_S)
            assert isinstance(content, bytes)
            yield ForwardMsg.FromString(content)

    def _buttons(self) -> dict[str, str]:
        found = (element.button for element in self._of_kind("button"))
        return {button.label: button.id for button in found if not button.disabled}

    @property
    def buttons(self) -> list[str]:
        """Labels of what can be pressed."""
        return list(self._buttons())

    def options(self, label: str) -> list[str]:
        """What can be chosen."""
        (box,) = (e.selectbox for e in self._of_kind("selectbox") if e.selectbox.label == label)
        return list(box.options)

    @property
    def faults(self) -> list[str]:
        """What the page shows of errors that nobody foresaw."""
        return [element.exception.message for element in self._of_kind("exception")]

    @property
    def alerts(self) -> list[str]:
        """Errors and warnings meant for people."""
        return [element.alert.body for element in self._of_kind("alert")]

    @property
    def given(self) -> dict[str, Any]:
        """What the script of Train's one part is given."""
        (live,) = (
            json.loads(element.bidi_component.json)
            for element in self._of_kind("bidi_component")
            if element.bidi_component.component_name.endswith("vl_live")
        )
        return dict(live)

    @property
    def sentence(self) -> str:
        """What Train says of its run."""
        return str(self.given["sentence"])

    def _of_kind(self, kind: str) -> list[Any]:
        return [element for element in self.elements if element.WhichOneof("type") == kind]


@contextmanager
def visit(server: Server, name: str, token: str, **query: str) -> Iterator[Page]:
    """Open a page as the owner of a token."""
    with connect(
        f"ws://localhost:{server.port}/_stcore/stream",
        origin=server.address,
        additional_headers={"Cookie": f"{COOKIE}={token}"},
        subprotocols=["streamlit"],
        open_timeout=PATIENCE_S,
        max_size=MAX_BYTES,
        proxy=None,
    ) as socket:
        page = Page(socket, name, urlencode(query))
        page.draw()
        yield page
