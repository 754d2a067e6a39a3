"""Runs on the Train page: watched to their end, stopped, killed, lost and found again."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Page, WebSocket, expect

from tests.e2e.line import line_to
from tests.e2e.stage import settle, until
from tests.e2e.training import (
    COUNT_STREAMS,
    FINGERPRINT,
    assert_dots_are,
    dots,
    end_all,
    number,
    pause,
    press,
    rows,
    run_id,
    start_long_run,
    start_run,
    status,
    stop,
    wait_for_status,
)
from ui.theme import _CLASSES
from vae_core import encode, load_checkpoint, load_dataset
from vae_core.frames import make_probe

OPEN_STREAMS = "() => window.streams.size"
PATIENCE_S = 240  # for two hundred epochs on a busy computer


@pytest.fixture(autouse=True)
def no_run_outlives_its_test(runs_folder: Path) -> Iterator[None]:
    """A test that fails leaves the worker to the next one."""
    yield
    end_all(runs_folder)


LOSS = ".vl-loss"


def test_the_first_request_of_a_fresh_server_may_be_a_deep_link(page: Page, address: str) -> None:
    page.goto(f"{address}/train")
    settle(page)
    for name in ("Explore", "Train", "Sliders", "Denoise"):
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_visible()


def test_training_draws_many_maps_and_ends_on_the_means_that_encode_gives(
    page: Page, address: str, runs_folder: Path
) -> None:
    folder = start_run(page, address, runs_folder)
    maps = set()
    deadline = time.monotonic() + PATIENCE_S
    while status(folder) != "finished":
        assert time.monotonic() < deadline
        maps.add(page.evaluate(FINGERPRINT))
        page.wait_for_timeout(20)
    assert len(maps) >= 10
    expect(page.get_by_text("Finished: 200 epochs")).to_be_visible()

    last = rows(folder)
    until(
        page,
        lambda: expect(page.locator(".vl-curves")).to_have_attribute("data-rows", f"{len(last)}"),
    )
    expect(page.locator(".vl-map")).to_have_attribute("data-step", f"{last[-1]['step']}")
    expect(page.locator(".vl-curves-plot")).to_have_attribute("data-step", f"{last[-1]['step']}")
    probe = make_probe(load_dataset("digits"))
    means = encode(load_checkpoint(folder).model, probe.x).mean
    assert_dots_are(page, means)
    assert_lonely_dots_have_their_classes_colours(page, means, probe.label)

    page.get_by_label("Name").fill("my first map")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Explore it").click()
    settle(page)
    assert "model=my+first+map" in page.url or "model=my%20first%20map" in page.url
    expect(page.get_by_text("1,797 images, 2 numbers each, seed 0")).to_be_visible()


def assert_lonely_dots_have_their_classes_colours(
    page: Page, points: torch.Tensor, labels: torch.Tensor
) -> None:
    image, limit = dots(page)
    side = len(image)
    gaps = torch.cdist(points, points).fill_diagonal_(torch.inf).amin(1) / (2 * limit) * side
    lonely = (gaps > 9) & (points.abs().amax(1) < 0.95 * limit)
    assert int(lonely.sum()) > 5
    colours = [bytes.fromhex(colour[1:]) for colour in _CLASSES["light"].split()]
    for (x, y), label in zip(points[lonely].tolist(), labels[lonely].tolist(), strict=True):
        line, column = int((1 - y / limit) / 2 * side), int((x / limit + 1) / 2 * side)
        red_green_blue = image[line, column, :3].astype(int)
        assert np.abs(red_green_blue - list(colours[label])).max() <= 3


def test_steady_training_is_drawn_without_a_word_to_the_servers_page(
    page: Page, address: str, runs_folder: Path
) -> None:
    words: list[object] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framesent", lambda word: words.append(word))
        socket.on("framereceived", lambda word: words.append(word))

    page.on("websocket", listen)
    folder = start_long_run(page, address, runs_folder)
    press_nothing_for_ms, before = 2_000, number(page, ".vl-map", "frames")
    page.wait_for_timeout(1_000)  # the buttons have followed the status
    words.clear()
    page.wait_for_timeout(press_nothing_for_ms)
    assert words == []
    assert number(page, ".vl-map", "frames") > before + 2
    stop(page)
    every = len(rows(folder))
    until(
        page, lambda: expect(page.locator(".vl-curves")).to_have_attribute("data-rows", f"{every}")
    )


def test_the_loss_on_the_page_adds_up_to_the_digit(
    page: Page, address: str, runs_folder: Path
) -> None:
    start_long_run(page, address, runs_folder)
    page.wait_for_timeout(1000)
    pause(page)
    text = page.locator(LOSS).inner_text()
    numbers = [float(part) for part in text.replace("=", " ").split() if part[0].isdigit()]
    loss, recon, beta, kl = numbers
    assert loss == round(recon + beta * kl, 2)
    stop(page)


def test_a_reload_in_mid_run_finds_the_same_run_further_on_and_pause_still_works(
    page: Page, address: str, runs_folder: Path
) -> None:
    folder = start_long_run(page, address, runs_folder)
    before = rows(folder)[-1]["step"]
    page.reload()
    settle(page)
    assert run_id(page) == folder.name
    expect(page.get_by_text("Training: epoch")).to_be_visible()
    until(page, lambda: _assert_beyond(page, before))
    pause(page)
    wait_for_status(page, folder, "paused")
    paused_at = json.loads((folder / "run.json").read_text())["num_done"]
    press(page, "Step")
    expect(page.get_by_text(f"Paused at step {paused_at + 1:,}")).to_be_visible()
    press(page, "Resume")
    expect(page.get_by_text("Training: epoch")).to_be_visible()
    stop(page)


def _assert_beyond(page: Page, step: int) -> None:
    assert number(page, ".vl-map", "step") > step


def test_another_page_closes_the_stream_and_coming_back_goes_on_with_it(
    page: Page, address: str, runs_folder: Path
) -> None:
    page.add_init_script(COUNT_STREAMS)
    folder = start_long_run(page, address, runs_folder)
    page.get_by_role("link", name="Sliders", exact=True).click()
    settle(page)
    until(page, lambda: _assert_streams(page, 0))
    before = rows(folder)[-1]["step"]
    page.get_by_role("link", name="Train", exact=True).click()
    until(page, lambda: _assert_beyond(page, before))
    assert page.evaluate(OPEN_STREAMS) == 1
    stop(page)
    until(page, lambda: _assert_streams(page, 0))
    assert page.evaluate("() => window.mostStreams") == 1


def _assert_streams(page: Page, num: int) -> None:
    assert page.evaluate(OPEN_STREAMS) == num


def test_a_tab_out_of_sight_holds_no_stream_and_misses_no_row(
    page: Page, address: str, runs_folder: Path
) -> None:
    page.add_init_script(COUNT_STREAMS)
    folder = start_long_run(page, address, runs_folder)
    hide = """is => {
      Object.defineProperty(document, "hidden", { value: is, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(hide, True)
    assert page.evaluate(OPEN_STREAMS) == 0
    drawn = number(page, ".vl-curves", "rows")
    page.wait_for_timeout(1_000)
    assert number(page, ".vl-curves", "rows") == drawn < len(rows(folder))
    page.evaluate(hide, False)
    assert page.evaluate(OPEN_STREAMS) == 1
    stop(page)
    every = len(rows(folder))
    until(
        page, lambda: expect(page.locator(".vl-curves")).to_have_attribute("data-rows", f"{every}")
    )
    assert page.evaluate("() => window.mostStreams") == 1


def test_a_lost_stream_keeps_the_last_picture_and_comes_back_with_every_row(
    page: Page, address: str, runs_folder: Path
) -> None:
    page.add_init_script(COUNT_STREAMS)
    with line_to(address) as line:
        folder = start_long_run(page, line.address, runs_folder)
        until(page, lambda: _assert_beyond(page, 20))
        line.cut()
        expect(page.locator(".vl-lost")).to_be_visible()
        page.wait_for_timeout(500)
        last = page.evaluate(FINGERPRINT)
        page.wait_for_timeout(1_500)
        assert page.evaluate(FINGERPRINT) == last
        assert dots(page)[0].any()
        line.mend()
        expect(page.locator(".vl-lost")).to_be_hidden()
        settle(page)
        stop(page)
        every = len(rows(folder))
        until(
            page,
            lambda: expect(page.locator(".vl-curves")).to_have_attribute("data-rows", f"{every}"),
        )
        assert page.evaluate("() => window.mostStreams") == 1


def test_two_tabs_show_the_same_run_and_both_learn_of_its_end(
    browser: Browser, page: Page, address: str, runs_folder: Path
) -> None:
    folder = start_long_run(page, address, runs_folder)
    other = browser.new_context().new_page()
    other.goto(f"{address}/train?run={folder.name}")
    expect(other.get_by_text("Training: epoch")).to_be_visible()
    stop(page)
    expect(other.get_by_text("What it has learnt is kept")).to_be_visible()
    every, step = len(rows(folder)), rows(folder)[-1]["step"]
    for tab in (page, other):
        expect(tab.locator(".vl-curves")).to_have_attribute("data-rows", f"{every}")
        expect(tab.locator(".vl-map")).to_have_attribute("data-step", f"{step}")
    assert page.evaluate(FINGERPRINT) != 0
    other.context.close()


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
    stop(page)
    assert torch.isfinite(load_checkpoint(folder).latents.encoded.mean).all()
    every = len(rows(folder))
    until(
        page, lambda: expect(page.locator(".vl-curves")).to_have_attribute("data-rows", f"{every}")
    )


def test_a_run_that_is_not_here_says_so_and_offers_two_ways_on(page: Page, address: str) -> None:
    page.goto(f"{address}/train?run={'0' * 24}")
    settle(page)
    expect(page.get_by_text("This run is not here")).to_be_visible()
    page.get_by_role("link", name="Train a new model").click()
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_visible()


@pytest.mark.parametrize("width", [1024, 390])
def test_nothing_jumps_while_a_run_starts_pauses_steps_and_stops(
    page: Page, address: str, runs_folder: Path, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 768})
    page.goto(f"{address}/train")
    settle(page)
    place = page.locator(".vl-map").bounding_box
    page.wait_for_selector(".vl-map .vl-points")
    page.evaluate("() => { document.querySelector('.vl-live').dataset.first = 'yes'; }")
    places = [place()]
    press(page, "Train")
    folder = runs_folder / run_id(page)
    expect(page.get_by_text("Training: epoch")).to_be_visible()
    places.append(place())
    pause(page)
    places.append(place())
    press(page, "Step")
    expect(page.locator(".vl-step")).to_be_visible()
    places.append(place())
    if width == 1024:
        stop(page)
        places.append(place())
        fits = "() => { const main = document.querySelector('.stMain');"
        assert page.evaluate(fits + " return main.scrollHeight <= main.clientHeight; }")
    assert all(there == places[0] for there in places), places
    expect(page.locator(".vl-live")).to_have_attribute("data-first", "yes")  # never drawn anew
    wait_for_status(page, folder, "stopped" if width == 1024 else "paused")
