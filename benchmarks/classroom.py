"""Thirty people at once on one server.

`python -m benchmarks.classroom` starts the app on a loopback port, lets one visitor train alone,
and then has thirty come: three with a real Chromium, the others over real websockets, requests and
event streams as a browser sends them. All press *Train* (digits, default recipe) within ten
seconds. For three minutes they go from page to page, let sliders go, restore noisy pictures and
look after their runs; then each waits for the end of theirs.

A reaction is the time from a press, a change of page or a question to the last of the answer; in
Chromium, until it can be seen. An update is lost when a row of a run's metrics never came over its
stream, or when the last picture that came is not the last frame that was kept; in Chromium, when
the page does not come to show as many rows and the last step. A stream that the server ends early,
a refused request, an error on a page and a run that does not finish are errors. Every run must have
the weights of the run that was trained alone, to the bit. Everything shares the machine's cores:
the server, its workers, Chromium, and the process that plays the other visitors. Memory is resident
memory, shared libraries included; a worker that trains on MNIST takes up to 900 MiB.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from playwright.async_api import async_playwright

from benchmarks import common
from benchmarks.classroom_browsers import Watched
from benchmarks.classroom_lesson import Lesson
from benchmarks.classroom_machine import Watch
from benchmarks.classroom_session import Log
from benchmarks.peers import BenchmarkError
from tests.e2e import stage
from vae_core.checkpoints import MODEL_FILE
from vae_core.runs import Run

SESSIONS, BROWSERS, MINUTES = 30, 3, 3.0
COMING_S, PRESSING_S = 15.0, 10.0
AIMS = {
    "p95_ms": "1,000",
    "lost_updates": "0",
    "errors": "0",
    "server_mb": "1,500",
    "worker_mb": "700",
}

Visitor = Lesson | Watched


async def alone(address: str, runs: Path) -> tuple[Run, float]:
    """Train once on the idle server: the run, and seconds from the press to its end."""
    log = Log()
    lesson = Lesson(address, log, SESSIONS, runs)
    await lesson.come()
    began = time.perf_counter()
    await lesson.press_train()
    await lesson.see_the_end()
    seconds = time.perf_counter() - began
    await lesson.session.close()
    if log.errors or lesson.run is None:
        raise BenchmarkError(f"One visitor alone met with errors: {log.errors}")
    return lesson.run, seconds


async def visit(visitor: Visitor, place: float, press_at: float, until: float) -> int:
    """All that one visitor does; the number of lost updates.

    Args:
        place: among those who come, 0 to 1.
        press_at: when the first presses Train, as `time.monotonic` says it.
        until: when the last wandering ends.
    """
    await asyncio.sleep(COMING_S * place)
    await visitor.come()
    await asyncio.sleep(max(0.0, press_at + PRESSING_S * place - time.monotonic()))
    await visitor.press_train()
    await visitor.wander(until)
    return await visitor.see_the_end()


async def together(
    address: str, runs: Path, log: Log, num: int, num_browsers: int, minutes: float
) -> tuple[list[Visitor], int]:
    """A lesson of all: the visitors, and how many updates they lost."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=stage.CHROMIUM, args=stage.FLAGS)
        visitors: list[Visitor] = []
        apart = num // max(num_browsers, 1)
        with_browser = {apart * place + apart // 2 for place in range(num_browsers)}
        for number in range(num):
            if number in with_browser:
                context = await browser.new_context(viewport={"width": 1024, "height": 768})
                visitors.append(Watched(await context.new_page(), address, log, number, runs))
            else:
                visitors.append(Lesson(address, log, number, runs))
        press_at = time.monotonic() + COMING_S + 10.0
        until = press_at + 60 * minutes
        lost = await asyncio.gather(
            *(
                visit(visitor, place / num, press_at, until)
                for place, visitor in enumerate(visitors)
            )
        )
        await browser.close()
    return visitors, sum(lost)


async def lesson(
    address: str, runs: Path, num: int, num_browsers: int, minutes: float
) -> dict[str, Any]:
    """Everything that is measured of a lesson."""
    single, alone_s = await alone(address, runs)
    log, watch = Log(), Watch()
    watching = asyncio.create_task(watch.run())
    began = time.perf_counter()
    visitors, lost = await together(address, runs, log, num, num_browsers, minutes)
    watching.cancel()
    weights = (single.folder / MODEL_FILE).read_bytes()
    trained = [visitor.run for visitor in visitors if visitor.run is not None]
    finished = [run for run in trained if run.record().status == "finished"]
    same = [run for run in finished if (run.folder / MODEL_FILE).read_bytes() == weights]
    if len(same) < len(finished):
        log.errors.append(f"{len(finished) - len(same)} runs have other weights than one alone")
    return {
        "sessions": num,
        "browsers": num_browsers,
        "reactions": _by_kind(log),
        "p50_ms": _quantile([ms for _, ms in log.reactions], 50),
        "p95_ms": _quantile([ms for _, ms in log.reactions], 95),
        "lost_updates": lost,
        "errors": len(log.errors),
        "said": log.errors[:20],
        "server_mb": round(watch.rss["server"]),
        "worker_mb": round(watch.rss["worker"]),
        "rss_mb": {kind: round(mb) for kind, mb in watch.rss.items()},
        "pss_mb": {kind: round(mb) for kind, mb in watch.pss.items()},
        "cpu_s": {kind: round(seconds) for kind, seconds in watch.cpu_s.items()}
        | {"other visitors": round(watch.own_s)},
        "runs_finished": len(finished),
        "runs_equal": len(same),
        "alone_s": round(alone_s, 1),
        **_waits(visitors),
        "took_s": round(time.perf_counter() - began),
    }


def _waits(visitors: list[Visitor]) -> dict[str, Any]:
    """What those who waited were told first, against how long it was: they were watching then."""
    followed = [one.followed for one in visitors if isinstance(one, Lesson)]
    pairs = [(one.told[0], one.waited_s) for one in followed if one.told and one.waited_s]
    ratios = [told / waited for told, waited in pairs]
    return {"waits_told": len(pairs), "told_by_true_wait": common.median(ratios, 2) if pairs else 0}


def _by_kind(log: Log) -> dict[str, dict[str, float]]:
    """Number, median and 95th percentile of each kind of reaction."""
    found: dict[str, list[float]] = defaultdict(list)
    for what, ms in log.reactions:
        found[what].append(ms)
    return {
        what: {
            "number": len(all_ms),
            "p50_ms": _quantile(all_ms, 50),
            "p95_ms": _quantile(all_ms, 95),
        }
        for what, all_ms in sorted(found.items())
    }


def _quantile(values: list[float], percent: int) -> float:
    if len(values) < 2:
        return round(sum(values), 1)
    return round(statistics.quantiles(values, n=100, method="inclusive")[percent - 1], 1)


def table(result: dict[str, Any]) -> str:
    """Return the readable result."""
    text = f"# A lesson\n\n{__doc__.split(chr(10) * 2, 1)[1]}\n"
    names = {
        "p50_ms": "a reaction, median, ms",
        "p95_ms": "a reaction, 95th percentile, ms",
        "lost_updates": "lost updates",
        "errors": "errors",
        "server_mb": "server, MiB at most",
        "worker_mb": "a worker, MiB at most",
        "runs_finished": "runs finished",
        "runs_equal": "of them equal to the one alone",
    }
    rows = [[words, f"{result[name]:,}", AIMS.get(name, "")] for name, words in names.items()]
    text += common.markdown(["", "measured", "aim"], rows) + "\n"
    kinds = [
        [what, it["number"], f"{it['p50_ms']:,.0f}", f"{it['p95_ms']:,.0f}"]
        for what, it in result["reactions"].items()
    ]
    text += common.markdown(["milliseconds", "number", "median", "95th percentile"], kinds) + "\n"
    cpu = ", ".join(f"{kind} {seconds} s" for kind, seconds in result["cpu_s"].items())
    pss = ", ".join(f"{kind} {mb:,}" for kind, mb in result["pss_mb"].items())
    text += (
        f"{result['sessions']} visitors, {result['browsers']} of them with Chromium; "
        f"{result['took_s']} s in all; a run alone took {result['alone_s']} s. "
        f"{result['waits_told']} read how long they would wait and watched until it ended: told by "
        f"true wait, median {result['told_by_true_wait']}. Processor time: "
        f"{cpu}. MiB at most, with a part of each shared page instead of the whole: {pss}.\n"
    )
    for line in result["said"]:
        text += f"\nError: {line}\n"
    return f"{text}\n{common.described(result)}"


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = common.parser(__doc__)
    parser.add_argument("--sessions", type=common.at_least(1), default=SESSIONS)
    parser.add_argument("--browsers", type=common.at_least(0), default=BROWSERS)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    options = parser.parse_args(given)
    if options.browsers > options.sessions:
        parser.error(f"{options.browsers} browsers among {options.sessions} sessions received")
    return options


def main() -> dict[str, Any]:
    """Measure, print, keep."""
    options = arguments()
    machine = common.machine(torch.get_num_threads())
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder)
        with stage.serve(runs) as address:
            result = asyncio.run(
                lesson(address, runs, options.sessions, options.browsers, options.minutes)
            )
    result |= {
        "machine": machine,
        "versions": {
            "torch": torch.__version__,
            "streamlit": version("streamlit"),
        },
    }
    text = table(result)
    print(text)
    if (options.sessions, options.browsers, options.minutes) == (SESSIONS, BROWSERS, MINUTES):
        common.keep("classroom", result, text)
    else:
        print("Not kept: only a part was measured.")
    return result


if __name__ == "__main__":
    common.run(main, lambda: arguments().json)
