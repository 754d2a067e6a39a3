"""The search row: progress, its film, cancelling, and what happens when the damage changes."""

import time

import torch
from playwright.sync_api import Locator, Page, expect

from tests.e2e.denoising import clean_of, level, open_lab, row, strip
from tests.e2e.sliding import drawn, shows
from tests.e2e.stage import until
from vae_core import catalogue, load_checkpoint
from vae_core.corruption import damage
from vae_core.restoration import search

MODEL = "digits-2d"
SEARCH = f"search:{MODEL}"


def open_row(page: Page, address: str) -> Locator:
    open_lab(page, address, "damage=half&level=0.5&methods=" + SEARCH)
    found = row(page, SEARCH)
    expect(found.get_by_role("button", name="Search")).to_be_visible()
    return found


def test_a_search_is_torchs_and_its_film_can_be_played_again(page: Page, address: str) -> None:
    found = open_row(page, address)
    expect(found.locator("canvas").first).to_be_hidden()
    found.get_by_role("button", name="Search").click()
    expect(found.locator(".vl-lab-search")).to_contain_text("Found in", timeout=90_000)
    clean = clean_of("digits", 0)
    damaged = damage(clean, "half", 0.5, torch.Generator().manual_seed(0))
    model = load_checkpoint(catalogue.folder_of(MODEL)).model
    steps = list(search(model, damaged, seed=0))
    shows(page, lambda: strip(page, SEARCH, 8), steps[-1].images)
    shows(page, lambda: drawn(page.locator(".vl-lab-right").first), steps[-1].images[:1])
    expect(page.locator(".vl-lab-said p").first).to_contain_text("the lower half is invented")
    film = found.get_by_role("slider")
    film.fill("0")
    shows(page, lambda: strip(page, SEARCH, 8), steps[0].images)
    expect(found).to_contain_text("Step 0 of")
    found.get_by_role("button", name="Play").click()
    expect(found).to_contain_text(f"Step {steps[-1].num_steps} of {steps[-1].num_steps}")
    shows(page, lambda: strip(page, SEARCH, 8), steps[-1].images)


def test_another_damage_drops_what_was_found_for_this_one(page: Page, address: str) -> None:
    found = open_row(page, address)
    found.get_by_role("button", name="Search").click()
    expect(found.locator(".vl-lab-search")).to_contain_text("Found in", timeout=90_000)
    level(page).press("ArrowRight")
    expect(found.locator("canvas").first).to_be_hidden()
    expect(found.get_by_role("button", name="Search", exact=True)).to_be_visible()
    expect(found.locator(".vl-lab-number").first).to_have_text("")


def test_a_search_can_be_cancelled_and_begun_again(page: Page, address: str) -> None:
    page.add_init_script("""
      const real = window.fetch;
      window.fetch = async (url, options) => {
        const answer = await real(url, options);
        if (!String(url).endsWith("/search")) return answer;
        const slow = new TransformStream({
          async transform(chunk, to) {
            await new Promise((resolve) => setTimeout(resolve, 300));
            to.enqueue(chunk);
          },
        });
        return new Response(answer.body.pipeThrough(slow), answer);
      };
    """)
    found = open_row(page, address)
    found.get_by_role("button", name="Search").click()
    expect(found).to_contain_text("Step")
    expect(found.get_by_role("progressbar")).to_be_visible()
    found.get_by_role("button", name="Cancel").click()
    expect(found).to_contain_text("Cancelled")
    seen = time.monotonic()
    found.get_by_role("button", name="Search").click()
    expect(found.get_by_role("progressbar")).to_be_visible()
    assert time.monotonic() - seen < 30


def test_a_search_that_is_refused_says_why(page: Page, address: str) -> None:
    found = open_row(page, address)
    refusal = '{"error": "Too many people are searching; try again in a minute."}'
    page.route("**/api/restore/search", lambda route: route.fulfill(status=503, body=refusal))
    found.get_by_role("button", name="Search").click()
    expect(found).to_contain_text("Too many people are searching")

    def it_can_be_asked_again() -> None:
        assert found.get_by_role("button", name="Search").is_enabled()

    until(page, it_can_be_asked_again)
