"""What is large is always of the pictures in sight, wherever the row of its method is."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.denoising import clean_of, expected, level, open_lab, row
from tests.e2e.sliding import drawn, shows
from tests.e2e.stage import until

MODEL, OTHER = "digits-2d", "digits-ae-2d"
ONE_PASS, UNDER_MORE = f"one-pass:{MODEL}", f"one-pass:{OTHER}"
SEARCH = f"search:{MODEL}"
ARROW = ".vl-lab-square .vl-mark-moves circle.is-restored"
PLACE = "(circle) => [circle.getAttribute('cx'), circle.getAttribute('cy')]"


def restored(page: Page) -> Locator:
    return page.locator(".vl-lab-right").first


def sentence(page: Page) -> Locator:
    return page.locator(".vl-lab-said p").first


def by(page: Page) -> Locator:
    return page.locator(".vl-lab-by select")


def open_more(page: Page) -> None:
    page.locator(".vl-lab-more summary").click()
    expect(row(page, UNDER_MORE).locator(".vl-lab-number").first).not_to_have_text("")


def close_more(page: Page) -> None:
    page.locator(".vl-lab-more summary").click()
    expect(row(page, UNDER_MORE)).to_be_hidden()
    page.wait_for_timeout(100)  # the page hears of it a little later


def closer(method: str, at: float, images: int = 0) -> str:
    """What is said of the first picture."""
    results = expected((MODEL, OTHER), "gaussian", at, images=images)
    clean = clean_of("digits", images)[0]
    before, after = (
        float((results[name].images[0] - clean).square().mean()) for name in ("damaged", method)
    )
    return f"{(before / after) ** 0.5:.1f} times closer"


def pick_under_more(page: Page) -> None:
    open_more(page)
    row(page, UNDER_MORE).locator("canvas").first.click(position={"x": 5, "y": 5})
    expect(by(page)).to_have_value(UNDER_MORE)
    close_more(page)


def test_a_method_under_closed_more_methods_follows_the_level_and_the_images(
    page: Page, address: str
) -> None:
    open_lab(page, address)
    pick_under_more(page)
    place = page.locator(ARROW).evaluate(PLACE)
    level(page).fill("0.7")
    results = expected((OTHER,), "gaussian", 0.7)
    shows(page, lambda: drawn(restored(page)), results[UNDER_MORE].images[:1])
    expect(sentence(page)).to_contain_text(closer(UNDER_MORE, 0.7))
    assert page.locator(ARROW).evaluate(PLACE) != place
    page.get_by_role("button", name="New images").click()
    results = expected((OTHER,), "gaussian", 0.7, images=1)
    shows(page, lambda: drawn(restored(page)), results[UNDER_MORE].images[:1])
    expect(sentence(page)).to_contain_text(closer(UNDER_MORE, 0.7, images=1))
    page.get_by_role("button", name="Present").click()
    shown = page.get_by_role("dialog", name="Presentation")
    page.keyboard.press("ArrowRight")
    results = expected((OTHER,), "gaussian", 0.75, images=1)
    shows(page, lambda: drawn(shown.locator("canvas").nth(2)), results[UNDER_MORE].images[:1])


def test_an_address_may_name_a_method_under_more_methods(page: Page, address: str) -> None:
    open_lab(page, address, f"model={MODEL}&shown={UNDER_MORE}")
    results = expected((OTHER,), "gaussian", 0.5)
    shows(page, lambda: drawn(restored(page)), results[UNDER_MORE].images[:1])
    expect(sentence(page)).to_contain_text(closer(UNDER_MORE, 0.5))
    expect(page.locator(ARROW)).to_be_visible()
    expect(by(page)).to_have_value(UNDER_MORE)


def test_whatever_is_picked_by_name_is_asked_for_as_it_is_now(page: Page, address: str) -> None:
    open_lab(page, address)
    open_more(page)
    close_more(page)
    level(page).fill("0.7")
    results = expected((OTHER,), "gaussian", 0.7)
    shows(page, lambda: drawn(page.locator(".vl-lab-left").first), results["damaged"].images[:1])
    by(page).select_option(UNDER_MORE)
    shows(page, lambda: drawn(restored(page)), results[UNDER_MORE].images[:1])
    expect(sentence(page)).to_contain_text(closer(UNDER_MORE, 0.7))


def test_before_its_answer_nothing_of_another_method_or_damage_is_shown(
    page: Page, address: str, held: list[Route]
) -> None:
    open_lab(page, address)
    open_more(page)
    close_more(page)
    level(page).fill("0.7")
    damaged = expected((MODEL,), "gaussian", 0.7)["damaged"].images
    shows(page, lambda: drawn(page.locator(".vl-lab-left").first), damaged[:1])
    page.route("**/api/restore", lambda route: held.append(route))
    by(page).select_option(UNDER_MORE)
    expect(sentence(page)).to_have_text("?")
    assert drawn(restored(page)).max() == 0
    expect(page.locator(ARROW)).to_have_count(0)
    open_more(page)
    old = row(page, UNDER_MORE)
    expect(old.locator(".vl-lab-number").first).to_have_css("opacity", "0.3")
    expect(old.locator(".is-best")).to_have_count(0)


@pytest.fixture
def held(page: Page) -> Iterator[list[Route]]:
    """Requests that get no answer while a test runs."""
    waiting: list[Route] = []
    yield waiting
    for route in waiting:
        route.abort()


def search(page: Page) -> None:
    found = row(page, SEARCH)
    found.get_by_role("button", name="Search", exact=True).click()
    expect(found.locator(".vl-lab-search")).to_contain_text("Found in", timeout=90_000)


def test_what_a_search_found_leaves_with_its_damage(page: Page, address: str) -> None:
    open_lab(page, address, f"damage=half&level=0.5&methods={ONE_PASS},{SEARCH}&shown={SEARCH}")
    expect(by(page)).to_have_value(ONE_PASS)
    search(page)
    expect(by(page)).to_have_value(SEARCH)
    level(page).press("ArrowRight")
    expect(by(page)).to_have_value(ONE_PASS)
    results = expected((MODEL,), "half", 0.55)
    shows(page, lambda: drawn(restored(page)), results[ONE_PASS].images[:1])


def test_without_any_result_the_page_says_what_to_do(page: Page, address: str) -> None:
    open_lab(page, address, f"damage=half&level=0.5&methods={SEARCH}")
    expect(sentence(page)).to_contain_text("a search begins when its button is pressed")
    expect(by(page)).to_have_value(SEARCH)
    search(page)
    expect(sentence(page)).to_contain_text("the lower half is invented")
    level(page).press("ArrowRight")
    expect(sentence(page)).to_contain_text("a search begins when its button is pressed")

    def nothing_is_drawn() -> None:
        assert drawn(restored(page)).max() == 0

    until(page, nothing_is_drawn)
