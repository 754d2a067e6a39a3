"""A run on the Train page, as tests start, steer and read it."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from playwright.sync_api import Locator, Page, expect

from tests.e2e.stage import settle
from vae_core.runs import Run

# The alpha and colours of the canvas of dots, and where the axes put the map's coordinates on it.
DOTS = """() => {
  const canvas = document.querySelector(".vl-map .vl-points");
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const { xaxis } = document.querySelector(".vl-map .vl-axes")._fullLayout;
  return [height, width, xaxis.range[1], Array.from(data)];
}"""
RED = """picture => {
  const canvas = document.createElement("canvas");
  canvas.width = picture.naturalWidth ?? picture.width;
  canvas.height = picture.naturalHeight ?? picture.height;
  canvas.getContext("2d").drawImage(picture, 0, 0);
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return [canvas.height, canvas.width, Array.from(data).filter((_, place) => place % 4 === 0)];
}"""
# A number that changes with any pixel of the map's dots.
FINGERPRINT = """() => {
  const canvas = document.querySelector(".vl-map .vl-points");
  if (!canvas?.width) return 0;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let sum = 0;
  for (let i = 0; i < data.length; i += 1) sum = (sum * 31 + data[i]) | 0;
  return sum;
}"""
# Counts the streams that a page holds open, from its first script on.
COUNT_STREAMS = """(() => {
  window.streams = new Set();
  window.mostStreams = 0;
  const Real = window.EventSource;
  window.EventSource = class extends Real {
    constructor(url) {
      super(url);
      window.streams.add(this);
      window.mostStreams = Math.max(window.mostStreams, window.streams.size);
    }
    close() {
      super.close();
      window.streams.delete(this);
    }
  };
})()"""


def press(page: Page, label: str) -> None:
    """Press the button with exactly that label."""
    page.get_by_role("button", name=label, exact=True).click()


def run_id(page: Page) -> str:
    """The run in the page's address."""
    page.wait_for_function("() => new URL(location).searchParams.has('run')")
    return page.url.split("run=")[1].split("&")[0]


def status(folder: Path) -> str:
    """What the run's description says."""
    return json.loads((folder / "run.json").read_text())["status"]


def wait_for_status(page: Page, folder: Path, wanted: str, seconds: float = 60) -> None:
    """Wait until the run's description says it."""
    deadline = time.monotonic() + seconds
    while status(folder) != wanted:
        assert time.monotonic() < deadline, f"still {status(folder)}, not {wanted}"
        page.wait_for_timeout(100)


def rows(folder: Path) -> list[dict[str, Any]]:
    """All that the run has measured."""
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


def start_run(page: Page, address: str, runs_folder: Path) -> Path:
    """Press Train on a fresh page; the run's folder."""
    page.goto(f"{address}/train")
    settle(page)
    press(page, "Train")
    return runs_folder / run_id(page)


def start_long_run(page: Page, address: str, runs_folder: Path, *, kind: str | None = None) -> Path:
    """Start a run of a thousand epochs that is seen training; its folder."""
    page.goto(f"{address}/train")
    settle(page)
    press(page, "Settings")
    if kind is not None:
        page.get_by_role("combobox", name="Kind").click()
        page.get_by_role("option", name=kind).click()
    page.get_by_role("spinbutton", name="Epochs").fill("1000")
    page.get_by_role("spinbutton", name="Epochs").press("Enter")
    expect(page.get_by_text("1000 epochs")).to_be_visible()
    page.keyboard.press("Escape")
    press(page, "Train")
    folder = runs_folder / run_id(page)
    expect(page.get_by_text("Training: epoch")).to_be_visible()
    return folder


def pause(page: Page) -> None:
    """Pause, and wait until the page says so."""
    press(page, "Pause")
    expect(page.get_by_text("Paused at step")).to_be_visible()


def stop(page: Page) -> None:
    """Stop, and wait until the page says so."""
    press(page, "Stop")
    expect(page.get_by_text("What it has learnt is kept")).to_be_visible()


def end_all(runs_folder: Path) -> None:
    """Have every run end that still waits, trains or is paused with a worker."""
    for record in runs_folder.glob("*/run.json"):
        if status(record.parent) in ("queued", "running"):
            Run(record.parent).ask("stop")


def number(page: Page, selector: str, name: str) -> int:
    """A number that the page tells of itself: `data-NAME` of an element."""
    return int(page.locator(selector).get_attribute(f"data-{name}") or 0)


def drawn(picture: Locator) -> np.ndarray:
    """The red of a canvas or an image at its own size, (H, W), 0 to 255."""
    height, width, values = picture.evaluate(RED)
    return np.array(values).reshape(height, width)


def dots(page: Page) -> tuple[np.ndarray, float]:
    """Pixels of the map's dots, (H, W, 4), and the limit of its axes."""
    height, width, limit, values = page.evaluate(DOTS)
    return np.array(values, dtype=np.uint8).reshape(height, width, 4), limit


def assert_dots_are(page: Page, points: torch.Tensor) -> None:
    """Each point has its dot, and there is no dot without a point.

    Args:
        points: (N, 2) on the map.
    """
    image, limit = dots(page)
    height, width, _ = image.shape
    x, y = points.double().numpy().T
    columns, lines = (x / limit + 1) / 2 * width, (1 - y / limit) / 2 * height
    inside = (np.abs(x) < limit) & (np.abs(y) < limit)
    covered = image[:, :, 3] > 0
    assert inside.sum() > 0.9 * len(points)
    assert covered[lines[inside].astype(int), columns[inside].astype(int)].all()
    drawn = torch.from_numpy(np.argwhere(covered) + 0.5)
    centres = torch.from_numpy(np.stack([lines, columns], axis=1))
    assert torch.cdist(drawn, centres).amin(1).max() < 5  # radius 3, and soft edges
