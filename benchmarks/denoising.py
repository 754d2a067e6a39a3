"""How well damaged pictures are restored, by everything that there is.

`python -m benchmarks.denoising` damages the first 1,000 MNIST test images in every way that the
library knows, always with the same seeds, and lets filters, VAEs and the network that was trained
for nothing else restore them. `--dataset digits` does the same with the 300 test images of the
8x8 digits. docs/DENOISING.md says what is measured how, and holds the tables, which are written
into it from here.

Each damage's rows are kept in .cache/bench/denoising as they are measured: a run that is killed
goes on where it was, as long as no method has changed (--fresh forgets them). One thread.
"""

import argparse
import hashlib
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import vae_core  # noqa: F401  (before torch, as in the app: it sets how OpenMP's threads wait)

# isort: split
import torch

from benchmarks import common, denoising_tables
from benchmarks import denoising_protocol as protocol
from benchmarks.denoising_verdicts import baseline_wins, judged
from benchmarks.peers import CACHE, ROOT, BenchmarkError
from vae_core import load_dataset
from vae_core.data import ImageSource
from vae_core.files import write_atomically
from vae_core.metrics.extractor import READERS, Extractor, reader_of
from vae_core.restoration import Method

FOLDER = CACHE / "denoising"
DOCUMENT = ROOT / "docs" / "DENOISING.md"
NAMES = {"mnist": "denoising", "digits": "denoising-digits"}
"""Data set -> name of its result files."""
CODE = (
    *("corruption", "restoration", "metrics", "data", "models", "likelihoods"),
    *("inference.py", "distributions.py", "checkpoints.py"),
)
OF_A_MODEL = ("model.safetensors", "run.json")
LIBRARIES = (
    *("torch", "torchvision", "torchmetrics", "scikit-image", "scipy", "numpy", "PyWavelets"),
    "pillow",
)
INTRODUCTION = __doc__.split("\n\n", 1)[1]


def ingredients(dataset: str) -> list[Path]:
    """Every file that a row depends on, in order: what damages, restores and measures, weights."""
    core, checkpoints = ROOT / "vae_core", ROOT / "checkpoints"
    roots = [
        *(core / name for name in CODE),
        Path(protocol.__file__),
        *(checkpoints / name / file for name in protocol.MODELS[dataset] for file in OF_A_MODEL),
        checkpoints / "restorers",
        checkpoints / "extractors" / READERS[dataset],
    ]
    files = [path for root in roots for path in ([root] if root.is_file() else root.rglob("*"))]
    return sorted(path for path in files if path.is_file() and path.suffix != ".pyc")


def versions() -> dict[str, str]:
    """Of every library that makes or measures a row."""
    return {name: version(name) for name in LIBRARIES}


def folder_of(dataset: str, num_images: int, names: Iterable[str]) -> Path:
    """Where rows are kept: what a row depends on names the folder."""
    told = [str(num_images), *names, *(f"{name} {it}" for name, it in versions().items())]
    digest = hashlib.blake2b(" ".join(told).encode(), digest_size=6)
    for path in ingredients(dataset):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return FOLDER / f"{dataset}-{digest.hexdigest()}"


def first_images(dataset: str, num_images: int | None) -> ImageSource:
    """The first images of the test split; all there are where fewer are there."""
    source = load_dataset(dataset).test
    return ImageSource(source.spec, source.images[:num_images], source.labels[:num_images])


def reader_for(source: ImageSource) -> Extractor:
    """Who reads the digits of a data set."""
    reader = reader_of(source.spec.name)
    if reader is None:
        raise BenchmarkError(f"No classifier reads the classes of {source.spec.name}.")
    return reader


def kept(path: Path, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Read what lies there, or make it and put it there."""
    if not path.is_file():
        write_atomically(path, json.dumps(make()).encode())
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def rows_of(
    folder: Path, methods: Mapping[str, Method], source: ImageSource, keys: Iterable[str]
) -> dict[str, dict[str, Any]]:
    """Measure damage by damage, keeping each; those that are kept already are read.

    Args:
        folder: of what is kept.
        methods: by name.
        source: clean images and labels.
        keys: of the damages.
    """
    reader = reader_for(source)

    def say(text: str) -> None:
        print(f"  {text}", file=sys.stderr, flush=True)

    def one(key: str) -> dict[str, Any]:
        began = time.perf_counter()
        kind, level = protocol.KEYS[key]
        rows = protocol.measured(list(methods.values()), source, reader, kind, level)
        say(f"{key}: {time.perf_counter() - began:.1f} s")
        return rows

    return {key: kept(folder / f"{key}.json", partial(one, key)) for key in keys}


def clean_images(source: ImageSource) -> dict[str, Any]:
    """How well the reader reads images that nobody has damaged: the most that can be hoped for."""
    reader = reader_for(source)
    is_read = reader.classify(source.pixels()) == source.labels
    return {"reader": reader.name, "accuracy": round(float(is_read.double().mean()), 4)}


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Damage, restore, judge."""
    torch.set_num_threads(1)
    found = protocol.contestants(options.dataset)
    methods = {name: found[name] for name in options.only if name in found}
    source = first_images(options.dataset, options.num_images)
    folder = folder_of(options.dataset, len(source), methods)
    if options.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    machine = kept(folder / "machine.json", lambda: common.machine(1))
    results = rows_of(folder, methods, source, options.damages)
    return {
        "dataset": options.dataset,
        "title": source.spec.title,
        "num_images": len(source),
        "seed": protocol.SEED,
        "clean": clean_images(source),
        "results": results,
        "aims": judged(results),
        "baseline_wins": baseline_wins(results),
        "machine": machine,
        "versions": versions(),
    }


def as_asked(result: dict[str, Any]) -> dict[str, Any]:
    """The object of `--json`: damage -> method -> PSNR, SSIM and accuracy."""
    measures = ("psnr_db", "ssim", "accuracy")
    return {
        key: {name: {m: row[m] for m in measures} for name, row in rows.items()}
        for key, rows in result["results"].items()
    }


def blocks(result: dict[str, Any]) -> dict[str, str]:
    """What docs/DENOISING.md says of a data set, by the names of its places."""
    tables = denoising_tables.sections(result)
    return {f"{result['dataset']} {name}": text for name, text in tables.items()} | {
        "damages": denoising_tables.damages()
    }


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = common.parser(__doc__)
    parser.add_argument("--dataset", choices=NAMES, default="mnist")
    parser.add_argument("--num-images", type=common.at_least(1), help="fewer test images")
    names, keys = [*protocol.METHODS], [*protocol.KEYS]
    parser.add_argument("--only", type=common.listed(names), default=names, help="some methods")
    parser.add_argument("--damages", type=common.listed(keys), default=keys, help="some of them")
    parser.add_argument("--fresh", action="store_true", help="forget what has been measured")
    options = parser.parse_args(given)
    usual = protocol.NUM_IMAGES[options.dataset]
    options.num_images = options.num_images or usual
    options.is_whole = (options.num_images, options.only, options.damages) == (usual, names, keys)
    return options


def main() -> dict[str, Any]:
    """Measure, print, keep."""
    options = arguments()
    result = measure(options)
    text = denoising_tables.page(result, INTRODUCTION)
    print(text)
    if options.is_whole:
        common.keep(NAMES[options.dataset], result, text)
        document = denoising_tables.filled(DOCUMENT.read_text(), blocks(result))
        write_atomically(DOCUMENT, document.encode())
    else:
        print("Not kept: only a part was measured.")
    return as_asked(result)


if __name__ == "__main__":
    common.run(main, lambda: arguments().json)
