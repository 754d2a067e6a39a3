"""How long from the click on Train to the first picture of the training, in a real browser.

`python -m benchmarks.first_update` starts the app on a loopback port, presses the button ten
times (digits, the default recipe; each run is stopped once it is seen), and writes the times to
`benchmarks/results/`. `--json` prints one object as the last line.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import streamlit
import torch
from playwright.sync_api import Page

from tests.e2e import stage

RESULTS = Path(__file__).parent / "results" / "first_update.json"
TIMES = 10
DRAWN = ".vl-map .vl-points"
LOOKING_MS = 1_000  # nobody presses a button in the moment in which its page appears
# The loss line holds a number, and the map is that of a step other than 0.
UPDATED = """() => /Loss \\d/.test(document.querySelector(".vl-loss")?.innerText ?? "")
  && Number(document.querySelector(".vl-map")?.dataset.step) > 0"""


def one(page: Page, address: str) -> float:
    """Seconds from the click to the first loss and map on the page."""
    page.goto(f"{address}/train")
    stage.settle(page)
    page.wait_for_selector(DRAWN)
    page.wait_for_timeout(LOOKING_MS)
    button = page.get_by_role("button", name="Train", exact=True)
    began = time.perf_counter()
    button.click()
    page.wait_for_function(UPDATED, polling=20)
    seconds = time.perf_counter() - began
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_text("What it has learnt is kept").wait_for()
    return seconds


def measure() -> dict[str, object]:
    """Ten visitors, one after the other."""
    seconds = []
    with (
        tempfile.TemporaryDirectory() as folder,
        stage.serve(Path(folder)) as address,
        stage.chromium() as browser,
    ):
        for _ in range(TIMES + 1):
            context = browser.new_context(viewport={"width": 1024, "height": 768})
            seconds.append(one(context.new_page(), address))
            context.close()
    measured = seconds[1:]  # the first visitor also pays for the server's first page
    return {
        "first_update_s": {
            "median": round(statistics.median(measured), 3),
            "max": round(max(measured), 3),
            "first_visitor": round(seconds[0], 3),
        },
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, software rendering",
        "date": datetime.now(UTC).date().isoformat(),
        "versions": {"torch": torch.__version__, "streamlit": streamlit.__version__},
    }


def main() -> None:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    result = measure()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    print(f"Click to first update: {result['first_update_s']}")
    if as_json:
        sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
