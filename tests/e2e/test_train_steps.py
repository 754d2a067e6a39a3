"""Single steps and slow motion on the Train page: one batch taken apart, in numbers that add up."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.stage import settle, until
from tests.e2e.training import (
    drawn,
    end_all,
    number,
    pause,
    press,
    rows,
    run_id,
    start_long_run,
    stop,
    wait_for_status,
)
from vae_core.anatomy import ANATOMY_FILE, Anatomy, read_anatomy
from vae_core.images import from_png
from vae_core.runs import Run

STEP, TABLE, SUMS = ".vl-step", ".vl-step-table", ".vl-step-line"
NUMBER = re.compile(r"-?\d+\.\d+")


@pytest.fixture(autouse=True)
def no_run_outlives_its_test(runs_folder: Path) -> Iterator[None]:
    yield
    end_all(runs_folder)


def numbers(text: str) -> list[float]:
    return [float(part) for part in NUMBER.findall(text.replace("\N{MINUS SIGN}", "-"))]


def step(page: Page, folder: Path) -> Anatomy:
    """Take one step of a paused run, and wait until the page shows it."""
    before = json.loads((folder / "run.json").read_text())["num_done"]
    press(page, "Step")
    expect(page.get_by_text(f"Paused at step {before + 1:,}")).to_be_visible()
    expect(page.locator(STEP)).to_contain_text(f"Step {before + 1:,}.")
    return read_anatomy(folder / ANATOMY_FILE)


def test_a_step_shows_its_batch_in_numbers_that_add_up(
    page: Page, address: str, runs_folder: Path
) -> None:
    folder = start_long_run(page, address, runs_folder)
    pause(page)
    seen = step(page, folder)
    assert seen.step == rows(folder)[-1]["step"] == number(page, ".vl-map", "step")

    pictures = page.locator(f"{TABLE} label")
    expect(pictures).to_have_count(8)
    for place in (0, 5):
        pictures.nth(place).click()
        lines = page.locator(SUMS).all_inner_texts()
        assert len(lines) == 2
        for dim, line in enumerate(lines):
            mean, sigma, eps, z = numbers(line)
            assert round(mean + sigma * eps, 2) == pytest.approx(z, abs=1e-9)
            assert mean == pytest.approx(float(seen.mean[place, dim]), abs=0.006)
            assert sigma == pytest.approx(float(seen.sigma[place, dim]), abs=0.006)
            assert eps == pytest.approx(float(seen.eps[place, dim]), abs=0.006)
            assert z == pytest.approx(float(seen.z[place, dim]), abs=0.05)
        said = numbers(pictures.nth(place).inner_text())
        assert said[-2:] == pytest.approx(
            [float(seen.recon_nats[place]), float(seen.kl_nats[place])], abs=0.06
        )
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Picture 7:")).to_be_visible()

    loss, recon, kl = numbers(page.locator(".vl-step-loss").inner_text())
    assert loss == round(recon + kl, 2)  # beta is 1
    assert recon == pytest.approx(rows(folder)[-1]["recon_nats"], abs=0.1)
    assert kl == pytest.approx(rows(folder)[-1]["kl_nats"], abs=0.1)
    stop(page)
    expect(page.locator(STEP)).to_be_hidden()


def test_a_steps_pictures_and_their_places_are_those_of_the_batch(
    page: Page, address: str, runs_folder: Path
) -> None:
    folder = start_long_run(page, address, runs_folder)
    pause(page)
    seen = step(page, folder)
    for column, expected in ((0, seen.input), (1, seen.recon)):
        image = page.locator(f"{TABLE} label:nth-child(3) img").nth(column)
        np.testing.assert_allclose(drawn(image), expected[2, 0].numpy() * 255, atol=1)

    limit = page.evaluate("() => document.querySelector('.vl-axes')._fullLayout.xaxis.range[1]")
    side = page.locator(".vl-points").bounding_box()["width"]
    page.locator(f"{TABLE} label").nth(2).click()
    marks = page.locator(".vl-marks .is-picked")
    mean, sigma = seen.mean[2].double().numpy(), seen.sigma[2].double().numpy()
    at = {
        name: float(marks.locator("ellipse").get_attribute(name))
        for name in ("cx", "cy", "rx", "ry")
    }
    np.testing.assert_allclose(
        [at["cx"], at["cy"]], (mean * [1, -1] / limit + 1) / 2 * side, atol=1
    )
    np.testing.assert_allclose([at["rx"], at["ry"]], sigma / limit / 2 * side, atol=1)


def test_slow_motion_takes_single_steps_and_full_speed_brings_the_curves_back(
    page: Page, address: str, runs_folder: Path
) -> None:
    folder = start_long_run(page, address, runs_folder)
    press(page, "Slow motion")
    expect(page.get_by_text("Slow motion, one step a second")).to_be_visible()
    expect(page.locator(STEP)).to_be_visible()
    until(page, lambda: _assert_newest_is_shown(page, folder))  # its dots have glided there
    first = number(page, ".vl-map", "step")
    until(page, lambda: _assert_step_is_beyond(page, first + 1))
    slow = [
        row["step"] for row in rows(folder) if row["kind"] == "progress" and row["step"] > first
    ]
    assert slow == list(range(first + 1, first + 1 + len(slow)))
    press(page, "Full speed")
    expect(page.get_by_text("Training: epoch")).to_be_visible()
    expect(page.locator(STEP)).to_be_hidden()
    expect(page.locator(".vl-curves-plot")).to_be_visible()
    until(page, lambda: _assert_step_is_beyond(page, first + 50))
    assert page.locator(".vl-marks ellipse").count() == 0

    pause(page)
    press(page, "Slow motion")  # from a pause, too
    expect(page.locator(STEP)).to_be_visible()
    stop(page)


def _assert_newest_is_shown(page: Page, folder: Path) -> None:
    steps = [row["step"] for row in rows(folder) if row["kind"] == "progress"]
    assert number(page, ".vl-map", "step") == steps[-1]


def _assert_step_is_beyond(page: Page, at: int) -> None:
    assert number(page, ".vl-map", "step") > at


def test_an_autoencoders_step_has_no_spread_and_no_kl(
    page: Page, address: str, runs_folder: Path
) -> None:
    folder = start_long_run(page, address, runs_folder, kind="Autoencoder")
    expect(page.locator(".vl-loss")).to_contain_text("An autoencoder has no KL")
    pause(page)
    seen = step(page, folder)
    assert seen.sigma is None
    text = page.locator(STEP).inner_text()
    assert not re.search(r"spread|KL|eps|drawn", text)
    place = numbers(page.locator(SUMS).first.inner_text())
    assert place == pytest.approx([float(seen.mean[0, 0])], abs=0.006)
    stop(page)


def test_pictures_behind_the_dots_are_the_frames_manifold(
    page: Page, address: str, runs_folder: Path
) -> None:
    folder = start_long_run(page, address, runs_folder)
    pause(page)
    behind = page.locator(".vl-behind")
    expect(behind).to_be_hidden()
    page.get_by_label("Pictures behind").check()
    expect(behind).to_be_visible()
    box, dots = behind.bounding_box(), page.locator(".vl-points").bounding_box()
    assert box == pytest.approx(dots, abs=1)

    def the_cells_are_those_of_the_frame() -> None:
        image = drawn(behind).reshape(12, 10, 12, 10)[:, 1:-1, :, 1:-1].reshape(96, 96)
        np.testing.assert_array_equal(image, from_png(Run(folder).live_frame().manifold))

    until(page, the_cells_are_those_of_the_frame)
    stop(page)


def test_a_button_pressed_while_another_is_carried_out_is_not_forgotten(
    page: Page, address: str, runs_folder: Path
) -> None:
    page.goto(f"{address}/train")
    settle(page)
    before = set(runs_folder.glob("*/run.json"))
    page.get_by_role("button", name="Train", exact=True).dblclick()
    folder = runs_folder / run_id(page)
    expect(page.get_by_text("Training: epoch")).to_be_visible()
    assert set(runs_folder.glob("*/run.json")) - before == {folder / "run.json"}
    pause(page)
    press(page, "Step")
    stop(page)
    wait_for_status(page, folder, "stopped")
