"""A scribble by hand: what the pen hides is what the server hides."""

import numpy as np
import torch
from playwright.sync_api import Locator, Page, expect

from tests.e2e.denoising import (
    choose_damage,
    clean_of,
    level,
    level_text,
    open_lab,
    strip,
    tinted,
)
from tests.e2e.lab import SITE, Lab
from tests.e2e.sliding import shows
from tests.e2e.stage import settle
from vae_core.corruption import hide


def begin(page: Page, address: str) -> Locator:
    open_lab(page, address, "damage=scribble&level=0.3")
    page.get_by_role("button", name="Scribble by hand").click()
    pad = page.locator(".vl-lab-pad")
    expect(pad).to_be_visible()
    return pad


def draw(page: Page, pad: Locator, *places: tuple[float, float]) -> None:
    """A stroke through the middles of pixels (column, row) of 8."""
    box = pad.bounding_box()
    points = [
        (box["x"] + (x + 0.5) / 8 * box["width"], box["y"] + (y + 0.5) / 8 * box["height"])
        for x, y in places
    ]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=3)
    page.mouse.up()


def hidden(*pixels: tuple[int, int]) -> torch.Tensor:
    mask = torch.zeros(1, 1, 8, 8, dtype=torch.bool)
    for column, row in pixels:
        mask[0, 0, row, column] = True
    return mask


def shows_hidden(page: Page, *pixels: tuple[int, int]) -> None:
    wanted = hide(clean_of("digits", 0), hidden(*pixels))
    for channel in range(3):
        shows(page, lambda: strip(page, "damaged", 8, 0, channel), tinted(wanted, channel))  # noqa: B023


def test_before_the_first_stroke_it_says_what_to_do_and_nobody_is_best(
    page: Page, address: str
) -> None:
    begin(page, address)
    shows_hidden(page)
    expect(page.locator(".vl-lab-drawing small")).to_contain_text("Draw on the picture")
    expect(page.locator(".vl-lab-number", has_text="\u221e")).not_to_have_count(0)
    expect(page.locator(".is-best")).to_have_count(0)


def test_exactly_the_pixels_under_the_pen_are_hidden_in_every_picture(
    page: Page, address: str
) -> None:
    pad = begin(page, address)
    shows_hidden(page)  # nothing so far
    line = [(column, 3) for column in range(2, 7)]
    draw(page, pad, line[0], line[-1])
    shows_hidden(page, *line)
    draw(page, pad, (4, 5), (4, 7))
    shows_hidden(page, *line, (4, 5), (4, 6), (4, 7))
    page.get_by_role("button", name="Undo").click()
    shows_hidden(page, *line)
    page.get_by_role("button", name="Clear", exact=True).click()
    shows_hidden(page)
    page.get_by_role("button", name="Undo").click()
    shows_hidden(page, *line)
    expect(level_text(page)).to_have_text("8 %")  # 5 of 64
    expect(level(page)).to_be_disabled()


def test_a_scribble_survives_a_reload_and_can_be_taken_back(page: Page, address: str) -> None:
    pad = begin(page, address)
    draw(page, pad, (1, 1), (1, 6))
    line = [(1, row) for row in range(1, 7)]
    shows_hidden(page, *line)
    page.get_by_role("button", name="Done").click()
    expect(pad).to_be_hidden()
    expect(page.get_by_role("slider", name="Divider")).to_be_visible()
    text = np.packbits(hidden(*line).numpy()).tobytes().hex()
    page.wait_for_function("text => location.search.includes(`hidden=${text}`)", arg=text)
    page.reload()
    settle(page)
    shows_hidden(page, *line)
    page.get_by_role("button", name="At random").click()
    expect(level(page)).to_be_enabled()
    expect(level_text(page)).to_have_text("30 %")
    page.wait_for_function("() => !location.search.includes('hidden=')")


def test_new_noise_leaves_a_scribble_alone_until_it_is_given_up(page: Page, address: str) -> None:
    pad = begin(page, address)
    draw(page, pad, (3, 3))
    page.get_by_role("button", name="Done").click()
    noise = page.get_by_role("button", name="New noise")
    expect(noise).to_be_disabled()
    expect(noise).to_have_attribute("title", "drawn by hand; press At random first")
    shows_hidden(page, (3, 3))
    page.get_by_role("button", name="At random").click()
    expect(noise).to_be_enabled()
    expect(noise).to_have_attribute("title", "")


def test_the_level_keys_leave_a_scribble_alone_and_another_damage_ends_it(
    page: Page, address: str
) -> None:
    pad = begin(page, address)
    draw(page, pad, (3, 3))
    page.locator(".vl-denoise").focus()
    page.keyboard.press("ArrowRight")
    shows_hidden(page, (3, 3))
    choose_damage(page, "half")
    expect(pad).to_be_hidden()
    expect(page.locator(".vl-lab-scribble")).to_be_hidden()


def test_masks_go_to_text_and_back(lab: Lab) -> None:
    mask = np.random.default_rng(0).integers(0, 2, 9 * 7)
    text, back = lab.page.evaluate(
        """async ([site, mask]) => {
          const { maskOf, textOf } = await import(`${site}/lab_mask.js`);
          const text = textOf(Uint8Array.from(mask));
          return [text, Array.from(maskOf(text, [9, 7]))];
        }""",
        [SITE, mask.tolist()],
    )
    assert text == np.packbits(mask).tobytes().hex()
    assert back == mask.tolist()


def test_a_pen_hides_pixels_whose_middles_it_covers(lab: Lab) -> None:
    size, line, radius = (28, 28), ((4.0, 5.5), (20.0, 16.0)), 2.5
    found = lab.page.evaluate(
        """async ([site, size, line, radius]) => {
          const { hidden } = await import(`${site}/lab_mask.js`);
          return Array.from(hidden(new Uint8Array(size[0] * size[1]), size, line, radius));
        }""",
        [SITE, size, line, radius],
    )
    y, x = np.mgrid[0:28, 0:28] + 0.5
    (x0, y0), (x1, y1) = line
    along = np.clip(
        ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2), 0, 1
    )
    away = np.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0))
    np.testing.assert_array_equal(np.array(found).reshape(28, 28), away <= radius)
