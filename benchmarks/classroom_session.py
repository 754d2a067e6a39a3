"""What a browser says to the server, said without a browser: pages, presses, requests, streams."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2
from playwright.async_api import Error
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

ANSWER_S, IDLE_S = 60.0, 4.0
FAULTS = (OSError, AssertionError, TimeoutError, KeyError, httpx2.HTTPError, Error)
_WHAT_A_PAGE_LOADS = re.compile(rb'(?:src|href)="(\./[^"]+\.(?:js|css))"')


@dataclass
class Log:
    """What everybody together has seen.

    Attributes:
        reactions: what was done, and milliseconds until the answer was there.
        errors: what went wrong, in words.
    """

    reactions: list[tuple[str, float]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def timed(self, what: str) -> AsyncIterator[None]:
        """Note how long something takes; what goes wrong is an error, and the lesson goes on."""
        began = time.perf_counter()
        try:
            yield
        except FAULTS as error:
            self.errors.append(f"{what}: {type(error).__name__} {error}"[:300])
        else:
            self.reactions.append((what, 1000 * (time.perf_counter() - began)))


class Session:
    """One visitor: a cookie, a websocket, and what the page holds by now.

    Attributes:
        components: what the page's own parts were given, by name.
    """

    def __init__(self, address: str, log: Log) -> None:
        self.address, self.log = address, log
        self.components: dict[str, dict[str, Any]] = {}
        self._client = httpx2.AsyncClient(
            base_url=address,
            headers={"Origin": address},
            timeout=ANSWER_S,
            # The server shuts idle connections after 5 s; a browser asks once more, this does not.
            limits=httpx2.Limits(keepalive_expiry=IDLE_S),
        )
        self._fetched: set[str] = set()
        self._widgets: dict[str, tuple[str, str]] = {}  # label or name -> id, fragment
        self._pages: dict[str, str] = {}  # address -> hash
        self._page, self._query = "", ""
        self._kept: dict[str, ForwardMsg] = {}
        self._socket: ClientConnection | None = None
        self._finished: asyncio.Queue[int] = asyncio.Queue()
        self._reading: asyncio.Task[None] | None = None

    async def open(self, page: str = "") -> None:
        """Load the page's frame and scripts, connect, and run it for the first time."""
        frame = await self._client.get(f"/{page}")
        frame.raise_for_status()
        for name in _WHAT_A_PAGE_LOADS.findall(frame.content):
            (await self._client.get(f"/{name[2:].decode()}")).raise_for_status()
        cookie = "; ".join(f"{name}={value}" for name, value in self._client.cookies.items())
        self._socket = await connect(
            f"ws://{urlsplit(self.address).netloc}/_stcore/stream",
            origin=self.address,
            subprotocols=["streamlit"],
            additional_headers={"Cookie": cookie},
            max_size=None,
        )
        self._reading = asyncio.create_task(self._read(self._socket))
        await self._run(page_name=page)

    async def go(self, page: str) -> None:
        """Press a page's name in the menu."""
        self._widgets.clear()
        self.components.clear()
        self._page, self._query = self._pages[page], ""
        await self._run()

    async def press(self, label: str) -> None:
        """Press a button."""
        widget, fragment = self._widgets[label]
        await self._run(WidgetState(id=widget, trigger_value=True), fragment)

    async def let_go(self, component: str, **state: Any) -> None:
        """Have a part of the page say where it stands now."""
        widget, fragment = self._widgets[component]
        await self._run(WidgetState(id=widget, json_value=json.dumps(state)), fragment)

    async def tell(self, component: str, event: str, value: Any) -> None:
        """Have a part of the page tell an event."""
        widget, fragment = self._widgets[component]
        told = json.dumps([{"event": event, "value": value}])
        state = WidgetState(id=f"$$STREAMLIT_INTERNAL_KEY_{widget}__events")
        state.json_trigger_value = told
        await self._run(state, fragment)

    async def fetch(self, *paths: str) -> None:
        """Get what a browser keeps for ever: only what it does not have yet."""
        for path in paths:
            if path not in self._fetched:
                (await self._client.get(path)).raise_for_status()
                self._fetched.add(path)

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        """Ask the server for something; its JSON."""
        answer = await self._client.post(path, json=body)
        answer.raise_for_status()
        return answer.json()

    async def follow(self, path: str, hear: Callable[[str, str, Any], bool]) -> None:
        """Listen to a stream of events, id, kind and data, until `hear` has had enough of it.

        One that ends before is an error.
        """
        event: dict[str, str] = {}
        async with self._client.stream("GET", path, timeout=None) as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                event[name] = value
                if line or "event" not in event:
                    continue
                if not hear(event.get("id", ""), event["event"], json.loads(event["data"])):
                    return
                event = {}
        self.log.errors.append("the server ended a stream")

    async def close(self) -> None:
        """Shut the tab."""
        if self._reading is not None:
            self._reading.cancel()
        if self._socket is not None:
            await self._socket.close()
        await self._client.aclose()

    async def _run(
        self, state: WidgetState | None = None, fragment: str = "", page_name: str = ""
    ) -> None:
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string, asked.page_script_hash = self._query, self._page
        asked.page_name, asked.fragment_id = page_name, fragment
        asked.cached_message_hashes.extend(self._kept)
        asked.context_info.url = f"{self.address}/{page_name}"
        asked.context_info.color_scheme = "light"
        if state is not None:
            asked.widget_states.widgets.append(state)
        assert self._socket is not None
        while not self._finished.empty():  # of what nobody waited for to its end
            self._finished.get_nowait()
        await self._socket.send(message.SerializeToString())
        early = ForwardMsg.FINISHED_EARLY_FOR_RERUN
        while await asyncio.wait_for(self._finished.get(), ANSWER_S) == early:
            pass

    async def _read(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for raw in socket:
                self._hear(ForwardMsg.FromString(raw))
        self.log.errors.append("the server shut a websocket")

    def _hear(self, message: ForwardMsg) -> None:
        if message.HasField("ref_hash"):
            message = self._kept[message.ref_hash]
        elif message.metadata.cacheable:
            self._kept[message.hash] = message
        match message.WhichOneof("type"):
            case "delta":
                self._take(message.delta)
            case "navigation":
                self._page = message.navigation.page_script_hash
                for page in message.navigation.app_pages:
                    self._pages[page.url_pathname] = page.page_script_hash
            case "page_info_changed":
                self._query = message.page_info_changed.query_string
            case "script_finished":
                self._finished.put_nowait(message.script_finished)

    def _take(self, delta: Delta) -> None:
        element, fragment = delta.new_element, delta.fragment_id
        match element.WhichOneof("type"):
            case "button":
                self._widgets[element.button.label] = element.button.id, fragment
            case "bidi_component":
                part = element.bidi_component
                name = part.component_name.split(".")[-1].removeprefix("vl_")
                self._widgets[name] = part.id, fragment
                self.components[name] = json.loads(part.json or "{}")
            case "exception":
                self.log.errors.append(f"on a page: {element.exception.message}"[:300])
            case "alert" if element.alert.format == element.alert.ERROR:
                self.log.errors.append(f"on a page: {element.alert.body}"[:300])
