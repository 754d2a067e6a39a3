"""Compare: one cursor in two latent spaces, holes, and samples, as torch makes them."""

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Page, expect

from tests.e2e.comparing import decoded, hover, models, open_pair, surface
from tests.e2e.sliding import drawn, shows
from tests.e2e.stage import until
from vae_core import decode
from vae_core.metrics.extractor import reader_of
from vae_core.metrics.readability import CONFIDENT, confidence_map
from vae_core.projection import axes_projection

# The observers that keep a map at its host's width, until they are told to stop.
COUNT_MAPS = """(() => {
  window.maps = new Set();
  const Real = window.ResizeObserver;
  window.ResizeObserver = class extends Real {
    observe(element, options) {
      if (element.classList.contains("vl-host")) window.maps.add(this);
      super.observe(element, options);
    }
    disconnect() {
      window.maps.delete(this);
      super.disconnect();
    }
  };
})()"""


@pytest.mark.parametrize("which", [0, 1])
def test_one_cursor_decodes_in_both_latent_spaces(page: Page, address: str, which: int) -> None:
    open_pair(page, address, "model=digits-2d")
    z = hover(page, which, (0.8, -1.2))
    for number, model in enumerate(models("digits-2d", "digits-ae-2d")):
        canvas = decoded(page, number)
        shows(page, lambda: drawn(canvas), decode(model, z))  # noqa: B023
    expect(page.locator(".vl-compare-here .vl-z")).to_contain_text("z = (")


def test_arrow_keys_move_the_cursor_of_both(page: Page, address: str) -> None:
    open_pair(page, address, "model=digits-2d")
    surface(page, 1).focus()
    for key in ("Shift+ArrowRight", "Shift+ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    z = torch.tensor([[0.5, 0.05]])
    for number, model in enumerate(models("digits-2d", "digits-ae-2d")):
        canvas = decoded(page, number)
        shows(page, lambda: drawn(canvas), decode(model, z))  # noqa: B023
    expect(page.locator(".vl-spoken")).to_have_text("z = (0.50, 0.05)")


def test_samples_are_torch_s_decodes_and_new_ones_can_be_had(page: Page, address: str) -> None:
    open_pair(page, address, "model=digits-2d&samples=4")
    seen = []
    for seed in (4, 5):
        z = torch.randn(16, 2, generator=torch.Generator().manual_seed(seed))
        for number, model in enumerate(models("digits-2d", "digits-ae-2d")):
            sheet = page.locator(".vl-samples").nth(number)
            shows(page, lambda: _cells(drawn(sheet)), decode(model, z))  # noqa: B023
            seen.append(drawn(sheet))
        page.get_by_role("button", name="New samples").click()
    assert (seen[0] != seen[2]).any()


def _cells(sheet: np.ndarray) -> np.ndarray:
    """Sixteen pictures of 8x8 in two rows, with black lines between them."""
    return np.stack(
        [
            sheet[row * 9 : row * 9 + 8, column * 9 : column * 9 + 8]
            for row in range(2)
            for column in range(8)
        ]
    )


def test_the_holes_are_where_the_classifier_does_not_read(page: Page, address: str) -> None:
    open_pair(page, address, "model=digits-2d")
    (model,) = models("digits-2d")
    sure = confidence_map(model, axes_projection(2), (-3, 3, -3, 3), 48, reader_of("digits"))
    wanted = (sure < CONFIDENT).numpy()

    def they_are_there() -> None:
        shade = page.locator(".vl-holes").first.evaluate(
            "canvas => Array.from(canvas.getContext('2d').getImageData(0, 0, 48, 48).data)"
            ".filter((_, place) => place % 4 === 3)"
        )
        found = np.array(shade).reshape(48, 48) > 0
        assert (found != wanted).mean() < 0.005  # but for rounding at the threshold

    until(page, they_are_there)
    assert 0.01 < wanted.mean() < 0.9
    page.get_by_role("radio", name="Neither").check(force=True)
    expect(page.locator(".vl-holes").first).to_be_hidden()


def test_holes_that_do_not_arrive_are_told_and_can_be_asked_for_again(
    page: Page, address: str
) -> None:
    page.route("**/digits-ae-2d/*/readable.png*", lambda route: route.fulfill(status=500))
    open_pair(page, address, "model=digits-2d")
    key = page.locator(".vl-hole-key")
    expect(key).to_contain_text("The holes did not arrive")
    expect(key).not_to_contain_text("grey")
    holes = page.locator(".vl-holes").nth(1)
    is_shaded = (
        "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)"
        ".data.some((value) => value > 0)"
    )
    assert not holes.evaluate(is_shaded)
    page.unroute("**/digits-ae-2d/*/readable.png*")
    key.get_by_role("button", name="Try again").click()
    expect(key).to_contain_text("grey")

    def they_are_there() -> None:
        assert holes.evaluate(is_shaded)

    until(page, they_are_there)
    expect(key).to_contain_text("grey")


def test_a_cursor_outside_the_other_map_is_told_at_its_edge(page: Page, address: str) -> None:
    open_pair(page, address, "model=digits-2d")
    hover(page, 1, (15.0, 15.0))
    beyond = surface(page, 0).locator(".vl-mark-cross")
    expect(beyond).to_have_text("outside this map")
    arrow, box = beyond.locator("path").last.bounding_box(), surface(page, 0).bounding_box()
    assert arrow["x"] + arrow["width"] == pytest.approx(box["x"] + box["width"], abs=14)
    assert arrow["y"] == pytest.approx(box["y"], abs=14)
    hover(page, 1, (1.0, 1.0))
    expect(page.get_by_text("outside this map")).to_have_count(0)


def test_on_a_phone_maps_are_large_and_names_stand_over_their_numbers(
    browser: Browser, address: str
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    open_pair(page, address, "model=digits-2d")
    for which in (0, 1):
        assert surface(page, which).bounding_box()["width"] > 280
    rows = page.locator(".vl-compared tr")
    rows.first.wait_for()
    heads, numbers = (
        [cell.bounding_box() for cell in rows.nth(row).locator(".num").all()] for row in (0, 4)
    )
    for head, number in zip(heads, numbers, strict=True):
        ends = [box["x"] + box["width"] for box in (head, number)]
        assert ends[0] == pytest.approx(ends[1], abs=2)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    context.close()


def test_classes_are_named_beside_maps_that_cannot_name_them(page: Page, address: str) -> None:
    open_pair(page, address, "model=digits-cvae-2d")
    expect(page.get_by_role("group", name="Classes").locator("span")).to_have_count(10)
    open_pair(page, address, "model=digits-2d&other_digits=digits-ae-2d")
    expect(page.get_by_role("group", name="Classes")).to_have_count(0)


def test_beta_moves_the_first_map_and_keeps_the_second(page: Page, address: str) -> None:
    open_pair(page, address, "model=mnist-2d")
    stops = page.get_by_role("radiogroup", name="beta, the weight of the KL")
    stops.get_by_role("radio", name="4", exact=True).click()
    expect(page.locator(".vl-compare h3").first).to_have_text("mnist-beta4-2d")
    expect(page.locator(".vl-mark-cross path")).to_have_count(4)
    z = hover(page, 0, (1.0, 0.5))
    for number, model in enumerate(models("mnist-beta4-2d", "mnist-ae-2d")):
        canvas = decoded(page, number)
        shows(page, lambda: drawn(canvas), decode(model, z))  # noqa: B023


def test_maps_that_do_not_arrive_can_be_asked_for_again(page: Page, address: str) -> None:
    page.add_init_script(COUNT_MAPS)
    page.route("**/latents", lambda route: route.abort())
    page.goto(f"{address}/compare?model=digits-2d")
    expect(page.get_by_text("The maps did not arrive")).to_be_visible()
    page.wait_for_function("() => window.maps.size === 2")  # which have nothing to show
    page.unroute("**/latents")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".vl-mark-cross path")).to_have_count(4)
    assert page.evaluate("() => window.maps.size") == 2
