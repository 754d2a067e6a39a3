"""The bill of the picked picture on Explore: its numbers, and what they light."""

import re

import pytest
import torch
from playwright.sync_api import Page, expect

from tests.e2e.mapping import draw, open_map, place_on
from tests.e2e.stage import until
from ui import cache, told
from vae_core import catalogue, load_checkpoint
from vae_core.bill import Bill, bill
from vae_core.checkpoints import Checkpoint

ALPHA = """canvas => {
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  return Array.from(data).filter((_, place) => place % 4 === 3);
}"""


def made_out(found: Checkpoint, position: int) -> Bill:
    x = cache.original(found, position)
    return bill(found.model, x, told.of_pictures(found, [position]))


def open_bill(page: Page, address: str, model: str, pick: int) -> Bill:
    found = open_map(page, address, model, f"&pick={pick}")
    page.get_by_text("Show the maths").click()
    expect(page.locator(".vl-bill")).to_be_visible()
    return made_out(found, pick)


def number(text: str) -> float:
    return float(text.replace("\N{MINUS SIGN}", "-"))


def numbers(page: Page) -> list[float]:
    return [number(part.inner_text()) for part in page.locator(".vl-term b").all()]


@pytest.mark.parametrize("model", ["digits-2d", "digits-cvae-2d", "digits-denoise-16d"])
def test_what_is_shown_adds_up_and_is_the_model_s_loss(
    page: Page, address: str, model: str
) -> None:
    expected = open_bill(page, address, model, 7)
    total, recon, kl = numbers(page)
    assert total == pytest.approx(recon + kl, abs=1e-6)
    assert recon == pytest.approx(float(expected.recon.sum()), abs=0.02)
    assert kl == pytest.approx(float(expected.kl.sum()), abs=0.1)
    rows = [number(row.inner_text()) for row in page.locator(".vl-kl-row span:last-child").all()]
    assert rows == pytest.approx(expected.kl.tolist(), abs=0.006)
    assert sum(rows) == pytest.approx(kl, abs=1e-6)
    shown = page.locator(".vl-bill > p", has_text="leaves open").inner_text()
    redraw = float(re.search(r"leaves open (\d+\.\d) nats", shown)[1])
    assert redraw == pytest.approx(recon, abs=0.051)


def test_each_pixel_s_strength_is_its_price(page: Page, address: str) -> None:
    expected = open_bill(page, address, "digits-2d", 7).recon

    def it_is_painted() -> None:
        alpha = torch.tensor(page.locator(".vl-bill-pixels canvas").evaluate(ALPHA)).reshape(8, 8)
        low, high = min(0.0, float(expected.min())), float(expected.max())
        torch.testing.assert_close(
            alpha.float(), 255 * (expected - low) / (high - low), rtol=0, atol=2
        )

    until(page, it_is_painted)
    canvas = page.locator(".vl-bill-pixels canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 3.5 / 8 * box["width"], box["y"] + 5.5 / 8 * box["height"])
    detail = page.locator(".vl-bill-detail")
    expect(detail).to_have_text(f"Pixel 4 of row 6: {float(expected[5, 3]):.2f} nats")
    expect(page.locator(".vl-bill")).to_have_attribute("data-lit", "reconstruction")


def test_a_bar_shows_its_formula_and_lights_the_kl(page: Page, address: str) -> None:
    expected = open_bill(page, address, "digits-2d", 7)
    page.mouse.move(5, 5)
    page.locator(".vl-kl-row").nth(1).focus()
    detail = page.locator(".vl-bill-detail").inner_text().replace("\N{MINUS SIGN}", "-")
    mean, sigma, *_ = map(float, re.findall(r"-?\d+\.\d+", detail))
    assert mean == pytest.approx(float(expected.mean[1]), abs=0.006)
    assert sigma == pytest.approx(float(expected.sigma[1]), abs=0.0006)
    assert detail.endswith(f"= {float(expected.kl[1]):.2f} nats")
    expect(page.locator(".vl-bill")).to_have_attribute("data-lit", "kl")
    page.locator(".vl-term.reconstruction").focus()
    expect(page.locator(".vl-bill")).to_have_attribute("data-lit", "reconstruction")


@pytest.mark.parametrize("mode", ["Draw", "Select"])
def test_it_is_hidden_where_the_picked_dot_is(page: Page, address: str, mode: str) -> None:
    open_bill(page, address, "digits-2d", 7)
    page.get_by_role("radio", name=mode).check(force=True)
    if mode == "Select":
        expect(page.locator(".vl-formula")).to_be_visible()  # nothing is selected yet
        draw(page, [place_on(page, x, y) for x, y in ((0.3, 0.3), (0.7, 0.3), (0.5, 0.7))])
    expect(page.locator(".vl-formula")).to_be_hidden()
    expect(page.get_by_text("The maths is that of the picked digit")).to_be_visible()
    page.get_by_role("radio", name="Look").check(force=True)
    expect(page.locator(".vl-formula")).to_be_visible()
    expect(page.get_by_text("The maths is that of the picked digit")).to_be_hidden()


def test_another_pick_is_another_bill(page: Page, address: str) -> None:
    open_bill(page, address, "digits-2d", 7)
    before = numbers(page)
    page.get_by_role("button", name="Pick a digit").click()

    def it_is_another() -> None:
        assert numbers(page) != before

    until(page, it_is_another)

    def it_is_that_picture_s() -> None:
        pick = int(re.search(r"pick=(\d+)", page.url)[1])
        found = load_checkpoint(catalogue.folder_of("digits-2d"))
        assert numbers(page)[1] == pytest.approx(float(made_out(found, pick).recon.sum()), abs=0.02)

    until(page, it_is_that_picture_s)
