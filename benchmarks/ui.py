"""How quickly the pages answer a hand, in a real browser.

`python -m benchmarks.ui` starts the app on a loopback port and drives headless Chromium with
software rendering through it, ten times for each number; medians count:

- decoding in the page: the network of mnist-2d, and an untrained convolutional one of the same data
- drawing: from a new point of a stroke to the picture, its place on the map and its reconstruction
- the first useful picture: from navigation on a warm server until the map and one decode are drawn
- hovering over a map of 60,000 dots: from the mouse's move until the decode is drawn
- live updates a second while the app's recipes for digits and MNIST train
- websocket messages while a slider is dragged and a map hovered over, before anything is let go
- with --pages MINUTES: streams and heap while somebody switches pages for so long

MNIST is read from VAELAB_DATA. The table goes to benchmarks/results/ui.md and .json.
"""

import statistics
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import streamlit
import torch
from playwright.sync_api import Browser, Page

from benchmarks import common, ui_parts
from tests.e2e import stage

TIMES = 10
AIMS = {
    "decode, MLP, median": "2 ms",
    "decode, MLP, 95th percentile": "8 ms",
    "decode, convolutional, median": "16 ms",
    "drawn point to reconstruction": "16 ms",
    "first useful picture": "2.5 s",
    "hover, 60,000 dots": "50 ms",
    "live updates, digits": "4 a second",
    "live updates, MNIST": "4 a second",
    "messages while dragging": "0",
}


@contextmanager
def visitor(browser: Browser) -> Iterator[Page]:
    """A page of a new visitor, as large as a projector's."""
    context = browser.new_context(viewport={"width": 1024, "height": 768})
    try:
        yield context.new_page()
    finally:
        context.close()


def times(browser: Browser, one: Callable[[Page], float]) -> list[float]:
    """Ten visitors; another one first, for whom the server does everything for the first time."""
    measured = []
    for _ in range(TIMES + 1):
        with visitor(browser) as page:
            measured.append(one(page))
    return measured[1:]


def measure(pages_min: float) -> dict[str, Any]:
    """Everything, one after the other."""
    machine = common.machine(torch.get_num_threads())
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder)
        names = ui_parts.prepare(runs)
        with stage.serve(runs) as address, stage.chromium() as browser:
            with visitor(browser) as page:
                decode = {
                    "mlp": ui_parts.decoding(page, address, "mnist-2d"),
                    "conv": ui_parts.decoding(page, address, names["conv"]),
                }
                drawn = ui_parts.drawing(page, address, "mnist-2d")
            paint = times(browser, lambda page: ui_parts.first_paint(page, address))
            hover = ui_parts.hovering(browser, address, names["many"])
            with visitor(browser) as page:
                live = {name: ui_parts.live(page, address, name) for name in ("digits", "mnist")}
            with visitor(browser) as page:
                sent = ui_parts.messages(page, address)
            result = {
                "decode_ms": {
                    "mlp": {
                        "median": common.median(decode["mlp"]),
                        "p95": round(statistics.quantiles(decode["mlp"], n=20)[-1], 3),
                    },
                    "conv": {"median": common.median(decode["conv"])},
                },
                "stroke_ms": common.median(drawn),
                "first_paint_s": common.median(paint),
                "hover_ms_60k": common.median(hover, 1),
                "live_updates_per_s": live,
                "websocket_messages_while_dragging": sent,
            }
            if pages_min:
                with visitor(browser) as page:
                    result["page_switching"] = ui_parts.switching(page, address, pages_min)
    return result | {
        "machine": machine,
        "versions": {
            "chromium": stage.chromium_version(),
            "playwright": version("playwright"),
            "streamlit": streamlit.__version__,
        },
    }


def rows(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What was measured, how much it is, and what it is meant to be."""
    decode, live = result["decode_ms"], result["live_updates_per_s"]
    values = {
        "decode, MLP, median": f"{decode['mlp']['median']:.2f} ms",
        "decode, MLP, 95th percentile": f"{decode['mlp']['p95']:.2f} ms",
        "decode, convolutional, median": f"{decode['conv']['median']:.2f} ms",
        "drawn point to reconstruction": f"{result['stroke_ms']:.1f} ms",
        "first useful picture": f"{result['first_paint_s']:.2f} s",
        "hover, 60,000 dots": f"{result['hover_ms_60k']:.1f} ms",
        "live updates, digits": f"{live['digits']:.1f} a second",
        "live updates, MNIST": f"{live['mnist']:.1f} a second",
        "messages while dragging": str(result["websocket_messages_while_dragging"]),
    }
    return [(name, value, AIMS[name]) for name, value in values.items()]


def report(result: dict[str, Any]) -> str:
    """The table that is kept."""
    text = f"# Response of the pages\n\n{__doc__}\n"
    text += common.markdown(["what", "measured", "aim"], rows(result))
    if "page_switching" in result:
        it = result["page_switching"]
        first, last = it["heap_mb"][0], it["heap_mb"][-1]
        text += (
            f"\n{it['minutes']:g} minutes of switching pages, {it['visits']} visits: at most "
            f"{it['most_streams']} open stream; heap {first:.1f} MB after the first round, "
            f"{last:.1f} MB at the end.\n"
        )
    return f"{text}\n{common.described(result)}\nSoftware rendering, headless.\n"


def main() -> None:
    """Measure, print, keep."""
    parser = common.parser(__doc__)
    parser.add_argument("--pages", type=float, default=0.0, metavar="MINUTES")
    given = parser.parse_args()

    def work() -> dict[str, Any]:
        result = measure(given.pages)
        text = report(result)
        common.keep("ui", result, text)
        print(text)
        return result

    common.run(work, lambda: given.json)


if __name__ == "__main__":
    main()
