"""The denoise lab: pictures are torch's, they follow the hand, and the address follows them."""

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.denoising import (
    choose_damage,
    clean_of,
    expected,
    level,
    level_text,
    numbers,
    open_lab,
    row,
    strip,
)
from tests.e2e.sliding import shows
from tests.e2e.stage import settle, until

MODELS = ("digits-2d", "digits-denoise-16d")
ROWS = ("damaged", "median", *(f"one-pass:{name}" for name in MODELS))
COUNT_RUNS = """() => {
  window.runs = 0;
  const app = document.querySelector("[data-testid=stApp]");
  new MutationObserver(() => {
    if (app.dataset.testScriptState === "running") window.runs += 1;
  }).observe(app, { attributes: true, attributeFilter: ["data-test-script-state"] });
}"""


def test_every_picture_and_number_is_the_librarys(page: Page, address: str) -> None:
    open_lab(
        page,
        address,
        "images=3&noise_seed=7&level=0.4&damage=gaussian&methods="
        + ",".join(("median", *(f"one-pass:{name}" for name in MODELS))),
    )
    results = expected(MODELS, "gaussian", 0.4, images=3, noise=7)
    shows(page, lambda: strip(page, "clean", 8), clean_of("digits", 3))
    for name, result in results.items():
        shows(page, lambda: strip(page, name, 8), result.images)  # noqa: B023
        psnr, ssim = float(result.psnr_db.mean()), float(result.ssim.mean())
        assert numbers(page, name) == (f"{psnr:.2f}", f"{ssim:.3f}".replace("-", "\u2212"))
    best = max(results, key=lambda name: results[name].psnr_db.mean())
    expect(row(page, best).locator(".is-best").first).to_be_visible()


def test_a_picture_counts_for_40_db_at_most_in_a_mean_and_a_whole_row_has_infinity(
    page: Page, address: str
) -> None:
    open_lab(page, address, "images=3&noise_seed=0&level=0.4&damage=blur")
    each = expected(MODELS[:1], "blur", 0.4, images=3, noise=0)["damaged"].psnr_db
    assert 41 < float(each.min()) <= float(each.max()) < 99
    assert numbers(page, "damaged")[0] == "40.00"
    open_lab(page, address, "images=3&noise_seed=0&level=0.1&damage=blur")  # too little to blur
    assert numbers(page, "damaged")[0] == "\N{INFINITY}"


def test_pictures_follow_the_slider_while_it_is_dragged_and_the_page_does_not_run(
    page: Page, address: str
) -> None:
    open_lab(page, address)
    page.evaluate(COUNT_RUNS)
    box = level(page).bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    seen = []
    for share in (0.6, 0.75, 0.9):
        page.mouse.move(box["x"] + share * box["width"], middle)
        page.wait_for_timeout(20)
        now = float(level(page).input_value())
        seen.append(now)
        result = expected(MODELS, "gaussian", now)
        shows(page, lambda: strip(page, "damaged", 8), result["damaged"].images)
        shows(page, lambda: strip(page, ROWS[2], 8), result[ROWS[2]].images)
    assert seen == sorted(set(seen))
    page.mouse.up()
    page.wait_for_function("level => location.search.includes(`level=${level}`)", arg=f"{now:g}")
    assert page.evaluate("window.runs") <= 3  # once a hand rests, not at every move


def test_one_request_is_in_flight_and_the_newest_level_wins(page: Page, address: str) -> None:
    open_lab(page, address)
    asked = []
    page.on(
        "request",
        lambda request: (
            asked.append(request.post_data_json) if request.url.endswith("/api/restore") else None
        ),
    )
    page.evaluate("""() => {
      const input = document.querySelector(".vl-lab-level input");
      for (let step = 1; step <= 50; step += 1) {
        input.value = step / 100;
        input.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }""")
    result = expected(MODELS, "gaussian", 0.5)
    shows(page, lambda: strip(page, "damaged", 8), result["damaged"].images)
    assert asked[-1]["level"] == 0.5
    assert len(asked) <= 3


def test_a_reload_shows_the_same(page: Page, address: str) -> None:
    open_lab(page, address)
    choose_damage(page, "masked-square")
    level(page).press("ArrowRight")
    page.get_by_role("button", name="New images").click()
    page.get_by_role("button", name="New noise").click()
    row(page, "median").locator("canvas").first.click(position={"x": 5, "y": 5})
    page.get_by_role("radio", name="Bright or dark").check(force=True)
    page.wait_for_function("() => location.search.includes('errors=signed')")
    settle(page)

    def the_same() -> tuple[object, ...]:
        return (
            page.locator(".vl-lab-tools select").input_value(),
            level(page).input_value(),
            [numbers(page, name) for name in ("damaged", "median")],
            page.locator(".vl-lab-by select").input_value(),
            page.locator(".vl-lab-said p").first.inner_text(),
        )

    before = the_same()
    assert before[:2] == ("masked-square", "0.45")
    page.reload()
    settle(page)

    def it_is_the_same() -> None:
        assert the_same() == before

    until(page, it_is_the_same)


def test_errors_are_the_difference_from_the_original(page: Page, address: str) -> None:
    open_lab(page, address)
    page.get_by_role("radio", name="How far off").check(force=True)
    clean = clean_of("digits", 0)[:, 0].numpy()
    result = expected(MODELS, "gaussian", 0.5)[ROWS[2]].images[:, 0].numpy()

    def errors_are_right() -> None:
        wanted = 255 * np.abs(result - clean)
        assert np.abs(strip(page, ROWS[2], 8, which=1) - wanted).max() <= 2

    until(page, errors_are_right)
    expect(page.locator(".vl-lab-legend")).to_contain_text("entirely wrong")
    page.get_by_role("radio", name="Bright or dark").check(force=True)

    def red_is_where_it_is_too_bright() -> None:
        off = result - clean
        red = strip(page, ROWS[2], 8, which=1)
        assert np.abs(red - np.where(off > 0, 255 * off, 60 * -off)).max() <= 2

    until(page, red_is_where_it_is_too_bright)
    expect(page.locator(".vl-lab-legend")).to_contain_text("too bright")


def test_a_filter_says_when_it_leaves_the_pictures_as_they_are(page: Page, address: str) -> None:
    open_lab(page, address, "model=digits-2d&damage=gaussian&level=0.1")
    note = row(page, "median").locator("th small")
    expect(note).to_have_text("leaves these as they are: no strength of it helped")
    remarks = page.locator(".vl-lab-remarks")
    expect(remarks).to_contain_text("leaving the pictures as they are beats digits-2d")
    level(page).fill("0.5")
    expect(note).to_contain_text("set for this damage and level")
    expect(row(page, "damaged").locator("th small")).to_contain_text("what every method gets")


def test_noise_that_is_the_same_every_time_cannot_be_drawn_anew(page: Page, address: str) -> None:
    open_lab(page, address)
    new = page.get_by_role("button", name="New noise")
    expect(new).to_be_enabled()
    choose_damage(page, "half")
    expect(new).to_be_disabled()
    expect(page.locator(".vl-lab-said p").first).to_contain_text("the lower half is invented")


def test_made_smaller_has_its_three_levels_alone(page: Page, address: str) -> None:
    open_lab(page, address)
    choose_damage(page, "down-sample")
    slider = level(page)
    assert (slider.get_attribute("min"), slider.get_attribute("max")) == ("0", "2")
    slider.press("ArrowRight")
    expect(level_text(page)).to_have_text("4")
    page.wait_for_function("() => location.search.includes('level=4')")


def test_keys_move_the_level_and_bring_new_images_but_not_while_a_menu_has_them(
    page: Page, address: str
) -> None:
    open_lab(page, address)
    lab = page.locator(".vl-denoise")
    lab.focus()
    page.keyboard.press("ArrowRight")
    assert float(level(page).input_value()) == 0.55
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert float(level(page).input_value()) == 0.45
    page.keyboard.press("Space")
    shows(page, lambda: strip(page, "clean", 8), clean_of("digits", 1))
    page.get_by_role("button", name="New noise").focus()
    page.keyboard.press("Space")  # the button's own
    page.wait_for_function("() => location.search.includes('noise_seed=1')")
    shows(page, lambda: strip(page, "clean", 8), clean_of("digits", 1))
    page.locator(".vl-lab-tools select").focus()
    page.keyboard.press("ArrowRight")
    assert float(level(page).input_value()) in (0.45, 0.3)


def test_more_methods_are_closed_and_come_when_opened(page: Page, address: str) -> None:
    open_lab(page, address)
    other = row(page, "one-pass:digits-ae-2d")
    expect(other).to_be_hidden()
    page.locator(".vl-lab-more summary").click()
    result = expected(("digits-ae-2d",), "gaussian", 0.5)["one-pass:digits-ae-2d"]
    shows(page, lambda: strip(page, "one-pass:digits-ae-2d", 8), result.images)
    other.get_by_role("button", name="Show above").click()
    page.wait_for_function("() => location.search.includes('one-pass%3Adigits-ae-2d')")
    page.locator(".vl-lab-more summary").click()
    expect(other).to_be_visible()


def test_a_server_that_refuses_says_why(page: Page, address: str) -> None:
    open_lab(page, address)
    refusal = '{"error": "The model is asleep."}'
    page.route("**/api/restore", lambda route: route.fulfill(status=400, body=refusal))
    level(page).press("ArrowRight")
    expect(page.get_by_role("alert")).to_have_text("The model is asleep.")
    page.unroute("**/api/restore")
    level(page).press("ArrowRight")
    expect(page.locator(".vl-lab-note")).to_have_text("")


@pytest.mark.parametrize("width", [390, 768])
def test_on_a_phone_nothing_is_wider_than_the_page(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    open_lab(page, address, "model=digits-2d&errors=signed")
    page.locator(".vl-lab-more summary").click()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width
    assert row(page, "median").locator("canvas").first.bounding_box()["width"] > 200


def test_on_a_phone_the_picture_comes_first_and_the_map_last(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_lab(page, address)
    parts = [page.locator(f".vl-lab-{name}").first for name in ("large", "rows", "map")]
    tops = [part.bounding_box()["y"] for part in parts]
    assert tops == sorted(tops)
