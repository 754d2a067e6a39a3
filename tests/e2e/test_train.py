import json
import os
import signal
import time
from pathlib import Path

import numpy as np
import torch
from playwright.sync_api import Page, expect

from tests.e2e.stage import settle
from vae_core import encode, load_checkpoint, load_dataset
from vae_core.frames import make_probe

MAP = """() => {
  const plot = document.querySelector('.st-key-live_map .js-plotly-plot');
  if (!plot || !plot._fullData) return [];
  return plot._fullData.flatMap(trace => Array.from(trace.customdata, (position, row) =>
    [position, trace.x[row], trace.y[row]]));
}"""


def press(page: Page, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).click()


def run_id(page: Page) -> str:
    page.wait_for_function("() => new URL(location).searchParams.has('run')")
    return page.url.split("run=")[1].split("&")[0]


def status(folder: Path) -> str:
    return json.loads((folder / "run.json").read_text())["status"]


def wait_for_status(page: Page, folder: Path, wanted: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while status(folder) != wanted:
        assert time.monotonic() < deadline, f"still {status(folder)}, not {wanted}"
        page.wait_for_timeout(100)


def last_step(folder: Path) -> int:
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return json.loads(lines[-1])["step"]


def start_long_run(page: Page, address: str, runs_folder: Path) -> Path:
    page.goto(f"{address}/train")
    settle(page)
    press(page, "Settings")
    page.get_by_role("spinbutton", name="Epochs").fill("1000")
    page.get_by_role("spinbutton", name="Epochs").press("Enter")
    expect(page.get_by_text("1000 epochs")).to_be_visible()
    page.keyboard.press("Escape")
    press(page, "Train")
    folder = runs_folder / run_id(page)
    expect(page.get_by_text("Training: epoch")).to_be_visible()
    return folder


def test_the_first_request_of_a_fresh_server_may_be_a_deep_link(page: Page, address: str) -> None:
    page.goto(f"{address}/train")
    settle(page)
    for name in ("Explore", "Train", "Sliders", "Denoise"):
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_visible()


def test_training_draws_many_maps_and_ends_on_the_means_that_encode_gives(
    page: Page, address: str, runs_folder: Path
) -> None:
    page.goto(f"{address}/train")
    settle(page)
    press(page, "Train")
    folder = runs_folder / run_id(page)
    maps = set()
    deadline = time.monotonic() + 90
    while status(folder) != "finished":
        assert time.monotonic() < deadline
        maps.add(json.dumps(page.evaluate(MAP)[:50]))
        page.wait_for_timeout(50)
    assert len(maps) >= 10
    expect(page.get_by_text("Finished: 200 epochs")).to_be_visible()
    settle(page)

    checkpoint = load_checkpoint(folder)
    means = encode(checkpoint.model, make_probe(load_dataset("digits")).x).mean.numpy()
    drawn = np.array(sorted(page.evaluate(MAP)))
    assert len(drawn) == len(means)
    np.testing.assert_allclose(drawn[:, 1:], means, atol=1e-3)

    page.get_by_label("Name").fill("my first map")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Explore it").click()
    settle(page)
    assert "model=my+first+map" in page.url or "model=my%20first%20map" in page.url
    expect(page.get_by_text("1,797 images, 2 numbers each, seed 0")).to_be_visible()


def test_the_loss_on_the_page_adds_up_to_the_digit(
    page: Page, address: str, runs_folder: Path
) -> None:
    start_long_run(page, address, runs_folder)
    page.wait_for_timeout(1000)
    press(page, "Pause")
    expect(page.get_by_text("Paused at step")).to_be_visible()
    text = page.locator(".vl", has_text="Loss").first.inner_text()
    numbers = [float(part) for part in text.replace("=", " ").split() if part[0].isdigit()]
    loss, recon, beta, kl = numbers
    assert loss == round(recon + beta * kl, 2)
    press(page, "Stop")
    expect(page.get_by_text("What it has learnt is kept")).to_be_visible()


def test_a_reload_in_mid_run_finds_the_same_run_further_on_and_pause_still_works(
    page: Page, address: str, runs_folder: Path
) -> None:
    folder = start_long_run(page, address, runs_folder)
    before = last_step(folder)
    page.reload()
    settle(page)
    assert run_id(page) == folder.name
    expect(page.get_by_text("Training: epoch")).to_be_visible()
    assert last_step(folder) > before
    press(page, "Pause")
    expect(page.get_by_text("Paused at step")).to_be_visible()
    wait_for_status(page, folder, "paused")
    paused_at = json.loads((folder / "run.json").read_text())["num_done"]
    press(page, "Step")
    expect(page.get_by_text(f"Paused at step {paused_at + 1:,}")).to_be_visible()
    press(page, "Resume")
    expect(page.get_by_text("Training: epoch")).to_be_visible()
    press(page, "Stop")
    expect(page.get_by_text("What it has learnt is kept")).to_be_visible()


def test_a_killed_worker_loses_nothing(page: Page, address: str, runs_folder: Path) -> None:
    folder = start_long_run(page, address, runs_folder)
    deadline = time.monotonic() + 60
    while not (folder / "resume.safetensors").exists():
        assert time.monotonic() < deadline
        page.wait_for_timeout(100)
    os.kill(json.loads((folder / "lease.json").read_text())["pid"], signal.SIGKILL)
    expect(page.get_by_text("Interrupted")).to_be_visible()
    press(page, "Resume")
    expect(page.get_by_text("Training: epoch")).to_be_visible()
    press(page, "Stop")
    expect(page.get_by_text("What it has learnt is kept")).to_be_visible()
    assert torch.isfinite(load_checkpoint(folder).latents.encoded.mean).all()


def test_a_run_that_is_not_here_says_so_and_offers_two_ways_on(page: Page, address: str) -> None:
    page.goto(f"{address}/train?run={'0' * 24}")
    settle(page)
    expect(page.get_by_text("This run is not here")).to_be_visible()
    page.get_by_role("link", name="Train a new model").click()
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_visible()
