"""The file that is taken away: it works from disk, with the network off, as torch computes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Browser, Page, expect

from tests.e2e.mapping import open_map
from tests.e2e.sliding import drawn, shows
from tests.e2e.stage import until
from ui import cache, take_away
from vae_core import catalogue, decode, load_checkpoint
from vae_core.checkpoints import Checkpoint

PLACE = """() => {
  const surface = document.querySelector(".vl-surface").getBoundingClientRect();
  return [surface.left, surface.top, surface.width];
}"""
PICTURE = ".vl-decoded"
Open = Callable[[str], tuple[Page, Checkpoint]]


@pytest.fixture
def open_file(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Write the file of a model and open it from disk, offline. Nothing may fail."""
    context = browser.new_context(viewport={"width": 1024, "height": 900}, offline=True)
    asked: list[str] = []
    wrong: list[str] = []

    def open_it(model: str) -> tuple[Page, Checkpoint]:
        path = tmp_path / f"{model}.html"
        path.write_bytes(take_away.page(cache.choice_of(model)))
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url[:60]))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: said.type == "error" and wrong.append(said.text))
        page.goto(path.as_uri())
        expect(page.locator(".vl-mark-cross path")).to_have_count(2)
        return page, load_checkpoint(catalogue.folder_of(model))

    yield open_it
    context.close()
    assert wrong == []
    assert all(url.startswith(("file:", "data:")) for url in asked)


def hover(page: Page, limit: float, across: float, down: float) -> torch.Tensor:
    """Move over the map; what z the place stands for on a map of two numbers, (1, 2)."""
    left, top, width = page.evaluate(PLACE)
    px, py = round(left + across * width), round(top + down * width)
    page.mouse.move(px, py)
    x, y = (px - left) / width, (py - top) / width
    return torch.tensor([[(2 * x - 1) * limit, (1 - 2 * y) * limit]])


def limit_of(model: str) -> float:
    return cache.map_view(cache.key_of(model), (0, 1)).limit


@pytest.mark.parametrize("model", ["mnist-2d", "digits-2d", "digits-ae-2d"])
def test_it_decodes_under_the_cursor_as_torch_does(open_file: Open, model: str) -> None:
    page, found = open_file(model)
    for across, down in ((0.6, 0.4), (0.35, 0.7)):
        z = hover(page, limit_of(model), across, down)
        shows(page, lambda: drawn(page.locator(PICTURE)), decode(found.model, z))
    sliders = [float(one.input_value()) for one in page.get_by_role("slider").all()]
    assert (
        sliders == pytest.approx(z[0].clamp(-2.33, 2.33).tolist(), abs=0.02)
        or model == "digits-ae-2d"
    )


def test_its_sliders_and_arrow_keys_decode_too(open_file: Open) -> None:
    page, found = open_file("mnist-2d")
    first, second = page.get_by_role("slider").all()
    first.fill("1.25")
    second.fill("-0.5")
    z = torch.tensor([[1.25, -0.5]])
    shows(page, lambda: drawn(page.locator(PICTURE)), decode(found.model, z))
    page.locator(".vl-surface").focus()
    page.keyboard.press("Shift+ArrowRight")
    z = torch.tensor([[1.5, -0.5]])
    shows(page, lambda: drawn(page.locator(PICTURE)), decode(found.model, z))
    expect(page.locator(".vl-spoken")).to_have_text("z = (1.50, \N{MINUS SIGN}0.50)")


def test_a_wide_latent_is_decoded_where_its_plane_is(open_file: Open) -> None:
    page, found = open_file("mnist-16d")
    view = cache.map_view(cache.key_of("mnist-16d"), None)
    z = view.projection.lift(hover(page, view.limit, 0.7, 0.3))
    shows(page, lambda: drawn(page.locator(PICTURE)), decode(found.model, z))
    assert page.get_by_role("slider").count() == take_away.MAX_SLIDERS
    name = page.get_by_role("slider").first.get_attribute("aria-label")
    assert name == "number 1 (z1)"


def test_a_conditional_model_is_told_a_class(open_file: Open) -> None:
    page, found = open_file("digits-cvae-2d")
    page.get_by_label("Class told").select_option("7")
    z = hover(page, limit_of("digits-cvae-2d"), 0.6, 0.6)
    told = {"class": torch.tensor([7])}
    shows(page, lambda: drawn(page.locator(PICTURE)), decode(found.model, z, told))


def test_its_dots_pictures_behind_and_classes_are_the_app_s(
    open_file: Open, page: Page, address: str
) -> None:
    mine, _ = open_file("digits-2d")
    open_map(page, address, "digits-2d")
    for visitor in (mine, page):
        visitor.mouse.move(2, 2)
    names = [one.locator(".vl-mark-names text").all_text_contents() for one in (mine, page)]
    assert sorted(names[0]) == sorted(names[1])
    assert len(names[0]) == 10
    mine.get_by_label("Pictures behind").check()

    def they_are_drawn() -> None:
        assert drawn(mine.locator(".vl-behind canvas")).max() > 200

    until(mine, they_are_drawn)
    mine.get_by_role("button", name="3", exact=True).click()
    expect(mine.locator(".vl-mark-names text")).to_have_count(1)


def test_a_script_that_got_into_it_does_not_run(browser: Browser, tmp_path: Path) -> None:
    content = take_away.page(cache.choice_of("digits-2d")).decode()
    said = "document.title = 'it ran'"
    foreign = f'<script>{said}</script><script src="data:text/javascript,{said}"></script>'
    (tmp_path / "page.html").write_text(content.replace("<main>", f"<main>{foreign}"))
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    expect(page.locator(".vl-mark-cross path")).to_have_count(2)
    assert page.title().startswith("digits-2d")
    page.close()


def test_the_app_hands_it_out(page: Page, address: str) -> None:
    open_map(page, address, "mnist-2d")
    page.get_by_role("button", name="Share").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="One page").click()
    assert download.value.suggested_filename == "mnist-2d.html"
    content = Path(download.value.path()).read_bytes()
    assert content == take_away.page(cache.choice_of("mnist-2d"))
    assert len(content) < 4_000_000
