"""The time machine on Train: one thumb moves map, curves, pictures and numbers together."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.e2e.stage import until
from tests.e2e.training import assert_dots_are, end_all, number, press, start_long_run, stop
from vae_core.frames import Frame, read_frame
from vae_core.history import read_history, read_moment
from vae_core.runs import Run

LOSS = ".vl-loss b"


@pytest.fixture(autouse=True)
def no_run_outlives_its_test(runs_folder: Path) -> Iterator[None]:
    yield
    end_all(runs_folder)


@pytest.fixture
def folder(page: Page, address: str, runs_folder: Path) -> Path:
    """A run that has trained for a while and was stopped."""
    folder = start_long_run(page, address, runs_folder)
    until(page, lambda: _has_frames(folder, 12), 60)
    stop(page)
    return folder


def _has_frames(folder: Path, num: int) -> None:
    assert len(Run(folder).frame_paths()) >= num


def thumb(page: Page) -> Locator:
    return page.get_by_role("slider", name="Moment")


def frame_of(folder: Path, place: int) -> Frame:
    return read_frame(Run(folder).frame_paths()[place])


def assert_shows(page: Page, folder: Path, place: int) -> None:
    """Map, loss and thumb are those of a kept frame."""
    frame = frame_of(folder, place)
    expect(page.locator(".vl-map")).to_have_attribute("data-step", f"{frame.step}")
    expect(thumb(page)).to_have_value(f"{frame.step}")
    assert_dots_are(page, torch.from_numpy(frame.means.astype("float32")))
    if frame.step:
        shown = float(page.locator(LOSS).first.inner_text())
        assert shown == pytest.approx(frame.numbers["loss_nats"], abs=0.02)


def test_rewinding_shows_the_means_and_the_loss_of_that_moment(page: Page, folder: Path) -> None:
    last = len(Run(folder).frame_paths()) - 1
    newest = number(page, ".vl-map", "step")
    thumb(page).press("Home")
    assert_shows(page, folder, 0)
    expect(page.get_by_text("before the first step")).to_be_visible()
    for _ in range(3):
        thumb(page).press("ArrowRight")
    assert_shows(page, folder, 3)
    thumb(page).press("ArrowLeft")
    assert_shows(page, folder, 2)

    box = thumb(page).bounding_box()
    wanted = frame_of(folder, last - 2).step / int(thumb(page).get_attribute("max") or 1)
    page.mouse.click(box["x"] + 8 + wanted * (box["width"] - 16), box["y"] + box["height"] / 2)
    expect(page.locator(".vl-where")).to_contain_text("step")
    page.get_by_role("button", name="Now").click()
    expect(page.locator(".vl-map")).to_have_attribute("data-step", f"{newest}")
    expect(page.get_by_role("button", name="Now")).to_be_disabled()
    expect(page.locator(".vl-where")).to_have_text("")


def test_quick_keys_count_from_where_the_last_one_led(page: Page, folder: Path) -> None:
    thumb(page).press("Home")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert_shows(page, folder, 5)


def test_a_film_shows_every_frame_on_the_same_axes(page: Page, folder: Path) -> None:
    history = read_history(Run(folder))
    page.evaluate(
        "() => { window.seen = []; const map = document.querySelector('.vl-map');"
        " const note = () => window.seen.push([Number(map.dataset.step),"
        " document.querySelector('.vl-axes')._fullLayout.xaxis.range[1]]);"
        " new MutationObserver(note).observe(map, { attributeFilter: ['data-step'] }); }"
    )
    thumb(page).press("Home")
    assert_shows(page, folder, 0)
    press(page, "Play the training from here on")
    expect(page.get_by_role("button", name="Pause the film")).to_be_visible()
    expect(page.get_by_role("button", name="Play the training")).to_be_visible()
    assert_shows(page, folder, len(history.steps) - 1)
    expect(page.get_by_role("button", name="Now")).to_be_disabled()  # it is
    seen = page.evaluate("() => window.seen")
    assert {limit for _, limit in seen} == {history.limit}
    steps = [step for step, _ in seen]
    assert steps == sorted(steps)
    assert set(steps) <= set(history.steps)
    assert len(set(steps)) > len(history.steps) / 2


def test_the_pictures_behind_fill_one_square_at_every_moment(page: Page, folder: Path) -> None:
    page.get_by_label("Pictures behind").check()
    for key in ("Home", "ArrowRight", "ArrowRight"):
        thumb(page).press(key)
        page.wait_for_timeout(300)
        behind, dots = (page.locator(f".vl-{name}").bounding_box() for name in ("behind", "points"))
        assert behind == pytest.approx(dots, abs=1)


def test_another_speed_is_another_length_of_the_film(page: Page, folder: Path) -> None:
    taken = []
    for speed in ("1", "4"):
        page.get_by_role("combobox", name="Speed of the film").select_option(speed)
        thumb(page).press("Home")
        assert_shows(page, folder, 0)
        began = time.monotonic()
        press(page, "Play the training from here on")
        expect(page.get_by_role("button", name="Play the training")).to_be_visible()
        taken.append(time.monotonic() - began)
    assert taken[1] < 0.7 * taken[0]


def test_the_film_is_saved_with_every_kept_frame(page: Page, folder: Path) -> None:
    with page.expect_download() as download:
        press(page, "GIF")
    assert download.value.suggested_filename == f"{Run(folder).record().title}.gif"
    with Image.open(download.value.path()) as film:
        assert film.format == "GIF"
        assert film.n_frames == len(Run(folder).frame_paths())


def test_a_visitor_watches_a_bundled_model_being_born_without_training(
    page: Page, address: str, bundled: Path
) -> None:
    page.goto(address)
    page.get_by_role("link", name="Watch it being born").click()
    expect(page.get_by_text("comes with VAE Lab")).to_be_visible()
    expect(page.locator(".vl-map")).to_have_attribute("data-step", "3800")
    thumb(page).press("Home")
    assert_shows(page, bundled / "digits-2d", 0)
    thumb(page).press("ArrowRight")
    assert_shows(page, bundled / "digits-2d", 1)
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)


def test_the_picker_on_train_turns_to_how_that_model_learned(
    page: Page, address: str, bundled: Path
) -> None:
    page.goto(f"{address}/train")
    page.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name="digits-ae-2d").click()
    expect(page.get_by_text("comes with VAE Lab")).to_be_visible()
    expect(page.locator(".vl-map")).to_have_attribute("data-step", "3800")
    thumb(page).press("Home")
    assert_shows(page, bundled / "digits-ae-2d", 0)
    assert "run=digits-ae-2d" in page.url


def test_the_past_stays_in_sight_while_training_goes_on(
    page: Page, address: str, runs_folder: Path
) -> None:
    folder = start_long_run(page, address, runs_folder)
    until(page, lambda: _has_frames(folder, 5), 60)
    thumb(page).press("Home")
    expect(page.get_by_text("before the first step")).to_be_visible()
    num = len(Run(folder).frame_paths())
    until(page, lambda: _has_frames(folder, num + 4), 60)
    assert number(page, ".vl-map", "step") == 0
    thumb(page).press("End")
    page.wait_for_function("() => Number(document.querySelector('.vl-map').dataset.step) > 0")
    stop(page)


def test_before_the_first_step_there_is_nothing_to_rewind(page: Page, address: str) -> None:
    page.goto(f"{address}/train")
    expect(thumb(page)).to_be_disabled()
    expect(page.get_by_role("button", name="Play the training")).to_be_disabled()


def test_a_moment_that_does_not_arrive_is_told_and_can_be_asked_for_again(
    page: Page, folder: Path
) -> None:
    page.route("**/api/runs/**", lambda route: route.abort())
    thumb(page).press("Home")
    expect(page.get_by_text("did not arrive")).to_be_visible()
    page.unroute("**/api/runs/**")
    thumb(page).press("Home")
    assert_shows(page, folder, 0)


def test_after_frames_are_dropped_the_nearest_one_is_shown(
    page: Page, address: str, runs_folder: Path, bundled: Path
) -> None:
    run = Run(runs_folder / ("c" * 24))
    shutil.copytree(bundled / "mnist-16d", run.folder)
    run.update(id=run.id)
    page.goto(f"{address}/train?run={run.id}")
    thumb(page).press("Home")
    expect(page.get_by_text("before the first step")).to_be_visible()
    known = [int(path.stem) for path in run.frame_paths()]
    for path in (*run.frame_paths()[1:-1:2], run.frame_paths()[-1]):  # the shared plane's, too
        path.unlink()
    left = [int(path.stem) for path in run.frame_paths()]
    for wanted in (known[3], known[-1]):
        thumb(page).evaluate(
            "(thumb, step) => { thumb.value = step; thumb.dispatchEvent(new Event('input')); }",
            wanted,
        )
        nearest = min(left, key=lambda step: abs(step - wanted))
        expect(page.locator(".vl-map")).to_have_attribute("data-step", f"{nearest}")
        assert_dots_are(page, torch.from_numpy(read_moment(run, nearest, left[-1]).points))
    expect(page.get_by_text("did not arrive")).to_have_count(0)
    expect(thumb(page)).to_have_value(f"{left[-1]}")
    thumb(page).press("ArrowLeft")
    expect(page.locator(".vl-map")).to_have_attribute("data-step", f"{left[-2]}")
    shutil.rmtree(run.folder)
