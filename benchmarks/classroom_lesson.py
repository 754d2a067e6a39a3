"""One visitor's lesson: trains once, wanders over the pages, and sees the run to its end."""

import asyncio
import json
import random
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.classroom_session import Log, Session
from ui.api.following import frame_json, json_text
from vae_core.restoration import CHAMPION
from vae_core.runs import Run

MODEL = "digits-2d"
LEVELS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
THINK_S = 2.0, 6.0
RELEASES, DRAGS = 2, 4
PATIENCE_S = 480.0
_WAIT = re.compile(r"about ([0-9]+) (s|min)")


class Followed:
    """What one visitor has been told of their run, over several connections."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.frame: Any = None
        self.status = "none"
        self.last_id = ""
        self.is_over = False
        self.told: tuple[float, float] | None = None  # seconds of waiting, and when that was said
        self.waited_s: float | None = None  # from then on

    def hear(self, event_id: str, kind: str, data: Any) -> None:
        """Take one event as the page does."""
        self.last_id = event_id or self.last_id
        match kind:
            case "rows":
                self.rows = data["rows"] if data["restarted"] else self.rows + data["rows"]
            case "frame":
                self.frame = data
            case "status":
                self.status = data["status"]
                self._note(data["waiting"] or "")
            case "end":
                self.is_over = True

    def _note(self, waiting: str) -> None:
        """Keep the first wait that was told, and how long it was in truth."""
        found = _WAIT.search(waiting)
        if found and self.told is None:
            factor = 60 if found.group(2) == "min" else 1
            self.told = factor * float(found.group(1)), time.monotonic()
        if self.told and self.waited_s is None and self.status not in ("none", "queued"):
            self.waited_s = time.monotonic() - self.told[1]

    def lost(self, run: Run) -> int:
        """How much of what the run has left never arrived: rows, and the last picture."""
        left = json.loads(json_text(run.metrics()))
        last = run.live_frame()
        is_last = last is not None and self.frame == json.loads(json_text(frame_json(last)))
        common = sum(mine == theirs for mine, theirs in zip(self.rows, left, strict=False))
        return max(len(left), len(self.rows)) - common + (not is_last)


class Lesson:
    """What one visitor does.

    Args:
        log: what everybody has seen.
        number: of the visitor: the seed of what they do and when.
        runs: folder of the server's runs.
    """

    def __init__(self, address: str, log: Log, number: int, runs: Path) -> None:
        self.session = Session(address, log)
        self.log, self.runs = log, runs
        self.followed = Followed()
        self.run: Run | None = None
        self.chance = random.Random(number)

    async def think(self) -> None:
        """Look at what is there."""
        await asyncio.sleep(self.chance.uniform(*THINK_S))

    async def come(self) -> None:
        """Open the app and the page Train."""
        async with self.log.timed("open the app"):
            await self.session.open()
            await self._load("latent_map")
        await self.think()
        async with self.log.timed("go to Train"):
            await self.session.go("train")

    async def press_train(self) -> None:
        """Press the one button; the run's address is then on the page."""
        async with self.log.timed("press Train"):
            await self.session.press("Train")
            self.run = Run(self.runs / self._url().rpartition("/")[2])

    async def wander(self, until: float) -> None:
        """Go from page to page, and back to the run now and then."""
        while time.monotonic() < until:
            pages = [self.explore, self.slide, self.denoise, self.watch]
            self.chance.shuffle(pages)
            for page in pages:
                await page()

    async def explore(self) -> None:
        """Look at a map."""
        async with self.log.timed("go to Explore"):
            await self.session.go("")
            await self._load("latent_map")
        await self.think()

    async def slide(self) -> None:
        """Let sliders go: moving them asks the server for nothing."""
        async with self.log.timed("go to Sliders"):
            await self.session.go("sliders")
        at = dict(self.session.components["sliders"]["at"])
        for _ in range(RELEASES):
            await self.think()
            at["z"] = [round(self.chance.gauss(0, 1), 2) for _ in range(2)]
            async with self.log.timed("let a slider go"):
                await self.session.let_go("sliders", at=at)

    async def denoise(self) -> None:
        """Move the level."""
        async with self.log.timed("go to Denoise"):
            await self.session.go("denoise")
        methods = ["median", f"one-pass:{MODEL}", CHAMPION]
        asked = {"model": MODEL, "kind": "gaussian", "images": 0, "noise": 0, "methods": methods}
        for _ in range(DRAGS):
            await self.think()
            async with self.log.timed("restore at another level"):
                level = self.chance.choice(LEVELS)
                await self.session.post("/api/restore", asked | {"level": level})

    async def watch(self, seconds: float = 15.0) -> None:
        """Look at the own run; the page runs again when its status is another one."""
        async with self.log.timed("go to Train"):
            await self.session.go("train")
        with suppress(TimeoutError):  # enough seen
            await asyncio.wait_for(self._follow(), seconds)

    async def see_the_end(self) -> int:
        """Stay until the run has ended; the number of lost updates."""
        await self.watch(PATIENCE_S)
        if self.run is None:
            return 1
        if not self.followed.is_over or self.run.record().status != "finished":
            self.log.errors.append(f"a run was {self.run.record().status} at the end")
        return self.followed.lost(self.run)

    async def _follow(self) -> None:
        if self.followed.waited_s is None:
            self.followed.told = None  # nobody watched in between
        shown = self.session.components["live"]["status"]
        while not self.followed.is_over:
            after = f"?after={self.followed.last_id}" if self.followed.last_id else ""
            await self.session.follow(self._url() + after, self._hear_until(shown))
            if self.followed.status != shown:
                shown = self.followed.status
                async with self.log.timed("another status"):
                    await self.session.tell("live", "status", shown)

    def _hear_until(self, shown: str) -> Any:
        def hear(event_id: str, kind: str, data: Any) -> bool:
            self.followed.hear(event_id, kind, data)
            return self.followed.status == shown and not self.followed.is_over

        return hear

    async def _load(self, component: str) -> None:
        url = self.session.components[component]["model"]["url"]
        names = "decoder", "encoder", "latents", *(f"pictures/{number}.png" for number in range(4))
        await self.session.fetch(*(f"{url}/{name}" for name in names))

    def _url(self) -> str:
        return str(self.session.components["live"]["url"])
