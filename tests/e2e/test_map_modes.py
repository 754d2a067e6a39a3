"""The map's lasso and path: what they find is what NumPy counts and torch decodes."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e import stage
from tests.e2e.mapping import (
    DOT,
    HERE,
    draw,
    loneliest,
    open_map,
    place_on,
    shows_at,
    to_map,
    to_screen,
)
from tests.e2e.sliding import drawn, shows
from vae_core import decode, load_dataset
from vae_core.checkpoints import Checkpoint

NUM_FILMS, COLUMNS = 12, 6
MEAN = ".vl-selection .vl-decoded"


def turns(points: np.ndarray, outline: np.ndarray) -> np.ndarray:
    """How often an outline goes around each point, (N, 2): 0 for those outside."""
    away = outline[None] - points[:, None]
    angles = np.arctan2(away[..., 1], away[..., 0])
    steps = np.diff(np.concatenate([angles, angles[:, :1]], axis=1), axis=1)
    return np.rint(((steps + np.pi) % (2 * np.pi) - np.pi).sum(1) / (2 * np.pi))


def outline_on(page: Page) -> list[tuple[int, int]]:
    corners = [(0.2, 0.3), (0.5, 0.25), (0.62, 0.5), (0.4, 0.62), (0.3, 0.45)]
    return [place_on(page, *corner) for corner in corners]


def selected(page: Page, found: Checkpoint, outline: list[tuple[int, int]]) -> np.ndarray:
    """Positions of the dots within an outline, as NumPy sees it."""
    inside = turns(found.latents.encoded.mean.numpy(), to_map(page, outline))
    return inside.nonzero()[0]


def mix(page: Page) -> dict[str, int]:
    rows = [row.inner_text().split() for row in page.locator(".vl-bars > div").all()]
    return {name: int(count.replace(",", "")) for name, count in rows}


def test_a_lasso_tells_the_mean_picture_the_count_and_the_classes(page: Page, address: str) -> None:
    found = open_map(page, address)
    page.locator(".vl-tools").get_by_text("Select").click()
    outline = outline_on(page)
    draw(page, outline)
    inside = selected(page, found, outline)
    assert len(inside) > 100
    expect(page.get_by_role("heading", name=f"Selected: {len(inside)} dots")).to_be_visible()
    classes, counts = np.unique(found.latents.label[inside], return_counts=True)
    assert mix(page) == dict(zip(map(str, classes), counts.tolist(), strict=True))
    assert list(mix(page).values()) == sorted(counts, reverse=True)
    data = load_dataset("digits")
    places = [found.latents.where(int(position)) for position in inside]
    originals = torch.cat([data.split(name).pixels(i, i + 1) for name, i in places])
    shows_at(page, MEAN, originals.mean(0, keepdim=True))


def test_a_lasso_finds_only_the_classes_that_are_shown(page: Page, address: str) -> None:
    found = open_map(page, address)
    page.locator(".vl-legend").get_by_role("button", name="3").click()
    outline = outline_on(page)
    page.keyboard.down("Shift")
    draw(page, outline)  # with Shift, from Look
    page.keyboard.up("Shift")
    expect(page.get_by_role("radio", name="Select")).to_be_checked()
    inside = selected(page, found, outline)
    num = int((found.latents.label[inside] == 3).sum())
    expect(page.get_by_role("heading", name=f"Selected: {num} dots")).to_be_visible()
    assert mix(page) == {"3": num}
    page.locator(".vl-surface").press("Escape")
    expect(page.get_by_role("heading", name="Under the cursor")).to_be_visible()
    assert page.locator(".vl-mark-lasso path").count() == 0


def test_nothing_jumps_when_the_mode_changes(page: Page, address: str) -> None:
    open_map(page, address)
    below = page.locator(".vl-picked")
    before = below.bounding_box()
    for mode in ("Select", "Path"):
        page.locator(".vl-tools").get_by_text(mode).click()
        assert below.bounding_box() == before
        draw(page, outline_on(page))
        page.wait_for_timeout(300)
        # The groups of a selection take the place of the picked dot.
        there = page.locator(".vl-groups") if mode == "Select" else below
        assert there.bounding_box() == before


def films(page: Page, side: int, gap: int = 2) -> np.ndarray:
    sheet = drawn(page.locator(".vl-film"))
    return np.stack(
        [
            sheet[top : top + side, left : left + side]
            for top in range(0, sheet.shape[0], side + gap)
            for left in range(0, sheet.shape[1], side + gap)
        ]
    )


def along(corners: np.ndarray, num: int) -> torch.Tensor:
    """Places at equal distances along a path of straight lines."""
    reached = np.concatenate([[0], np.linalg.norm(np.diff(corners, axis=0), axis=1).cumsum()])
    wanted = np.linspace(0, reached[-1], num)
    places = [np.interp(wanted, reached, corners[:, axis]) for axis in (0, 1)]
    return torch.tensor(np.stack(places, axis=1), dtype=torch.float32)


def test_a_path_is_a_strip_of_pictures_and_a_film(page: Page, address: str) -> None:
    found = open_map(page, address)
    page.locator(".vl-tools").get_by_text("Path").click()
    outline = outline_on(page)
    draw(page, outline)
    corners = to_map(page, outline)
    zs = along(corners, NUM_FILMS)
    shows(page, lambda: films(page, 8), decode(found.model, zs))
    assert page.locator(".vl-mark-path circle").count() == NUM_FILMS
    with page.expect_download() as download:
        page.get_by_role("button", name="Save GIF").click()
    film = Image.open(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert film.n_frames == 48
    for frame, place in ((0, 0), (24, -1)):  # there and back
        film.seek(frame)
        shown = np.asarray(film.convert("L")).astype(int)[17::35, 17::35]
        expected = decode(found.model, zs[[place]])[0, 0] * 255
        assert np.abs(shown - expected.numpy()).max() <= 2


def test_a_film_that_cannot_be_made_says_so(page: Page, address: str) -> None:
    open_map(page, address)
    page.locator(".vl-tools").get_by_text("Path").click()
    draw(page, outline_on(page))
    page.route("**/film", lambda route: route.fulfill(status=400, json={"error": "No disk."}))
    page.get_by_role("button", name="Save GIF").click()
    expect(page.get_by_text("The film was not saved: No disk.")).to_be_visible()


def test_without_the_data_set_reconstructions_stand_for_the_originals(
    page: Page, tmp_path: Path
) -> None:
    with stage.serve(tmp_path, VAELAB_DATA=str(tmp_path / "empty")) as address:
        found = open_map(page, address, "mnist-cvae-2d")
        expect(page.get_by_text("Original not on this computer")).to_be_visible()
        means, labels = found.latents.encoded.mean, found.latents.label
        position = loneliest(page, means)
        page.mouse.move(*to_screen(page, means[[position]])[0].round())
        told = {"class": labels[[position]]}
        shows_at(page, DOT, decode(found.model, means[[position]], told))
        page.locator(".vl-tools").get_by_text("Select").click()
        outline = [place_on(page, *corner) for corner in ((0.3, 0.2), (0.4, 0.2), (0.35, 0.26))]
        draw(page, outline)
        inside = torch.tensor(selected(page, found, outline))
        assert 3 < len(inside) <= 200
        pictures = decode(found.model, means[inside], {"class": labels[inside]})
        shows_at(page, MEAN, pictures.mean(0, keepdim=True))
        expect(page.get_by_text("mean of their reconstructions")).to_be_visible()


@pytest.mark.parametrize("mode", ["Select", "Path"])
def test_the_decoder_draws_under_the_hand_that_draws(page: Page, address: str, mode: str) -> None:
    found = open_map(page, address)
    page.locator(".vl-tools").get_by_text(mode).click()
    page.mouse.move(*place_on(page, 0.3, 0.3))
    page.mouse.down()
    pixel = place_on(page, 0.6, 0.4)
    page.mouse.move(*pixel)
    z = torch.tensor(to_map(page, [pixel]), dtype=torch.float32)
    shows_at(page, HERE, decode(found.model, z))
    page.mouse.up()
