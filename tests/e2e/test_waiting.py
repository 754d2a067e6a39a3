"""Whoever waits for a worker, seen in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.stage import settle
from tests.e2e.training import end_all, press, start_long_run, stop


@pytest.fixture(autouse=True)
def no_run_outlives_its_test(runs_folder: Path) -> Iterator[None]:
    yield
    end_all(runs_folder)


def test_a_place_and_a_time_follow_the_queue_without_a_word_to_the_servers_page(
    browser: Browser, page: Page, address: str, runs_folder: Path
) -> None:
    start_long_run(page, address, runs_folder)
    context = browser.new_context(viewport={"width": 1024, "height": 768})
    waiting, words = context.new_page(), list[object]()
    waiting.on("websocket", lambda line: line.on("framesent", lambda word: words.append(word)))
    waiting.goto(f"{address}/train")
    settle(waiting)
    press(waiting, "Train")
    says = waiting.locator(".vl-says")
    expect(says).to_have_text(re.compile(r"^Waiting for a free worker: place 1, about \d+ "))
    settle(waiting)
    waiting.wait_for_timeout(500)
    words.clear()
    expect(says).not_to_have_text(says.inner_text())
    expect(says).to_have_text(re.compile(r"^Waiting for a free worker: place 1, about \d+ "))
    assert words == []

    stop(page)
    expect(says).to_have_text(re.compile("^Training: epoch"))
    stop(waiting)
    context.close()
