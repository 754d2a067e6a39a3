"""Hidden pixels are seen on black pictures; methods and numbers know nothing of their colour."""

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from tests.e2e.denoising import clean_of, expected, level, numbers, open_lab, row, strip, tinted
from tests.e2e.sliding import drawn, shows
from tests.e2e.stage import until
from vae_core.corruption import damage

MODEL = "digits-2d"
ONE_PASS = f"one-pass:{MODEL}"
SAID = "tinted: hidden; methods get black there"


@pytest.mark.parametrize(
    ("kind", "at"), [("masked-square", 0.4), ("half", 0.5), ("scribble", 0.3), ("drop-out", 0.5)]
)
def test_hidden_pixels_are_blue_wherever_damaged_pictures_are_shown(
    page: Page, address: str, kind: str, at: float
) -> None:
    open_lab(page, address, f"damage={kind}&level={at}&noise_seed=5&methods={ONE_PASS}")
    damaged = damage(clean_of("digits", 0), kind, at, torch.Generator().manual_seed(5))
    results = expected((MODEL,), kind, at, noise=5)
    for channel in range(3):
        wanted = tinted(damaged, channel)
        shows(page, lambda: strip(page, "damaged", 8, 0, channel), wanted)  # noqa: B023
        large = page.locator(".vl-lab-left").first
        shows(page, lambda: drawn(large, channel), wanted[:1])  # noqa: B023
        restored = results[ONE_PASS].images
        shows(page, lambda: strip(page, ONE_PASS, 8, 0, channel), restored)  # noqa: B023
    for name in ("damaged", ONE_PASS):
        assert numbers(page, name)[0].split()[0] == f"{float(results[name].psnr_db.mean()):.2f}"
    expect(row(page, "damaged")).to_contain_text(SAID)
    expect(page.locator(".vl-lab-tint")).to_have_text(SAID)
    page.get_by_role("button", name="Present").click()
    shown = page.get_by_role("dialog", name="Presentation")
    for channel in range(3):
        wanted = tinted(damaged, channel)[:1]
        shows(page, lambda: drawn(shown.locator("canvas").nth(1), channel), wanted)  # noqa: B023
    expect(shown.locator("figcaption").nth(1)).to_contain_text(SAID)


def test_errors_of_hidden_pixels_are_those_of_black(page: Page, address: str) -> None:
    open_lab(page, address, "damage=half&level=0.5&errors=absolute")
    clean = clean_of("digits", 0)
    damaged = damage(clean, "half", 0.5, torch.Generator()).images
    wanted = 255 * (damaged - clean).abs()[:, 0].numpy()

    def errors_are_right() -> None:
        assert np.abs(strip(page, "damaged", 8, which=1) - wanted).max() <= 2

    until(page, errors_are_right)


def test_where_nothing_is_hidden_nothing_is_tinted_or_said(page: Page, address: str) -> None:
    open_lab(page, address, "damage=half&level=0.05")
    level(page).press("Home")
    shows(page, lambda: strip(page, "damaged", 8, 0, 2), clean_of("digits", 0))
    expect(row(page, "damaged")).to_contain_text("Missing half, what every method gets")
    expect(page.locator(".vl-lab-tint")).to_be_hidden()
