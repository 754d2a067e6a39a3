"""The Denoise page as browser tests open and read it."""

import re

import numpy as np
import torch
from playwright.sync_api import Locator, Page, expect

from tests.e2e.sliding import drawn
from tests.e2e.stage import settle
from vae_core import catalogue, load_checkpoint, load_dataset
from vae_core.corruption import Damaged, damage
from vae_core.export.restoring import TINT
from vae_core.restoration import classical_methods, compare, model_methods
from vae_core.restoration.comparing import Scored

NUM = 8


def open_lab(page: Page, address: str, query: str = "") -> None:
    """Open the lab, with a filter and one pass of the model unless the query names methods."""
    if "methods=" not in query:
        found = re.search("model=([^&]+)", query)
        query += f"&methods=median,one-pass:{found.group(1) if found else 'digits-2d'}"
    page.goto(f"{address}/denoise?{query}")
    settle(page)
    expect(row(page, "damaged").locator(".vl-lab-number").first).not_to_have_text("")


def row(page: Page, method: str) -> Locator:
    return page.locator(f'tr[data-method="{method}"]')


def strip(page: Page, method: str, side: int, which: int = 0, channel: int = 0) -> np.ndarray:
    """Pictures of a row, (N, side, side), 0 to 255; which: 0 results, 1 errors, 2 spreads.

    channel: see `drawn`.
    """
    gap = 1 if side < 16 else 2
    shown = drawn(row(page, method).locator("canvas").nth(which), channel)
    padded = np.pad(shown, ((0, 0), (0, gap)))
    return padded.reshape(side, NUM, side + gap).transpose(1, 0, 2)[:, :, :side]


def numbers(page: Page, method: str) -> tuple[str, ...]:
    return tuple(row(page, method).locator(".vl-lab-number").all_inner_texts())


def level(page: Page) -> Locator:
    return page.locator(".vl-lab-tools .vl-lab-level input")


def level_text(page: Page) -> Locator:
    return page.locator(".vl-lab-tools .vl-lab-level output")


def choose_damage(page: Page, kind: str) -> None:
    page.locator(".vl-lab-tools select").select_option(kind)


def tinted(damaged: Damaged, channel: int = 0) -> torch.Tensor:
    """Damaged pictures as people see them, (N, 1, H, W): what is hidden has a colour."""
    assert damaged.known is not None
    return damaged.images.masked_fill(~damaged.known, TINT[channel] / 255)


def clean_of(dataset: str, seed: int) -> torch.Tensor:
    data = load_dataset(dataset).test
    chosen = torch.randperm(len(data), generator=torch.Generator().manual_seed(seed))[:NUM]
    return data.batch(chosen).x


def expected(
    models: tuple[str, ...], kind: str, level: float, images: int = 0, noise: int = 0
) -> dict[str, Scored]:
    """What the library makes of the same pictures: by the median filter and one pass of models."""
    dataset = models[0].split("-")[0]
    clean = clean_of(dataset, images)
    median = classical_methods(dataset)["median"]
    methods = [median] if median.fits(kind) else []
    for name in models:
        model = load_checkpoint(catalogue.folder_of(name)).model
        methods.append(model_methods(model, f":{name}")[f"one-pass:{name}"])
    damaged = damage(clean, kind, level, torch.Generator().manual_seed(noise))
    return dict(compare(methods, clean, damaged, seed=noise))
