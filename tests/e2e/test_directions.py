"""From two lassos on Explore to a slider on Sliders, and back."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from tests.e2e.mapping import draw, open_map, to_screen
from tests.e2e.sliding import BIG, drawn, open_sliders, shows, slider, strip
from tests.e2e.stage import until
from vae_core import catalogue, decode
from vae_core.directions import add_direction, directions_of, remove_direction

FOLDER = catalogue.BUNDLED / "digits-2d"


@pytest.fixture(autouse=True)
def own_directions(runs_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("VAELAB_RUNS", str(runs_folder))
    yield
    for direction in directions_of(FOLDER):
        remove_direction(FOLDER, direction.name)


def lasso(page: Page, middle: tuple[float, float], radius: float = 0.4) -> None:
    turns = [2 * math.pi * step / 12 for step in range(13)]
    x, y = middle
    places = [(x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in turns]
    draw(page, [(round(px), round(py)) for px, py in to_screen(page, places)])


def within(points: torch.Tensor, middle: tuple[float, float], radius: float = 0.4) -> torch.Tensor:
    return (points - torch.tensor(middle)).norm(dim=1) < radius


def keep(page: Page, letter: str, middle: tuple[float, float]) -> None:
    lasso(page, middle)
    button = page.get_by_role("button", name=f"Keep as {letter}")
    expect(button).to_be_enabled()
    button.click()


def test_two_lassos_make_a_slider_that_moves_from_one_to_the_other(
    page: Page, address: str
) -> None:
    found = open_map(page, address)
    page.get_by_role("radio", name="Select").check(force=True)
    make = page.get_by_role("button", name="Make a slider")
    keep(page, "A", (-0.2, 1.8))
    expect(make).to_be_disabled()
    keep(page, "B", (1.5, -0.2))
    expect(page.locator(".vl-mark-groups text")).to_have_text(["A", "B"])
    assert_letters_are_off_the_names(page)
    expect(make).to_be_disabled()  # a direction needs a name
    page.get_by_label("Name of the direction").fill("sixer")
    make.click()
    expect(page.get_by_text("is a slider now")).to_be_visible()
    (made,) = directions_of(FOLDER)
    means = found.latents.encoded.mean
    inside = [within(means, middle) for middle in ((-0.2, 1.8), (1.5, -0.2))]
    wanted = means[inside[0]].mean(0) - means[inside[1]].mean(0)
    # The outline is a polygon of whole pixels: a few dots at its edge fall on its other side.
    assert np.abs(np.array(made.vector) - wanted.numpy()).max() < 0.05
    assert abs(made.num_a - int(inside[0].sum())) <= 6

    page.get_by_role("link", name="Sliders").click()
    mine = page.get_by_role("slider", name="sixer")
    mine.wait_for()
    model, vector = found.model, torch.tensor([made.vector])
    mine.focus()
    for _ in range(3):
        page.keyboard.press("PageUp")
    t = float(mine.input_value())
    assert t > 0.2
    shows(page, lambda: drawn(page.locator(BIG)), decode(model, t * vector))
    first = torch.linspace(-2, 2, 23)[1::2, None] * vector
    row = page.locator(".directions canvas")
    shows(page, lambda: strip(row, 11, 8), decode(model, first))
    page.wait_for_function("() => location.search.includes('z=')")


def assert_letters_are_off_the_names(page: Page) -> None:
    kept, names = (
        [part.bounding_box() for part in page.locator(f".vl-mark-{kind} text").all()]
        for kind in ("groups", "names")
    )
    for one in kept:
        for other in names:
            far = max(
                max(one[at] - other[at] - other[size], other[at] - one[at] - one[size])
                for at, size in (("x", "width"), ("y", "height"))
            )
            assert far > 0


def test_two_groups_of_one_middle_are_refused_in_plain_words(page: Page, address: str) -> None:
    open_map(page, address)
    page.get_by_role("radio", name="Select").check(force=True)
    keep(page, "A", (-0.2, 1.8))
    page.get_by_role("button", name="Keep as B").click()
    name = page.get_by_label("Name of the direction")
    name.fill("nowhere")
    name.press("Enter")
    refused = page.locator(".vl-groups .vl-note.is-error")
    expect(refused).to_have_text("A and B have the same middle; choose two different groups.")
    page.get_by_role("button", name="Keep as B").click()
    expect(refused).to_have_count(0)
    assert directions_of(FOLDER) == []


def test_its_thumb_follows_the_numbers_and_a_double_click_puts_it_back(
    page: Page, address: str
) -> None:
    add_direction(FOLDER, 2, "across", [2.0, 0.0], 3, 4)
    open_sliders(page, address, "digits-2d")
    mine = page.get_by_role("slider", name="across")
    for _ in range(5):
        slider(page, 0).press("ArrowRight")
    moved = float(slider(page, 0).input_value())

    def it_follows() -> None:
        assert float(mine.input_value()) == pytest.approx(moved / 2, abs=0.011)

    until(page, it_follows)
    expect(page.get_by_text("from the mean of B, 4 pictures, to that of A, 3")).to_be_visible()
    mine.dblclick()

    def it_is_back() -> None:
        assert float(slider(page, 0).input_value()) == pytest.approx(0, abs=0.011)

    until(page, it_is_back)


def test_a_direction_is_removed_and_brought_back(page: Page, address: str) -> None:
    add_direction(FOLDER, 2, "across", [2.0, 0.0], 3, 4)
    open_sliders(page, address, "digits-2d")
    page.get_by_role("button", name="Remove across").click()
    expect(page.get_by_text("was removed")).to_be_visible()
    expect(page.get_by_role("slider", name="across")).to_have_count(0)
    # The sliders have an Undo of their own.
    page.locator(".st-key-undo_direction button").click()
    expect(page.get_by_role("slider", name="across")).to_be_visible()
    assert [one.name for one in directions_of(FOLDER)] == ["across"]


def test_a_taken_name_is_told_and_the_groups_stay(page: Page, address: str) -> None:
    add_direction(FOLDER, 2, "across", [2.0, 0.0], 3, 4)
    open_map(page, address)
    page.get_by_role("radio", name="Select").check(force=True)
    keep(page, "A", (-0.2, 1.8))
    keep(page, "B", (1.5, -0.2))
    name = page.get_by_label("Name of the direction")
    name.fill("across")
    name.press("Enter")
    said = page.locator(".vl-groups .vl-note.is-error")
    expect(said).to_contain_text("already a direction called")
    name.fill("other")
    name.press("Enter")
    expect(page.get_by_text("is a slider now")).to_be_visible()
    assert len(directions_of(FOLDER)) == 2
