"""What every benchmark does: describe the machine, take medians, keep results, answer `--json`."""

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.peers import BenchmarkError
from vae_core.errors import VAELabError

RESULTS = Path(__file__).parent / "results"
CPUINFO = Path("/proc/cpuinfo")
TELLING_FLAGS = {
    *("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_tile", "amx_bf16"),
    *("asimd", "bf16", "sve"),
}


def cpu_flags() -> list[str]:
    """Instruction sets of this processor that decide how fast matrices multiply."""
    for line in _cpuinfo():
        name, _, value = line.partition(":")
        if name.strip() in ("flags", "Features"):
            return sorted(TELLING_FLAGS & set(value.split()))
    return []


def machine(threads: int) -> dict[str, Any]:
    """Return what a reader must know of the machine to judge a time."""
    models = [line.partition(":")[2].strip() for line in _cpuinfo() if line[:10] == "model name"]
    return {
        "cpu": models[0] if models else platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "flags": cpu_flags(),
        "threads": threads,
        "system": f"{platform.system()} {platform.machine()}",
        "load_at_start": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "date": datetime.now(UTC).date().isoformat(),
    }


def _cpuinfo() -> list[str]:
    return CPUINFO.read_text().splitlines() if CPUINFO.is_file() else []


def median(values: Iterable[float], digits: int = 3) -> float:
    """Return the median, rounded for print."""
    return round(statistics.median(values), digits)


def ratios(ours: float, peers: Mapping[str, float]) -> dict[str, float]:
    """How many times as fast as each peer this engine is, from values where more is better."""
    return {name: round(ours / value, 3) for name, value in peers.items()}


def markdown(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; numbers are aligned right."""
    lines = ["| " + " | ".join(header) + " |", "| --- |" + " ---: |" * (len(header) - 1)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def described(result: Mapping[str, Any]) -> str:
    """Return the lines under a table: machine, date, versions."""
    it = result["machine"]
    flags = ", ".join(it["flags"]) or "no vector flags known"
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    return (
        f"Machine: {it['cpu']}, {it['cores']} cores ({flags}), {it['threads']} threads for "
        f"everyone, load {it['load_at_start']} at the start. {it['date']}. {versions}.\n"
    )


def keep(name: str, result: Mapping[str, Any], text: str) -> None:
    """Write results/NAME.json and its readable twin NAME.md."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
    (RESULTS / f"{name}.md").write_text(text)


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with what all benchmarks take."""
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    return made


def at_least(low: int) -> Callable[[str], int]:
    """Return an argparse type: a whole number of at least `low`."""

    def convert(text: str) -> int:
        number = int(text)
        if number < low:
            raise argparse.ArgumentTypeError(f"{number} received; expected {low} or more")
        return number

    convert.__name__ = "whole number"  # argparse names it in "invalid whole number value: 'x'"
    return convert


def listed(known: Sequence[str]) -> Callable[[str], list[str]]:
    """Return an argparse type: some of `known`, separated by commas, in the order of `known`."""

    def convert(text: str) -> list[str]:
        names = [name.strip() for name in text.split(",")]
        unknown = [name for name in names if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(
                f"unknown {unknown[0]!r}; expected some of: {', '.join(known)}"
            )
        return [name for name in known if name in names]

    return convert


def run(main: Callable[[], dict[str, Any]], as_json: Callable[[], bool]) -> None:
    """Call a benchmark; what a person can cause is told in a sentence, not in a traceback."""
    try:
        result = main()
    except (BenchmarkError, VAELabError) as error:
        sys.exit(str(error))
    if as_json():
        print(json.dumps(result), flush=True)
