"""The Sliders page in a real browser: what is drawn is what torch decodes, while the hand moves."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import Page, expect

from tests.e2e.sliding import BIG, drawn, open_sliders, shows, slider, strip, values
from tests.e2e.stage import settle, until
from vae_core import (
    MLPConfig,
    RunConfig,
    build_model,
    catalogue,
    decode,
    load_checkpoint,
    load_dataset,
    runs,
)
from vae_core.checkpoints import save_trained
from vae_core.data import SPLITS
from vae_core.models import ConditionConfig


def watch_socket(page: Page) -> list[Any]:
    """What the page sends to Streamlit from now on, as it is sent."""
    sent: list[Any] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda data: sent.append(data)))
    return sent


def test_a_dragged_slider_changes_the_picture_before_it_is_let_go(page: Page, address: str) -> None:
    sent = watch_socket(page)
    model = open_sliders(page, address, "digits-2d").model
    shows(page, lambda: drawn(page.locator(BIG)), decode(model, torch.zeros(1, 2)))
    box = slider(page, 1).bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.wait_for_timeout(300)
    before = len(sent)
    for share in (0.6, 0.7, 0.85):
        page.mouse.move(box["x"] + share * box["width"], middle, steps=5)
        z = torch.tensor([values(page, 2)])
        assert z[0, 1] > 0.3
        shows(page, lambda: drawn(page.locator(BIG)), decode(model, z))
    first = torch.linspace(-2.33, 2.33, 23)[1::2]
    zs = torch.stack([first, z[0, 1].expand(11)], dim=1)
    other = page.locator(".vl-slider canvas").first
    shows(page, lambda: strip(other, 11, 8), decode(model, zs))
    assert len(sent) == before
    page.mouse.up()
    page.wait_for_function(f"() => location.search.includes('z=0%2C{z[0, 1].item():g}')")
    assert len(sent) > before
    assert values(page, 2) == pytest.approx(z[0].tolist())


@pytest.mark.parametrize(("name", "num", "side"), [("digits-ae-2d", 11, 8), ("mnist-16d", 9, 28)])
def test_each_strip_is_what_its_sliders_places_give(
    page: Page, address: str, name: str, num: int, side: int
) -> None:
    model = open_sliders(page, address, name).model
    slider(page, 0).focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    z = torch.tensor([values(page, model.latent_dim)])
    for dim in (0, model.latent_dim - 1):
        low, high = (float(slider(page, dim).get_attribute(end)) for end in ("min", "max"))
        zs = z.repeat(num, 1)
        zs[:, dim] = torch.linspace(low, high, 2 * num + 1)[1::2]
        canvas = page.get_by_role("img", name=f"Number {dim + 1} from")
        canvas.scroll_into_view_if_needed()
        shows(page, lambda: strip(canvas, num, side), decode(model, zs))  # noqa: B023


def test_numbers_that_carry_nothing_are_greyed_and_stand_last(page: Page, address: str) -> None:
    open_sliders(page, address, "mnist-16d")
    expect(page.get_by_text("The decoder ignores these 5 numbers")).to_be_visible()
    names = [row.inner_text() for row in page.locator(".vl-slider b").all()]
    assert names[:2] == ["Number 1 (z1)", "Number 7 (z7)"]
    collapsed = page.locator(".vl-group.collapsed")
    assert collapsed.locator(".vl-slider").count() == 5
    assert "grayscale" in collapsed.evaluate("e => getComputedStyle(e).filter")
    assert page.locator(".vl-kl").first.inner_text() == "KL 2.56 nats"


def test_arrow_keys_move_a_slider_and_a_double_click_puts_it_back(page: Page, address: str) -> None:
    model = open_sliders(page, address, "digits-2d").model
    slider(page, 0).press("ArrowRight")
    slider(page, 0).press("ArrowRight")
    assert values(page, 2) == [0.02, 0.0]
    expect(slider(page, 0)).to_have_attribute("aria-valuetext", "0.02")
    page.wait_for_function("() => location.search.includes('z=0.02')")
    shows(page, lambda: drawn(page.locator(BIG)), decode(model, torch.tensor([[0.02, 0.0]])))
    page.get_by_role("button", name="Reset number 1").click()
    assert values(page, 2) == [0.0, 0.0]
    slider(page, 1).press("ArrowLeft")
    slider(page, 1).dblclick()
    assert values(page, 2) == [0.0, 0.0]


def test_where_the_sliders_stand_outlives_other_pages_and_a_reload(
    page: Page, address: str
) -> None:
    open_sliders(page, address, "digits-cvae-2d")
    slider(page, 0).press("ArrowLeft")
    page.get_by_role("radio", name="7").check(force=True)
    page.wait_for_function("() => location.search.includes('told=class%3A7')")
    page.get_by_role("link", name="Train", exact=True).click()
    settle(page)
    page.get_by_role("link", name="Sliders", exact=True).click()
    settle(page)
    until(page, lambda: expect(slider(page, 0)).to_have_value("-0.01"))
    expect(page.get_by_role("radio", name="7")).to_be_checked()
    page.reload()
    settle(page)
    expect(slider(page, 0)).to_have_value("-0.01")
    expect(page.get_by_role("radio", name="7")).to_be_checked()


def test_a_pressed_class_is_drawn_with_the_same_numbers(page: Page, address: str) -> None:
    model = open_sliders(page, address, "digits-cvae-2d").model
    z = torch.zeros(1, 2)

    def of_class(label: int) -> torch.Tensor:
        return decode(model, z, {"class": torch.tensor([label])})

    classes = page.locator(".vl-class-row label")
    expect(classes).to_have_count(11)
    for place, label in enumerate([*range(10), -1]):
        canvas = classes.nth(place).locator("canvas")
        shows(page, lambda: drawn(canvas), of_class(label))  # noqa: B023
        box = canvas.bounding_box()
        assert box["width"] == box["height"] >= 44  # pictures to press, not icons
    classes.nth(3).click()
    shows(page, lambda: drawn(page.locator(BIG)), of_class(3))
    expect(page.get_by_role("radio", name="3")).to_be_checked()
    slider(page, 0).press("ArrowRight")
    z[0, 0] = 0.01
    shows(page, lambda: drawn(page.locator(BIG)), of_class(3))
    shows(page, lambda: drawn(classes.nth(8).locator("canvas")), of_class(8))
    page.get_by_role("radio", name="3").press("ArrowRight")
    shows(page, lambda: drawn(page.locator(BIG)), of_class(4))


def test_starting_from_a_picture_shows_it_and_reset_and_undo_lead_back(
    page: Page, address: str
) -> None:
    found = open_sliders(page, address, "digits-cvae-2d")
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_disabled()
    page.get_by_role("combobox", name="Start from").select_option(label="from a 4")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("From this 4 and its class.")).to_be_visible()
    expect(page.get_by_role("radio", name="4")).to_be_checked()
    means = found.latents.encoded.mean
    shown_values = torch.tensor(values(page, 2))
    gaps = (means.clamp(-2.33, 2.33) - shown_values).norm(dim=1)
    position = int(gaps.where(found.latents.label == 4, torch.inf).argmin())
    assert gaps[position] < 0.01
    told = {"class": torch.tensor([4])}
    shows(page, lambda: drawn(page.locator(BIG)), decode(found.model, means[[position]], told))
    split, index = found.latents.where(position)
    original = load_dataset("digits").split(split).pixels(index, index + 1)
    shows(page, lambda: drawn(page.locator(".vl-original")), original)
    page.get_by_role("button", name="Reset", exact=True).click()
    assert values(page, 2) == [0.0, 0.0]
    expect(page.get_by_role("radio", name="0")).to_be_checked()
    undo.click()
    assert values(page, 2) == pytest.approx(shown_values.tolist())
    expect(page.get_by_role("radio", name="4")).to_be_checked()


def test_dragging_the_cross_moves_both_sliders(page: Page, address: str) -> None:
    model = open_sliders(page, address, "digits-2d").model
    box = page.locator(".vl-place-sheet").bounding_box()
    x, y = box["x"] + 0.75 * box["width"], box["y"] + 0.6 * box["height"]
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(x, y, steps=4)
    z = torch.tensor([values(page, 2)])
    shows(page, lambda: drawn(page.locator(BIG)), decode(model, z))
    page.mouse.up()
    assert z[0, 0] > 1.0
    expect(page.get_by_text("beyond")).to_have_count(0)
    assert z[0, 0] / z[0, 1] == pytest.approx(-2.5, abs=0.1)  # from the middle of the map
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"], y)  # the map shows more than the sliders
    page.mouse.up()
    expect(page.get_by_text("beyond 2.33")).to_be_visible()
    assert values(page, 2)[0] == 2.33


def test_two_numbers_their_classes_and_their_map_fit_on_one_screen(
    page: Page, address: str
) -> None:
    open_sliders(page, address, "digits-cvae-2d")
    for part in (".vl-big", ".vl-start", ".vl-place-sheet", ".vl-classes", ".vl-group"):
        box = page.locator(part).bounding_box()
        assert box["y"] + box["height"] <= 768, part
    for canvas, ends_ in zip(
        page.locator(".vl-slider canvas").all(), page.locator(".vl-ends").all(), strict=True
    ):
        over, under = canvas.bounding_box(), ends_.bounding_box()
        assert over["y"] + over["height"] <= under["y"]
    width = page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= 1024


def test_on_a_phone_the_picture_stays_in_sight(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_sliders(page, address, "mnist-16d")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    page.locator(".vl-slider").last.scroll_into_view_if_needed()
    page.wait_for_timeout(200)
    box = page.locator(BIG).bounding_box()
    assert 0 < box["y"] < 200


@pytest.fixture
def untrained(runs_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """Save an untrained model under a name, where the server finds it; gone after the test."""
    monkeypatch.setenv("VAELAB_RUNS", str(runs_folder))
    saved: list[runs.Run] = []

    def save(name: str, **model: Any) -> Path:
        data = load_dataset("digits")
        config = RunConfig(model=MLPConfig(**model))
        run = runs.create(config)
        record = run.record().evolve(status="finished")
        save_trained(run.folder, record, build_model(config.model, data.spec), data)
        runs.save_as(run, name)
        saved.append(run)
        return run.folder

    yield save
    for run in saved:
        runs.delete(run)


def test_a_model_that_the_page_cannot_run_is_drawn_by_the_server(
    page: Page, address: str, untrained: Callable[..., Path]
) -> None:
    folder = untrained("Large", hidden=(2048, 2048))
    page.goto(f"{address}/sliders?model=Large")
    settle(page)
    expect(page.get_by_text("This network is too large for the page")).to_be_visible()
    model = load_checkpoint(folder).model
    slider(page, 1).press("End")
    z = torch.tensor([values(page, 2)])
    shows(page, lambda: drawn(page.locator(BIG)), decode(model, z))
    places = torch.linspace(-2.33, 2.33, 23)[1::2]
    zs = torch.stack([places, z[0, 1].expand(11)], dim=1)
    canvas = page.locator(".vl-slider canvas").first
    shows(page, lambda: strip(canvas, 11, 8), decode(model, zs))


def test_numbers_are_told_by_sliders_by_a_picture_or_not_at_all(
    page: Page, address: str, untrained: Callable[..., Path]
) -> None:
    folder = untrained("Strokes", hidden=(16,), conditions=[ConditionConfig(name="strokes")])
    page.goto(f"{address}/sliders?model=Strokes")
    settle(page)
    found = load_checkpoint(folder)
    told = [page.get_by_role("slider", name=name) for name in ("ink", "slant", "width")]
    told[0].press("End")

    def expected(numbers: list[float] | None) -> torch.Tensor:
        conditions = {} if numbers is None else {"strokes": torch.tensor([numbers])}
        return decode(found.model, torch.tensor([values(page, 2)]), conditions)

    shows(page, lambda: drawn(page.locator(BIG)), expected([2.5, 0.0, 0.0]))
    switch = page.get_by_role("switch", name="Tell it ink, slant and width")
    switch.uncheck()
    shows(page, lambda: drawn(page.locator(BIG)), expected(None))
    expect(told[0]).to_be_disabled()
    page.get_by_role("combobox", name="Start from").select_option(label="from a 4")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("From this 4 and its strokes.")).to_be_visible()
    expect(switch).to_be_checked()
    data = load_dataset("digits")
    strokes = torch.cat([data.split(name).conditions(slice(None))["strokes"] for name in SPLITS])
    numbers = torch.tensor([float(one.input_value()) for one in told])
    assert (strokes.clamp(-2.5, 2.5) - numbers).abs().amax(1).min() <= 0.051


def test_another_model_is_drawn_by_its_own_network(page: Page, address: str) -> None:
    open_sliders(page, address, "digits-2d")
    page.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name="digits-ae-2d").click()
    page.wait_for_function("() => location.search.includes('model=digits-ae-2d')")
    model = load_checkpoint(catalogue.folder_of("digits-ae-2d")).model
    expect(page.get_by_text("98 % of the training pictures")).to_be_visible()
    expect(page.locator(BIG)).to_have_count(1)
    z = torch.tensor([values(page, 2)])
    shows(page, lambda: drawn(page.locator(BIG)), decode(model, z))


def test_a_network_that_does_not_arrive_is_asked_for_again(page: Page, address: str) -> None:
    page.route("**/decoder", lambda route: route.abort())
    model = open_sliders(page, address, "digits-2d").model
    expect(page.get_by_text("Not all arrived")).to_be_visible()
    page.unroute("**/decoder")
    page.get_by_role("button", name="Try again").click()
    shows(page, lambda: drawn(page.locator(BIG)), decode(model, torch.zeros(1, 2)))
    expect(page.get_by_text("Not all arrived")).to_have_count(0)
