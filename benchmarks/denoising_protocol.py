"""The protocol of `benchmarks.denoising`: what is damaged how, who restores it, what is measured.

docs/DENOISING.md says it in words.
"""

import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor

from vae_core import catalogue, load_checkpoint
from vae_core.corruption import Damaged, damage
from vae_core.data import ImageSource
from vae_core.metrics import mean_psnr_db, psnr_db, ssim
from vae_core.metrics.extractor import Extractor
from vae_core.models import NO_CONDITIONS
from vae_core.restoration import CHAMPION, Method
from vae_core.restoration.methods import champion_method, classical_methods, model_methods

DAMAGES: dict[str, tuple[float, ...]] = {
    "gaussian": (0.1, 0.2, 0.3, 0.5, 0.7),
    "salt-and-pepper": (0.1, 0.3, 0.5),
    "speckle": (0.4, 0.8),
    "poisson": (0.3, 0.6),
    "blur": (0.6, 1.0),
    "jpeg": (0.8, 0.95),
    "masked-square": (0.4,),
    "half": (0.5,),
    "scribble": (0.3,),
    "drop-out": (0.5, 0.8),
    "down-sample": (2.0, 4.0),
}
"""Kind of damage -> levels, each in the unit of that kind."""

NOISY, SEARCH = "noisy", "search"
CLASSICAL = (
    *("median", "gaussian", "tv", "wavelet", "nl-means"),
    *("deconvolution", "bicubic", "biharmonic"),
)
VAES = ("vae", "denoising-vae", "posterior-mean")
METHODS = (*CLASSICAL, *VAES, SEARCH, CHAMPION)
"""Who takes part, beside "noisy", which does nothing."""
MODELS = {
    "mnist": ("mnist-16d", "mnist-denoise-16d"),
    "digits": ("digits-2d", "digits-denoise-16d"),
}
"""Data set -> a bundled VAE of clean images, and one that was trained to remove noise."""

NUM_IMAGES = {"mnist": 1000, "digits": None}
"""Data set -> how many of the first test images; None takes all."""
FIRST = 100  # images of a search, which takes too long for all of them
BATCH_SIZE = 50  # images that a method is given at a time
SEED = 0  # of each damage; what a method draws has the number of its batch


def key_of(kind: str, level: float) -> str:
    """A damage's name in results, such as "gaussian-0.5"."""
    return f"{kind}-{level:g}"


KEYS = {key_of(kind, level): (kind, level) for kind, levels in DAMAGES.items() for level in levels}
"""Name of a damage -> kind and level."""


@dataclass(frozen=True)
class Row:
    """What one method reached on one damage.

    Attributes:
        psnr_db, ssim: means over the images, which have values in [0, 1]; of PSNR each counts for
            40 dB at most.
        accuracy: share of the restored images whose class the reader still names.
        num_images: that were restored.
        psnr_db_first: mean over the first `FIRST` images alone: all methods have it, so that it
            ranks those that restore no more.
        ms_per_image: of the processor, on one thread: median over batches; None for doing nothing.
    """

    psnr_db: float
    ssim: float
    accuracy: float
    num_images: int
    psnr_db_first: float
    ms_per_image: float | None


def contestants(dataset: str) -> dict[str, Method]:
    """Every method of the protocol under its name there; "noisy" is left to `measured`."""
    clean, denoising = (
        model_methods(load_checkpoint(catalogue.folder_of(name)).model) for name in MODELS[dataset]
    )
    named = {
        **classical_methods(dataset),
        "vae": clean["one-pass"],
        "denoising-vae": denoising["one-pass"],
        "posterior-mean": denoising["posterior-mean"],
        SEARCH: clean["search"],
        **champion_method(dataset),
    }
    return {name: replace(named[name], name=name) for name in METHODS if name in named}


def measured(
    methods: Sequence[Method],
    source: ImageSource,
    reader: Extractor,
    kind: str,
    level: float,
) -> dict[str, dict[str, Any]]:
    """Damage images once and let every method that is meant for it restore them.

    Args:
        methods: each with another name.
        source: the clean images and their labels.
        reader: says what digit an image shows.
        kind: a name in CORRUPTIONS.
        level: in its unit.

    Returns:
        "noisy", then each method's name -> its `Row` as a dictionary.
    """
    clean, labels = source.pixels(), source.labels
    damaged = damage(clean, kind, level, torch.Generator().manual_seed(SEED))
    rows = {NOISY: _row(None, clean, labels, damaged, reader)}
    for method in methods:
        if method.fits(kind):
            part = slice(FIRST if method.name == SEARCH else None)
            rows[method.name] = _row(method, clean[part], labels[part], damaged.rows(part), reader)
    return {name: asdict(row) for name, row in rows.items()}


def _row(
    method: Method | None, clean: Tensor, labels: Tensor, damaged: Damaged, reader: Extractor
) -> Row:
    """Restore and score; no method is doing nothing."""
    images, ms = damaged.images, None
    if method is not None:
        images, ms = _restored(method, damaged)
    each_db = psnr_db(images, clean)
    is_read = reader.classify(images) == labels
    return Row(
        psnr_db=round(mean_psnr_db(each_db), 3),
        ssim=round(float(ssim(images, clean).mean()), 4),
        accuracy=round(float(is_read.double().mean()), 4),
        num_images=len(clean),
        psnr_db_first=round(mean_psnr_db(each_db[:FIRST]), 3),
        ms_per_image=ms,
    )


def _restored(method: Method, damaged: Damaged) -> tuple[Tensor, float]:
    """Restore batch by batch: the images, and milliseconds of the processor for each."""
    images, ms = [], []
    for number, start in enumerate(range(0, len(damaged.images), BATCH_SIZE)):
        part = damaged.rows(slice(start, start + BATCH_SIZE))
        began = time.process_time()
        images.append(method.restore(part, NO_CONDITIONS, number).images)
        ms.append(1e3 * (time.process_time() - began) / len(part.images))
    return torch.cat(images), round(statistics.median(ms), 3)
