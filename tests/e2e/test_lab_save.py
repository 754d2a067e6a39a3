"""What the lab shows, saved as files, and the report opened again without the app."""

import csv
import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.denoising import numbers, open_lab, row

MODEL = "model=digits-denoise-16d&images=2&noise_seed=3"


def save(page: Page, what: str, folder: Path) -> Path:
    if page.locator(".vl-lab-save[open]").count() == 0:
        page.locator(".vl-lab-save summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name=what).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_the_rows_in_sight_are_saved_as_table_and_picture(
    page: Page, address: str, tmp_path: Path
) -> None:
    open_lab(page, address, MODEL)
    shown = [found.get_attribute("data-method") for found in page.locator("tr[data-method]").all()]
    table = save(page, "Numbers (CSV)", tmp_path)
    assert table.name == "restored-gaussian-0.5.csv"
    lines = list(csv.DictReader(io.StringIO(table.read_text("utf-8"))))
    saved = dict.fromkeys(line["method"] for line in lines)
    assert list(saved) == [name for name in shown if name in saved]
    assert {"damaged", "one-pass:digits-denoise-16d"} <= saved.keys()
    for name in saved:
        mine = [float(line["psnr_db"]) for line in lines if line["method"] == name]
        assert numbers(page, name)[0].split()[0] == f"{sum(mine) / len(mine):.2f}"
    picture = save(page, "Picture (PNG)", tmp_path)
    with Image.open(picture) as opened:
        assert opened.width > 8 * 80
    expect(page.locator(".vl-lab-saving")).to_have_text("Saved.")
    page.keyboard.press("Escape")
    expect(page.locator(".vl-lab-save-list")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_opens_by_itself_and_is_light_to_be_printed(
    page: Page, address: str, tmp_path: Path, scheme: str
) -> None:
    open_lab(page, address, MODEL)
    best = numbers(page, "one-pass:digits-denoise-16d")[0].split()[0]
    report = save(page, "Report (HTML)", tmp_path)
    page.emulate_media(color_scheme=scheme)
    page.goto(report.as_uri())
    expect(page.locator("h1")).to_have_text("Gaussian noise, level 0.5 (standard deviation)")
    expect(page.locator("body")).to_have_css("background-color", "rgb(255, 255, 255)")
    sides = page.locator("img").evaluate_all(
        "(images) => images.map((image) => [image.complete, image.naturalWidth, image.width])"
    )
    assert all(done and natural == 8 * 9 - 1 and wide > 300 for done, natural, wide in sides)
    expect(page.locator("table").first).to_contain_text(best)
    width = page.evaluate("() => document.documentElement.scrollWidth")
    assert width <= 1024


def test_a_server_that_says_no_is_quoted(page: Page, address: str) -> None:
    open_lab(page, address, MODEL)
    said = '{"error": "This model is not here any more."}'
    page.route("**/api/restore/report*", lambda route: route.fulfill(status=400, body=said))
    page.locator(".vl-lab-save summary").click()
    page.get_by_role("button", name="Report (HTML)").click()
    expect(page.locator(".vl-lab-saving")).to_have_text("This model is not here any more.")
    expect(page.get_by_role("button", name="Report (HTML)")).to_be_focused()
    assert row(page, "damaged").is_visible()
