"""What the lab shows, saved as files, and the report opened again without the app."""

import csv
import io
import re
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


MANY = {
    "mnist": "median,one-pass:mnist-denoise-16d,champion,posterior-mean:mnist-denoise-16d,"
    "nl-means,gaussian,tv,wavelet",
    "digits": "median,one-pass:digits-denoise-16d,champion,posterior-mean:digits-denoise-16d,"
    "nl-means,gaussian,tv,wavelet",
}
STRIPS = "(images) => images.map((image) => [image.width / 8, image.height])"
SMALLEST_AND_LARGEST = """() => {
  const [all, heads] = ["small, p, li, td, th", "h1, h2"].map((names) =>
    [...document.querySelectorAll(names)].filter((one) => one.textContent).map((one) =>
      parseFloat(getComputedStyle(one).fontSize)));
  return [Math.min(...all), Math.max(...all), Math.min(...heads)];
}"""


@pytest.mark.parametrize("num", [3, 8])
@pytest.mark.parametrize("dataset", ["mnist", "digits"])
def test_the_report_is_printed_on_one_page_and_pictures_have_the_width(
    page: Page, address: str, tmp_path: Path, dataset: str, num: int
) -> None:
    methods = ",".join(MANY[dataset].split(",")[:num])
    open_lab(page, address, f"model={dataset}-denoise-16d&methods={methods}")
    page.goto(save(page, "Report (HTML)", tmp_path).as_uri())
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1062})  # A4 within its margins
    assert all(wide > 42 and high > 38 for wide, high in page.locator("img").evaluate_all(STRIPS))
    smallest, largest, least_title = page.evaluate(SMALLEST_AND_LARGEST)
    assert 10 <= smallest <= largest <= 11 < least_title
    printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


def test_a_server_that_says_no_is_quoted(page: Page, address: str) -> None:
    open_lab(page, address, MODEL)
    said = '{"error": "This model is not here any more."}'
    page.route("**/api/restore/report*", lambda route: route.fulfill(status=400, body=said))
    page.locator(".vl-lab-save summary").click()
    page.get_by_role("button", name="Report (HTML)").click()
    expect(page.locator(".vl-lab-saving")).to_have_text("This model is not here any more.")
    expect(page.get_by_role("button", name="Report (HTML)")).to_be_focused()
    assert row(page, "damaged").is_visible()
