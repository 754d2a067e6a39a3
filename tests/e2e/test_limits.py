"""Where it breaks, measured by the server's own process and drawn in a real browser."""

import re

from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.stage import settle
from ui.theme import _LINES, _SURFACES
from vae_core.levels_worker import LevelsRequest, measure
from vae_core.restoration import DAMAGED, crossings, measured_levels
from vae_core.restoration.crossings import most_important, sentence

METHODS = {"median": "Median filter", "one-pass:digits-2d": "digits-2d"}
COLD_MS = 240_000  # for the process to start on a busy computer


def section(page: Page) -> Locator:
    return page.locator(".st-key-limits")


def open_section(page: Page, address: str, damage: str = "gaussian") -> None:
    """Open Denoise with two methods, which the section takes from the lab above."""
    page.goto(f"{address}/denoise?model=digits-2d&damage={damage}&methods={','.join(METHODS)}")
    settle(page)
    for title in METHODS.values():
        expect(section(page).get_by_role("button", name=f"Remove {title}")).to_be_visible()


def measured(page: Page) -> None:
    section(page).get_by_role("button", name="Measure").click()
    expect(section(page).get_by_text("Numbers", exact=True)).to_be_visible(timeout=COLD_MS)


def sentences(page: Page) -> list[str]:
    return section(page).locator("ol li").all_inner_texts()


def expected_sentences(kind: str, quality: str) -> list[str]:
    """What the library finds for the same request, measured here."""
    request = LevelsRequest(
        dataset="digits",
        models=("digits-2d",),
        methods=tuple(METHODS),
        kind=kind,
        levels=measured_levels(kind),
    )
    titles = METHODS | {DAMAGED: "Left as it is"}
    found = most_important(crossings(measure(request), quality))
    return [sentence(one, titles) for one in found]


def test_measuring_shows_progress_a_chart_and_the_crossings_in_words(
    page: Page, address: str, browser: Browser
) -> None:
    open_section(page, address)
    section(page).get_by_role("button", name="Measure").click()
    expect(section(page).locator("[data-testid=stProgress]")).to_be_visible()
    expect(section(page).get_by_text("Numbers", exact=True)).to_be_visible(timeout=COLD_MS)
    expect(section(page).locator("[data-testid=stProgress]")).to_have_count(0)

    chart = section(page).locator(".vl-figure-plot")
    lines = chart.locator("path.js-line")
    drawn = [path.get_attribute("d") or "" for path in lines.all()]
    strokes = {path.evaluate("(e) => getComputedStyle(e).stroke") for path in lines.all()}
    long_ones = [d for d in drawn if d.count("L") >= len(measured_levels("gaussian")) - 1]
    assert len(long_ones) >= 3  # the damaged pictures, and two methods
    for colour in (_SURFACES["muted"][0], *_LINES["light"].split()[:2]):
        assert _rgb(colour) in strokes
    assert chart.locator("path.js-fill").count() == 3  # bands
    for title in ("Left as it is", *METHODS.values()):
        expect(chart.locator(".annotation", has_text=title)).to_be_visible()

    expected = expected_sentences("gaussian", "psnr_db")
    assert expected
    assert sentences(page) == expected
    badges = chart.locator(".textpoint text")
    assert badges.all_text_contents() == [f"{place}" for place in range(1, len(expected) + 1)]
    across = [badge.bounding_box()["x"] for badge in badges.all()]
    assert across == sorted(across)
    expect(section(page).get_by_text("On the whole", exact=False)).to_be_visible()

    section(page).get_by_text("Read by a classifier", exact=True).click()
    settle(page)
    expect(section(page).locator("ol li")).to_have_text(expected_sentences("gaussian", "read"))
    section(page).get_by_text("Numbers", exact=True).click()
    cells = section(page).locator(".vl-levels tbody tr").first.locator("td")
    expect(cells.first).to_have_text(re.compile(r"^\d+ %$"))
    with page.expect_download() as download:
        section(page).get_by_role("button", name="CSV").click()
    text = download.value.path().read_text()
    assert text.startswith("damage,level,seed,method,images,psnr_db_mean")
    assert text.count("\n") == 1 + 3 * len(measured_levels("gaussian"))

    other = browser.new_context(viewport={"width": 390, "height": 844})
    try:
        phone = other.new_page()
        open_section(phone, address)  # measured already: at once
        expect(section(phone).locator("ol li")).to_have_text(expected)
        names = section(phone).locator(".vl-figure-key li")
        expect(names).to_have_count(3)
        wide = phone.evaluate("() => document.querySelector('.stMain').scrollWidth")
        assert wide <= 390
    finally:
        other.close()


def _rgb(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"


def test_stop_ends_it_and_it_can_be_measured_again(page: Page, address: str) -> None:
    open_section(page, address, "speckle")
    section(page).get_by_role("button", name="Measure").click()
    section(page).get_by_role("button", name="Stop").click()
    again = section(page).get_by_role("button", name="Measure")
    expect(again).to_be_visible()
    expect(section(page).locator("[data-testid=stProgress]")).to_have_count(0)
    measured(page)
    assert sentences(page) == expected_sentences("speckle", "psnr_db")


def test_the_section_follows_the_labs_damage(page: Page, address: str) -> None:
    open_section(page, address, "half")
    expect(section(page).locator(".st-key-limits_kind input")).to_have_value("Missing half")
    expect(section(page).locator('[class*="st-key-limits_digits-2d_half"]')).to_be_visible()
