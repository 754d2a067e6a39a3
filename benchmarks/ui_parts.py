"""What `benchmarks.ui` measures, one function each."""

import dataclasses
import os
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import torch
from playwright.sync_api import Browser, Page
from safetensors.torch import save_file

from tests.e2e import stage
from ui import cache
from ui.components import VERSION
from vae_core import (
    ConvConfig,
    RunConfig,
    build_model,
    catalogue,
    load_checkpoint,
    load_dataset,
    runs,
)
from vae_core.checkpoints import LATENTS_FILE, save_trained
from vae_core.data import Dataset
from vae_core.data.framing import MNIST_FRAMING
from vae_core.inference import encode
from vae_core.models import LatentModel
from vae_core.recipes import default_config

MANY = 60_000
HOVERS = 10
DECODES = 200
STROKES = 100
DRAG_STEPS = 20
MAP = ".vl-surface"
POINTS = ".vl-points"
CURSOR = "canvas.vl-decoded"
PAINTED = f"""() => [{POINTS!r}, {CURSOR!r}].every((selector) => {{
  const canvas = document.querySelector(selector);
  if (!canvas || !canvas.width) return false;
  const {{ data }} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value) => value > 0 && value < 255);
}})"""
ENDED = "() => /Finished/.test(document.querySelector('.stMain').innerText)"
COUNT_STREAMS = """
window.openStreams = 0;
window.EventSource = class extends EventSource {
  constructor(...values) { super(...values); window.openStreams += 1; this.isCounted = true; }
  close() { if (this.isCounted) window.openStreams -= 1; this.isCounted = false; super.close(); }
};"""

DRAW = """async ([url, version, framing, num]) => {
  const { framed, strokesAsInk } = await import(`/api/js/${version}/draw_frame.js`);
  const { loadNet } = await import(`/api/js/${version}/net.js`);
  const [encoder, decoder] = await Promise.all(
    ["encoder", "decoder"].map((part) => loadNet(`${url}/${part}`)));
  const times = [];
  const stroke = [];
  for (let i = 0; i < num; i += 1) {
    stroke.push([100 + 70 * Math.sin(i / 9), 100 + 60 * Math.cos(i / 7)]);
    const began = performance.now();
    const { mean } = encoder.run(framed(strokesAsInk([stroke]), framing, [1, 28, 28], 256), {});
    decoder.run(mean, {});
    times.push(performance.now() - began);
  }
  return times;
}"""
DECODE = """async ([url, version, num]) => {
  const { loadNet } = await import(`/api/js/${version}/net.js`);
  const net = await loadNet(url);
  const times = [];
  for (let i = 0; i < num; i += 1) {
    const began = performance.now();
    net.run([Math.sin(i), Math.cos(2 * i)], {});
    times.push(performance.now() - began);
  }
  return times;
}"""
HOVER = """([selector, x, y]) => new Promise((resolve) => {
  const canvas = document.querySelector(selector);
  const look = () => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
    .join();
  const before = look();
  let began = 0;
  const wait = () => {
    if (look() !== before) resolve(performance.now() - began);
    else requestAnimationFrame(wait);
  };
  const surface = document.elementFromPoint(x, y);
  began = performance.now();
  const options = { clientX: x, clientY: y, bubbles: true, pointerType: "mouse" };
  surface.dispatchEvent(new PointerEvent("pointermove", options));
  requestAnimationFrame(wait);
})"""


def prepare(folder: Path) -> dict[str, str]:
    """Models beside the bundled ones: a convolutional one, and one with 60,000 latents.

    Returns:
        Their ids, by "conv" and "many".
    """
    os.environ["VAELAB_RUNS"] = str(folder)
    data = load_dataset("mnist")
    conv = RunConfig(dataset="mnist", model=ConvConfig(latent_dim=2))
    ids = {}
    run = runs.create(conv)
    save_trained(run.folder, run.record(), build_model(conv.model, data.spec), data)
    runs.save_as(run, "Convolutional")
    ids["conv"] = run.id
    found = load_checkpoint(catalogue.folder_of("mnist-2d"))
    run = runs.create(default_config("mnist"))
    save_trained(run.folder, run.record().evolve(status="finished"), found.model, data)
    _store_latents(run.folder, found.model, data)
    runs.save_as(run, "Sixty thousand")
    ids["many"] = run.id
    return ids


def _store_latents(folder: Path, model: LatentModel, data: Dataset) -> None:
    """Latents of 60,000 images instead of the 10,000 that are kept."""
    tensors: dict[str, list[torch.Tensor]] = {}
    for place, source in enumerate((data.train, data.val)):
        encoded = encode(model, source.pixels())
        assert encoded.logvar is not None
        parts = {
            "mean": encoded.mean,
            "logvar": encoded.logvar,
            "label": source.labels.int(),
            "split": torch.full((len(source),), place, dtype=torch.uint8),
            "index": torch.arange(len(source), dtype=torch.int32),
        }
        for name, part in parts.items():
            tensors.setdefault(name, []).append(part)
    joined = {name: torch.cat(parts)[:MANY].contiguous() for name, parts in tensors.items()}
    save_file(joined, folder / LATENTS_FILE)


def decoding(page: Page, address: str, model: str) -> list[float]:
    """Milliseconds of single decodes by the network in the page, warm."""
    page.goto(address)
    stage.settle(page)
    key = cache.key_of(model)
    assert key is not None
    url = f"/api/models/{model}/{key[1]}/decoder"
    measured: list[float] = page.evaluate(DECODE, [url, VERSION, 2 * DECODES])
    return measured[DECODES:]


def drawing(page: Page, address: str, model: str) -> list[float]:
    """Milliseconds from a stroke's new point to its picture, posterior and reconstruction, warm."""
    page.goto(address)
    stage.settle(page)
    key = cache.key_of(model)
    assert key is not None
    url = f"/api/models/{model}/{key[1]}"
    framing = dataclasses.asdict(MNIST_FRAMING)
    framing["byMass"] = framing.pop("by_mass")
    measured: list[float] = page.evaluate(DRAW, [url, VERSION, framing, 2 * STROKES])
    return measured[STROKES:]


def first_paint(page: Page, address: str) -> float:
    """Seconds from navigation until dots and a decode are on the page."""
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_function(PAINTED, polling=20)
    return time.perf_counter() - began


def hovering(browser: Browser, address: str, model: str) -> list[float]:
    """Milliseconds from a move of the mouse until its decode is drawn, over 60,000 dots."""
    context = browser.new_context(viewport={"width": 1024, "height": 768})
    page = context.new_page()
    page.goto(f"{address}/?model={quote(runs.open_run(model).record().title)}")
    page.wait_for_function(PAINTED)
    page.wait_for_timeout(2_000)
    box = page.locator(MAP).bounding_box()
    assert box is not None
    measured = []
    for turn in range(HOVERS + 1):
        share = (turn + 1) / (HOVERS + 2)
        place = [box["x"] + share * box["width"], box["y"] + (0.3 + 0.4 * share) * box["height"]]
        measured.append(page.evaluate(HOVER, [CURSOR, *place]))
        page.wait_for_timeout(300)
    context.close()
    return measured[1:]


def live(page: Page, address: str, dataset: str) -> float:
    """Maps a second that are drawn while the app's recipe trains."""
    page.goto(f"{address}/train")
    stage.settle(page)
    if dataset != "digits":
        page.get_by_role("button", name="Settings", exact=True).click()
        page.get_by_role("combobox", name="Data set").click()
        page.get_by_role("option", name="MNIST", exact=True).click()
        page.get_by_text(re.compile("MNIST, fully connected.* 10 epochs")).wait_for()
        stage.settle(page)
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_function("() => Number(document.querySelector('.vl-map')?.dataset.step) > 0")
    first, began = int(page.locator(".vl-map").get_attribute("data-frames") or 0), time.monotonic()
    page.wait_for_function(ENDED, timeout=120_000)
    frames = int(page.locator(".vl-map").get_attribute("data-frames") or 0) - first
    return round(frames / (time.monotonic() - began), 2)


def messages(page: Page, address: str) -> int:
    """What the page sends while a slider is dragged and the map hovered over."""
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(data)))
    page.goto(f"{address}/sliders")
    stage.settle(page)
    slider = page.get_by_role("slider").first
    box = slider.bounding_box()
    assert box is not None
    page.wait_for_timeout(1_000)
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    before = len(sent)
    page.mouse.move(box["x"] + 0.9 * box["width"], middle, steps=DRAG_STEPS)
    page.wait_for_timeout(500)
    dragged = len(sent) - before
    page.mouse.up()
    page.goto(address)
    page.wait_for_function(PAINTED)
    page.wait_for_timeout(1_000)
    box = page.locator(MAP).bounding_box()
    assert box is not None
    before = len(sent)
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.move(box["x"] + 300, box["y"] + 300, steps=DRAG_STEPS)
    page.wait_for_timeout(500)
    return dragged + len(sent) - before


def switching(page: Page, address: str, minutes: float) -> dict[str, Any]:
    """Open streams and heap of somebody who goes from page to page while a model trains."""
    page.add_init_script(COUNT_STREAMS)
    page.goto(f"{address}/train")
    stage.settle(page)
    client = page.context.new_cdp_session(page)
    heap_mb, visits, most = [], 0, 0
    until = time.monotonic() + 60 * minutes
    while time.monotonic() < until:
        for name in ("Train", "Explore", "Sliders", "Denoise"):
            page.get_by_role("link", name=name, exact=True).click()
            stage.settle(page)
            page.wait_for_timeout(1_000)
            start = page.get_by_role("button", name=re.compile("^(Train$|Start again)"))
            if name == "Train" and start.count() and start.first.is_enabled():
                start.first.click()
                page.wait_for_timeout(2_000)
            most = max(most, page.evaluate("() => window.openStreams"))
            visits += 1
        client.send("HeapProfiler.collectGarbage")
        used = client.send("Runtime.getHeapUsage")["usedSize"]
        heap_mb.append(round(used / 1e6, 2))
    return {"minutes": minutes, "visits": visits, "most_streams": most, "heap_mb": heap_mb}
