"""A drawing on Explore: it is laid in the data's frame, and lands where torch's encoder puts it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect

from tests.e2e.drawing import (
    EIGHT,
    PAD,
    RECON,
    SCRIBBLE,
    SEVEN,
    Strokes,
    differs,
    dot,
    draw,
    open_pad,
    seen,
)
from tests.e2e.lab import Lab
from tests.e2e.mapping import loneliest, to_screen
from tests.e2e.sliding import drawn
from tests.e2e.stage import until
from vae_core import decode, encode, load_dataset
from vae_core.checkpoints import Checkpoint
from vae_core.data import Framing, dataset_entry


def reference(strokes: Strokes, framing: Framing, side: int) -> np.ndarray:
    """The same drawing laid in its frame by Pillow, (side, side) in [0, 1]."""
    finer = 16
    points = [np.array(stroke) for stroke in strokes]
    low, high = (edge(np.concatenate(points), axis=0) for edge in (np.min, np.max))
    scale = (framing.box - framing.pen) / (high - low).max()

    def ink(middle: np.ndarray) -> np.ndarray:
        image = Image.new("L", (side * finer, side * finer))
        canvas = ImageDraw.Draw(image)
        radius = framing.pen * finer / 2
        for stroke in points:
            places = (((stroke - (low + high) / 2) * scale + middle) * finer).tolist()
            canvas.line([tuple(place) for place in places], 255, round(2 * radius), "curve")
            for x, y in places:
                canvas.ellipse((x - radius, y - radius, x + radius, y + radius), 255)
        return np.asarray(image.resize((side, side), Image.Resampling.BOX)) / 255

    middle = np.full(2, framing.middle * side)
    found = ink(middle)
    if framing.by_mass:
        centres = np.arange(side) + 0.5
        mass = np.array([found.sum(0) @ centres, found.sum(1) @ centres]) / found.sum()
        found = ink(2 * middle - mass)
    return found


@pytest.mark.parametrize("model", ["digits-2d", "mnist-2d", "digits-ae-2d"])
@pytest.mark.parametrize("strokes", [SEVEN, EIGHT])
def test_a_drawing_lands_where_torch_puts_it(
    page: Page, address: str, model: str, strokes: Strokes
) -> None:
    found = open_pad(page, address, model)
    draw(page, strokes)
    framing = dataset_entry(found.record.config.dataset).framing
    side = found.record.spec.event_shape[1]
    wanted = torch.from_numpy(reference(strokes, framing, side)).float()[None, None]

    def it_is_there() -> None:
        picture = seen(page)
        assert float((picture - wanted).abs().mean()) < 0.02
        place = encode(found.model, picture).mean
        assert np.abs(dot(page) - place[0].numpy()).max() < 0.03
        recon = decode(found.model, place)
        assert np.abs(drawn(page.locator(RECON)) / 255 - recon[0, 0].numpy()).max() < 0.02
        # The reference differs in the pixels at the edge of a line, no more.
        by_reference = encode(found.model, wanted).mean
        assert float((by_reference - place).abs().max()) < 0.5

    until(page, it_is_there)


def test_its_dot_follows_the_hand_and_leaves_a_trail(page: Page, address: str) -> None:
    found = open_pad(page, address, "digits-2d")
    box = page.locator(PAD).bounding_box()
    places = []
    page.mouse.move(box["x"] + 60, box["y"] + 50)
    page.mouse.down()
    for x, y in ((140, 50), (100, 100), (90, 160)):
        page.mouse.move(box["x"] + x, box["y"] + y)
        until(page, lambda: _is_encoded(page, found))
        places.append(dot(page))
    trail = page.locator(".vl-mark-drawn path").last.get_attribute("d")
    assert trail.count("L") >= 2
    assert np.abs(np.diff(places, axis=0)).max() > 0.1
    page.mouse.up()


def _is_encoded(page: Page, found: Checkpoint) -> None:
    place = encode(found.model, seen(page)).mean[0].numpy()
    assert np.abs(dot(page) - place).max() < 0.03


def test_its_nearest_training_pictures_are_shown(page: Page, address: str) -> None:
    found = open_pad(page, address, "digits-2d")
    draw(page, SEVEN)
    train = load_dataset("digits").train

    def they_are_there() -> None:
        place = encode(found.model, seen(page)).mean
        order = (encode(found.model, train.pixels()).mean - place).norm(dim=1).argsort()[:5]
        names = ", ".join(str(int(label)) for label in train.labels[order])
        assert page.locator(".vl-draw b").last.inner_text() == names
        row = drawn(page.locator(".vl-near"))
        for number, index in enumerate(order.tolist()):
            picture = row[:, number * 9 : number * 9 + 8] / 255
            assert np.abs(picture - train.pixels()[index, 0].numpy()).max() < 0.01

    until(page, they_are_there)


def test_what_is_far_from_the_data_is_said_to_be_far(page: Page, address: str) -> None:
    open_pad(page, address, "mnist-16d")
    verdict = page.locator(".vl-verdict")
    expect(verdict).to_contain_text("Draw a digit")
    draw(page, SCRIBBLE)
    expect(verdict).to_contain_text("Far from anything I know")
    page.get_by_role("button", name="Clear").click()
    draw(page, SEVEN)
    expect(verdict).to_contain_text("it knows")


VERDICT = """async ([error]) => {
  const { verdict } = await import("http://net.test/draw_verdict.js");
  const errors = [1, 2, 3, 4, 5, 6, 7];
  const parts = verdict({ error }, { errors, noun: "digit" });
  return parts.map((part) => part.textContent ?? part).join("");
}"""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (2.5, "Pictures like this it knows. Redrawn better than 85 % of the test pictures."),
        (5.5, "Within what it knows. Redrawn worse than 85 % of the test pictures"),
        (6.5, "Unusual. Redrawn worse than 95 % of the test pictures."),
        (7.5, "Far from anything I know. Redrawn worse than 99 % of the test pictures"),
    ],
)
def test_a_verdict_has_four_levels(lab: Lab, error: float, said: str) -> None:
    assert lab.page.evaluate(VERDICT, [error]).startswith(said)


def test_undo_takes_back_a_stroke_and_clear_all_of_them(page: Page, address: str) -> None:
    open_pad(page, address, "digits-2d")
    undo, clear = (page.get_by_role("button", name=name) for name in ("Undo", "Clear"))
    expect(undo).to_be_disabled()
    draw(page, SEVEN)
    until(page, lambda: dot(page))
    before = seen(page)
    draw(page, [[(0.2, 0.9), (0.8, 0.9)]])
    until(page, lambda: differs(seen(page), before))
    page.keyboard.press("Control+z")
    until(page, lambda: torch.testing.assert_close(seen(page), before))
    clear.click()
    expect(page.locator(".vl-mark-drawn circle")).to_have_count(0)
    expect(page.locator(".vl-near")).to_be_hidden()
    assert float(seen(page).max()) == 0
    expect(clear).to_be_disabled()
    page.keyboard.press("Control+z")  # also of Clear
    until(page, lambda: torch.testing.assert_close(seen(page), before))
    undo.click()
    expect(page.get_by_text("Draw here")).to_be_visible()
    expect(undo).to_be_disabled()


def test_an_uploaded_picture_is_laid_in_the_frame(page: Page, address: str, tmp_path: Path) -> None:
    found = open_pad(page, address, "digits-2d")
    # A test picture of the data, dark on light, large, off the middle of the paper.
    pictures = load_dataset("digits").test.pixels()
    one = next(picture for picture in pictures if _fills_its_frame(picture[0]))[None]
    large = np.kron(one[0, 0].numpy(), np.ones((20, 20)))
    paper = np.full((400, 300), 250.0)
    paper[30:190, 90:250] -= 230 * large
    Image.fromarray(paper.astype(np.uint8)).save(tmp_path / "digit.png")
    page.locator(".vl-draw input[type=file]").set_input_files(tmp_path / "digit.png")

    def it_lies_as_the_original_does() -> None:
        assert float((seen(page) - one).abs().mean()) < 0.1
        _is_encoded(page, found)

    until(page, it_lies_as_the_original_does)
    (tmp_path / "wrong.png").write_bytes(b"no picture")
    page.locator(".vl-draw input[type=file]").set_input_files(tmp_path / "wrong.png")
    refused = page.locator(".vl-draw [role=alert].is-error")
    expect(refused).to_contain_text("cannot be read as a picture")
    expect(page.get_by_text("Draw here")).to_be_visible()
    assert float(seen(page).max()) == 0
    page.get_by_role("button", name="Undo").click()
    until(page, it_lies_as_the_original_does)
    expect(refused).to_have_count(0)


def _fills_its_frame(picture: torch.Tensor) -> bool:
    """From top to bottom, and as far to the left as to the right."""
    rows, columns = ((picture > 0.2).any(axis).nonzero() for axis in (1, 0))
    return (int(rows[0]), int(rows[-1])) == (0, 7) and int(columns[0] + columns[-1]) == 7


def test_a_drawing_stays_when_another_model_is_chosen(page: Page, address: str) -> None:
    open_pad(page, address, "digits-2d")
    draw(page, SEVEN)
    until(page, lambda: dot(page))
    page.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name="mnist-2d", exact=True).click()
    page.wait_for_function("() => document.querySelector('.vl-class')")
    expect(page.get_by_role("radio", name="Look")).to_be_checked()
    page.get_by_role("radio", name="Draw").check(force=True)
    until(page, lambda: _has_side(page, 28))


def _has_side(page: Page, side: int) -> None:
    picture = seen(page)
    assert picture.shape[-1] == side
    assert float(picture.max()) > 0.9


def test_a_conditional_model_is_told_the_class_that_is_pressed(page: Page, address: str) -> None:
    found = open_pad(page, address, "digits-cvae-2d")
    own = found.latents.label[state_pick(page)]
    row = page.get_by_role("radiogroup", name="The class it is told")
    expect(row.get_by_role("radio", name=str(int(own)))).to_be_checked()
    draw(page, SEVEN)
    for label in (7, 1):
        row.get_by_role("radio", name=str(label)).check(force=True)

        def it_is_told(told: int = label) -> None:
            conditions = {"class": torch.tensor([told])}
            place = encode(found.model, seen(page), conditions).mean
            recon = decode(found.model, place, conditions)
            assert np.abs(drawn(page.locator(RECON)) / 255 - recon[0, 0].numpy()).max() < 0.02

        until(page, it_is_told)


def state_pick(page: Page) -> int:
    return int(page.url.split("pick=")[1].split("&")[0])


def test_while_drawing_a_click_on_the_map_picks_nothing(page: Page, address: str) -> None:
    found = open_pad(page, address, "digits-2d")
    before, lonely = state_pick(page), loneliest(page, found.latents.encoded.mean)
    place = to_screen(page, found.latents.encoded.mean[lonely : lonely + 1])[0]
    page.mouse.click(*place)
    page.wait_for_timeout(800)
    assert state_pick(page) == before
    page.get_by_role("radio", name="Look").check(force=True)
    page.mouse.click(*place)
    until(page, lambda: _is_picked(page, lonely))


def _is_picked(page: Page, position: int) -> None:
    assert state_pick(page) == position


def test_a_finger_draws_on_a_phone(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    try:
        page = context.new_page()
        found = open_pad(page, address, "digits-2d")
        for part in (PAD, ".vl-surface"):  # both at once, without scrolling, below the header
            place = page.locator(part).bounding_box()
            assert place["y"] >= 56
            assert place["y"] + place["height"] <= 844
        box = page.locator(PAD).bounding_box()
        session = context.new_cdp_session(page)
        for kind, x, y in (("Start", 0.3, 0.3), ("Move", 0.7, 0.3), ("Move", 0.5, 0.8)):
            point = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"], "id": 0}
            event = {"type": f"touch{kind}", "touchPoints": [point]}
            session.send("Input.dispatchTouchEvent", event)
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        until(page, lambda: _is_encoded(page, found))
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    finally:
        context.close()
