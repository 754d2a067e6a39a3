"""The map of Explore draws what torch decodes, the data set holds and NumPy computes."""

import io
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.e2e.mapping import (
    AXES,
    DOT,
    HERE,
    RECONSTRUCTION,
    loneliest,
    near,
    open_map,
    place_on,
    shows_at,
    to_screen,
    width,
    z_at,
)
from tests.e2e.sliding import drawn, shows
from tests.e2e.stage import until
from vae_core import decode, load_dataset
from vae_core.checkpoints import Checkpoint
from vae_core.projection import pca_projection

SIDE = 12  # pictures in a row behind the dots
PALETTE = [  # on a light page
    *("#E31686", "#B46E17", "#1282B1", "#FD9324", "#A536FC"),
    *("#A594F3", "#634A1B", "#930C75", "#3C3EBE", "#2CC395"),
]


def original(found: Checkpoint, position: int) -> torch.Tensor:
    split, index = found.latents.where(position)
    data = load_dataset(found.record.config.dataset)
    return data.split(split).pixels(index, index + 1)


def test_hovered_pixels_are_torchs_and_the_server_hears_nothing(page: Page, address: str) -> None:
    sent: list[Any] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(data)))
    found = open_map(page, address)
    page.wait_for_timeout(300)
    before = len(sent)
    for across, down in np.random.default_rng(0).uniform(0.05, 0.95, (5, 2)):
        pixel = place_on(page, across, down)
        page.mouse.move(*pixel)
        shows_at(page, HERE, decode(found.model, z_at(page, pixel)))
    assert len(sent) == before


def test_before_any_hover_the_crosshair_is_decoded(page: Page, address: str) -> None:
    found = open_map(page, address)
    shows_at(page, HERE, decode(found.model, torch.zeros(1, 2)))
    expect(page.get_by_text("z = (0.00, 0.00)")).to_be_visible()
    pulse = page.locator(".vl-pulse")
    assert pulse.evaluate("e => getComputedStyle(e).animationIterationCount") == "2"
    page.emulate_media(reduced_motion="reduce")
    assert pulse.evaluate("e => getComputedStyle(e).animationName") == "none"


def test_a_dot_under_the_cursor_adds_its_picture(page: Page, address: str) -> None:
    found = open_map(page, address)
    means = found.latents.encoded.mean
    position = loneliest(page, means)
    x, y = to_screen(page, means[[position]])[0]
    pixel = (round(x) + 3, round(y))
    page.mouse.move(*pixel)
    shows_at(page, DOT, original(found, position))
    shows_at(page, HERE, decode(found.model, z_at(page, pixel)))
    page.mouse.move(round(x) + 10, round(y))
    expect(page.locator(DOT)).to_be_hidden()
    expect(page.locator(HERE)).to_be_visible()


def half_axes(ellipse: Locator) -> tuple[float, float, float]:
    """Half axes in pixels, and the turn of the first one in degrees, against the clock."""
    rx, ry, turned = (ellipse.get_attribute(name) for name in ("rx", "ry", "transform"))
    return float(rx), float(ry), -float(turned.removeprefix("rotate(").split()[0])


@pytest.mark.parametrize("model", ["digits-2d", "mnist-16d"])
def test_the_ellipses_are_the_posterior_to_scale(page: Page, address: str, model: str) -> None:
    found = open_map(page, address, model, "&pick=7")
    encoded = found.latents.encoded
    axes = np.eye(2) if model == "digits-2d" else pca_projection(encoded.mean).axes.numpy()
    covariance = axes.T @ np.diag(np.exp(encoded.logvar[7].numpy())) @ axes
    variances, vectors = np.linalg.eigh(covariance)
    left, right = to_screen(page, [[0, 0], [1, 0]])
    unit = right[0] - left[0]
    scale = page.locator(".vl-surface").bounding_box()["width"]
    for times in (1, 2):
        rx, ry, degrees = half_axes(page.locator(f".vl-mark-picked ellipse.sigma-{times}"))
        expected = times * unit * np.sqrt(variances[::-1])
        assert np.abs(np.array([rx, ry]) - expected).max() < 0.01 * scale
        assert (rx, ry) == pytest.approx(tuple(expected), rel=0.01)
        along = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
        assert abs(along @ vectors[:, 1]) > 0.999
    for times, circle in enumerate(page.locator(".vl-mark-prior circle:not(.halo)").all()):
        assert float(circle.get_attribute("r")) == pytest.approx((2 - times) * unit, rel=0.001)


def test_an_autoencoder_has_a_ring_and_neither_ellipse_nor_prior(page: Page, address: str) -> None:
    open_map(page, address, "digits-ae-2d")
    assert page.locator(".vl-mark-picked circle").count() == 2  # with its halo
    assert page.locator(".vl-mark-picked ellipse, .vl-mark-prior circle").count() == 0
    expect(page.get_by_text("an autoencoder gives a single point, no spread")).to_be_visible()


def colours(page: Page) -> np.ndarray:
    """Colours on the map, (N, 3)."""
    shot = Image.open(io.BytesIO(page.locator(".vl-host").screenshot())).convert("RGB")
    return np.asarray(shot).reshape(-1, 3).astype(int)


def has(found: np.ndarray, colour: str) -> bool:
    """Whether dots of that colour are there, at their opacity of 0.8 on white."""
    full = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return bool((np.abs(found - (0.8 * full + 0.2 * 255)) <= 3).all(1).any())


def test_the_legend_shows_a_class_alone(page: Page, address: str) -> None:
    found = open_map(page, address)
    zero, six, nine = (PALETTE[label] for label in (0, 6, 9))
    assert all(has(colours(page), colour) for colour in (zero, six, nine))
    legend = page.locator(".vl-legend")
    legend.get_by_role("button", name="6").click()
    until(page, lambda: expect(page.locator(".vl-mark-names text")).to_have_count(1))
    alone = colours(page)
    assert (has(alone, zero), has(alone, six), has(alone, nine)) == (False, True, False)
    hidden = int((found.latents.label == 0).nonzero()[0])
    page.mouse.click(*to_screen(page, found.latents.encoded.mean[[hidden]])[0])
    page.wait_for_timeout(200)
    expect(page.get_by_role("heading", name="Picked digit: 0")).to_have_count(0)
    legend.get_by_role("button", name="0").click(modifiers=["Shift"])
    both = colours(page)
    assert (has(both, zero), has(both, six), has(both, nine)) == (True, True, False)
    legend.get_by_role("button", name="0").click(modifiers=["Shift"])
    legend.get_by_role("button", name="6").click()
    assert all(has(colours(page), colour) for colour in (zero, six, nine))


def behind(page: Page, side: int) -> np.ndarray:
    """The pictures behind the dots, (SIDE * SIDE, side, side), without their black edges."""
    sheet = drawn(page.locator(".vl-behind canvas"))
    cell = sheet.shape[0] // SIDE
    edge = (cell - side) // 2
    cells = sheet.reshape(SIDE, cell, SIDE, cell).swapaxes(1, 2).reshape(-1, cell, cell)
    return cells[:, edge : edge + side, edge : edge + side]


def grid(page: Page) -> torch.Tensor:
    """z in the middle of each cell of what the axes show, row by row from the top left."""
    *_, left, right, bottom, top = page.evaluate(AXES)
    middles = (torch.arange(SIDE) + 0.5) / SIDE
    x, y = left + middles * (right - left), top - middles * (top - bottom)
    return torch.stack([x.repeat(SIDE), y.repeat_interleave(SIDE)], dim=1)


def test_pictures_behind_stand_where_torch_decodes_them_and_follow_the_zoom(
    page: Page, address: str
) -> None:
    found = open_map(page, address)
    page.get_by_label("Pictures behind").check()
    shows(page, lambda: behind(page, 8), decode(found.model, grid(page)))
    page.mouse.move(*place_on(page, 0.4, 0.7))
    page.mouse.wheel(0, -300)
    until(page, lambda: near(width(page), 6 * np.exp(-0.45)))
    shows(page, lambda: behind(page, 8), decode(found.model, grid(page)))


def test_zoom_and_pan_keep_dots_and_axes_together(page: Page, address: str) -> None:
    found = open_map(page, address)
    means = found.latents.encoded.mean
    position = loneliest(page, means)
    x, y = to_screen(page, means[[position]])[0]
    page.mouse.move(round(x) - 60, round(y) + 40)
    page.mouse.wheel(0, -400)
    until(page, lambda: near(width(page), 6 * np.exp(-0.6)))
    page.mouse.down()
    page.mouse.move(round(x), round(y) + 70, steps=4)
    page.mouse.up()
    page.wait_for_timeout(300)
    moved = to_screen(page, means[[position]])[0]
    assert moved[0] != pytest.approx(x, abs=20)
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    pixel = tuple(moved.round().astype(int).tolist())
    assert has(np.array([shot.getpixel(pixel)]), PALETTE[int(found.latents.label[position])])
    page.mouse.move(*pixel)
    shows_at(page, DOT, original(found, position))
    page.locator(".vl-surface").press("0")
    until(page, lambda: near(width(page), 6))


def test_a_clicked_dots_class_is_told_at_once(page: Page, address: str) -> None:
    found = open_map(page, address, "digits-cvae-2d", "&pick=7")
    means, labels = found.latents.encoded.mean, found.latents.label
    page.get_by_label("Pictures behind").check()
    position = loneliest(page, means)
    pixel = tuple(to_screen(page, means[[position]])[0].round().astype(int).tolist())
    page.mouse.click(*pixel)
    told = {"class": labels[[position]]}
    shows_at(page, RECONSTRUCTION, decode(found.model, means[[position]], told))
    shows_at(page, HERE, decode(found.model, z_at(page, pixel), told))
    shows(page, lambda: behind(page, 8)[:1], decode(found.model, grid(page)[:1], told))
    words = page.locator(".vl-under h3")
    expect(words).to_contain_text(f"told the class {int(labels[position])}")
    assert page.locator(".vl-mark-names text").count() == 0
