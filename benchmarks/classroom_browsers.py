"""Visitors with a real browser, who do what the others do and look at what comes of it."""

import random
import time
from contextlib import suppress
from pathlib import Path

from playwright.async_api import Locator, Page, Response, expect

from benchmarks.classroom_session import Log
from benchmarks.ui_parts import PAINTED
from vae_core.runs import Run

PATIENCE_MS = 60_000
END_MS = 480_000
THINK_MS = 2_000, 6_000
WATCHING_MS = 10_000
DRAGS = 4
SEEN = {"Sliders": ".vl-big canvas", "Denoise": "tr[data-method]", "Train": ".vl-live .vl-says"}
PICTURES = """(find) => [...document.querySelectorAll(find)]
  .filter((canvas) => canvas.checkVisibility()).map((canvas) => canvas.toDataURL()).join()"""
CHANGED = f"([find, before]) => ({PICTURES})(find) !== before"


class Watched:
    """One page of a real browser.

    Args:
        log: what everybody has seen.
        number: of the visitor: the seed of what they do and when.
        runs: folder of the server's runs.
    """

    def __init__(self, page: Page, address: str, log: Log, number: int, runs: Path) -> None:
        self.page, self.address, self.log, self.runs = page, address, log, runs
        self.chance = random.Random(number)
        self.run: Run | None = None
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: log.errors.append(f"in a browser: {error}"[:300]))
        page.on("response", self._see)

    async def come(self) -> None:
        """Open the app and the page Train."""
        async with self.log.timed("open the app (Chromium)"):
            await self.page.goto(f"{self.address}/?model=digits-2d", wait_until="commit")
            await self.page.wait_for_function(PAINTED)
        await self._go("Train")

    async def press_train(self) -> None:
        """Press the one button, and wait until the page offers what can be done with a run."""
        async with self.log.timed("press Train (Chromium)"):
            await self.page.get_by_role("button", name="Train", exact=True).click()
            await self.page.wait_for_function("() => location.search.includes('run=')")
            await self.page.get_by_role("button", name="Stop", exact=True).wait_for()
        self.run = Run(self.runs / self.page.url.split("run=")[1].split("&")[0])

    async def wander(self, until: float) -> None:
        """Go from page to page, slide and denoise on the way."""
        while time.monotonic() < until:
            await self._go("Explore")
            await self._go("Sliders")
            await self._move("a slider", self.page.get_by_role("slider").first, "Sliders")
            await self._go("Denoise")
            level = self.page.locator(".vl-lab-tools .vl-lab-level input")
            for _ in range(DRAGS):
                await self._move("the level", level, "Denoise")
            await self._go("Train")
            await self.page.wait_for_timeout(WATCHING_MS)

    async def see_the_end(self) -> int:
        """Stay until the run has ended; the number of lost updates."""
        await self._go("Train")
        if self.run is None:
            return 1
        with suppress(AssertionError):  # what is counted below says it
            await expect(self.page.get_by_text("Finished: ")).to_be_visible(timeout=END_MS)
        if (status := self.run.record().status) != "finished":
            self.log.errors.append(f"a run was {status} at the end")
        rows = self.run.metrics()
        return await self._lacks(".vl-curves", "data-rows", len(rows)) + await self._lacks(
            ".vl-map", "data-step", rows[-1]["step"] if rows else 0
        )

    async def _go(self, page: str) -> None:
        """Press a page's name in the menu, and wait until it can be seen; then look at it."""
        async with self.log.timed(f"go to {page} (Chromium)"):
            await self.page.get_by_role("link", name=page, exact=True).click()
            if page == "Explore":
                await self.page.wait_for_function(PAINTED)
            else:
                await self.page.locator(SEEN[page]).first.wait_for()
        await self._think()

    async def _move(self, what: str, slider: Locator, page: str) -> None:
        """Press an arrow key on a slider and wait until pictures are others."""
        find = SEEN[page] if page == "Sliders" else f"{SEEN[page]} canvas"
        async with self.log.timed(f"move {what} (Chromium)"):
            before = await self.page.evaluate(PICTURES, find)
            await slider.press(self.chance.choice(["ArrowRight", "ArrowLeft"]))
            await self.page.wait_for_function(CHANGED, arg=[find, before], polling=20)
        await self._think()

    async def _lacks(self, find: str, name: str, value: int) -> int:
        """1 where the page does not come to show a value, else 0."""
        try:
            await expect(self.page.locator(find)).to_have_attribute(name, f"{value}")
        except AssertionError as error:
            self.log.errors.append(f"in a browser: {error}"[:300])
            return 1
        return 0

    async def _think(self) -> None:
        await self.page.wait_for_timeout(self.chance.uniform(*THINK_MS))

    def _see(self, answer: Response) -> None:
        if answer.status >= 400:
            self.log.errors.append(f"in a browser: {answer.status} from {answer.url}"[:300])
