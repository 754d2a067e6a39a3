"""How soon the Denoise page has new pictures while a slider moves.

`python -m benchmarks.denoising_page` starts the app on a loopback port and posts what the page does
(`POST /api/restore`): eight test pictures, damaged anew at each of the slider's levels in turn,
and restored by the rows that the page opens with: a filter, the picker's model in one pass, the
champion. Each answer holds all pictures as one PNG, and their numbers. Milliseconds from the
question to the last byte of the answer, on a server that has answered before; drawing is apart.
MNIST is read from VAELAB_DATA.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from importlib.metadata import version
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import torch

from benchmarks import common
from benchmarks.peers import BenchmarkError
from tests.e2e import stage
from vae_core.corruption import CORRUPTIONS
from vae_core.restoration import CHAMPION

TIMES = 100
WARM = 5
MODELS = {"digits": "digits-denoise-16d", "mnist": "mnist-denoise-16d"}
FILTERS = {"gaussian": "median", "half": "biharmonic", "down-sample": "bicubic"}
"""Kind of damage -> the filter that the page shows for it at first."""


def question(dataset: str, kind: str, level: float) -> dict[str, Any]:
    """What the page posts when its slider comes to a level."""
    model = MODELS[dataset]
    methods = [FILTERS[kind], f"one-pass:{model}", CHAMPION]
    return {"model": model, "kind": kind, "level": level, "methods": methods}


def asked(address: str, body: dict[str, Any]) -> float:
    """Milliseconds until the server has answered.

    Raises:
        BenchmarkError: when it refuses.
    """
    headers = {"Content-Type": "application/json", "Origin": address}
    request = Request(f"{address}/api/restore", json.dumps(body).encode(), headers)
    began = time.perf_counter()
    try:
        with urlopen(request, timeout=60) as answer:
            content = answer.read()
    except HTTPError as error:
        raise BenchmarkError(f"{body} was refused: {error.read().decode()[:500]}") from error
    ms = 1e3 * (time.perf_counter() - began)
    if not {"sheet", "numbers"} <= set(json.loads(content)):
        raise BenchmarkError(f"The answer to {body} holds no pictures.")
    return ms


def summary(ms: list[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    quantiles = statistics.quantiles(ms, n=20)
    return {"median_ms": common.median(ms, 1), "p95_ms": round(quantiles[-1], 1)}


def measure(times: int) -> dict[str, Any]:
    """Move every slider over its levels again and again."""
    machine = common.machine(torch.get_num_threads())
    results: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder, stage.serve(Path(folder)) as address:
        for dataset in MODELS:
            results[dataset] = {}
            for kind in FILTERS:
                levels = islice(cycle(CORRUPTIONS[kind].levels.choices[1:]), WARM + times)
                ms = [asked(address, question(dataset, kind, level)) for level in levels]
                results[dataset][kind] = summary(ms[WARM:])
    return {
        "results": results,
        "requests": times,
        "machine": machine,
        "versions": {"torch": torch.__version__, "streamlit": version("streamlit")},
    }


def table(result: dict[str, Any]) -> str:
    """Return the readable result."""
    rows = [
        [f"{dataset}, {kind} ({FILTERS[kind]})", it["median_ms"], it["p95_ms"]]
        for dataset, kinds in result["results"].items()
        for kind, it in kinds.items()
    ]
    text = f"# Response of the Denoise page\n\n{__doc__.split(chr(10) * 2, 1)[1]}\n"
    text += common.markdown(["milliseconds", "median", "95th percentile"], rows)
    return f"{text}\n{result['requests']} requests each. {common.described(result)}"


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = common.parser(__doc__)
    parser.add_argument("--times", type=common.at_least(2), default=TIMES)
    return parser.parse_args(given)


def main() -> dict[str, Any]:
    """Measure, print, keep."""
    if "VAELAB_DATA" not in os.environ:
        raise BenchmarkError("MNIST is needed: set VAELAB_DATA to the folder that holds MNIST/raw.")
    options = arguments()
    result = measure(options.times)
    text = table(result)
    print(text)
    if options.times >= TIMES:
        common.keep("denoising_page", result, text)
    else:
        print("Not kept: only a part was measured.")
    return result


if __name__ == "__main__":
    common.run(main, lambda: arguments().json)
