"""What is drawn last stays: against pictures that come late, and with the pen still down."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.e2e.drawing import PAD, differs, draw, open_pad, seen
from tests.e2e.stage import until


@pytest.fixture
def late(page: Page) -> list[Route]:
    """Uploaded pictures that the server has not answered: `continue_` one, and it does."""
    held: list[Route] = []
    page.route("**/api/ink", lambda route: held.append(route))
    return held


def upload(page: Page, late: list[Route], tmp_path: Path, box: tuple[int, int, int, int]) -> None:
    """Choose a picture with one black bar; its answer is held."""
    waiting = len(late)
    paper = Image.new("L", (100, 100), 255)
    paper.paste(0, box)
    paper.save(tmp_path / f"{waiting}.png")
    page.locator(".vl-draw input[type=file]").set_input_files(tmp_path / f"{waiting}.png")
    while len(late) == waiting:
        page.wait_for_timeout(20)


def answer(page: Page, route: Route) -> None:
    with page.expect_response("**/api/ink"):
        route.continue_()
    page.wait_for_timeout(300)


def test_a_picture_that_comes_late_does_not_take_a_newer_drawing(
    page: Page, address: str, tmp_path: Path, late: list[Route]
) -> None:
    open_pad(page, address, "digits-2d")
    upload(page, late, tmp_path, (40, 5, 60, 95))
    box = page.locator(PAD).bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 100, steps=4)
    answer(page, late[0])
    page.mouse.move(box["x"] + 180, box["y"] + 100, steps=4)
    page.mouse.up()
    until(page, lambda: _is_wide(page))
    expect(page.get_by_text("Reading the picture")).to_have_count(0)


def _is_wide(page: Page) -> None:
    """The model gets a bar that lies, not one that stands."""
    ink = seen(page)[0, 0] > 0.3
    assert int(ink.any(0).sum()) > 2 * int(ink.any(1).sum()) > 0


def test_of_two_pictures_the_last_chosen_stays(
    page: Page, address: str, tmp_path: Path, late: list[Route]
) -> None:
    open_pad(page, address, "digits-2d")
    upload(page, late, tmp_path, (40, 5, 60, 95))
    upload(page, late, tmp_path, (5, 40, 95, 60))
    answer(page, late[1])
    until(page, lambda: _is_wide(page))
    answer(page, late[0])
    _is_wide(page)


def test_undo_with_the_pen_down_takes_back_that_stroke_and_ends_it(
    page: Page, address: str
) -> None:
    open_pad(page, address, "digits-2d")
    draw(page, [[(0.1, 0.5), (0.9, 0.5)]])
    until(page, lambda: _is_wide(page))
    before = seen(page)
    box = page.locator(PAD).bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 180, steps=4)
    until(page, lambda: differs(seen(page), before))
    page.keyboard.press("Control+z")
    page.mouse.move(box["x"] + 120, box["y"] + 60, steps=4)
    page.mouse.up()
    until(page, lambda: torch.testing.assert_close(seen(page), before))
    page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
