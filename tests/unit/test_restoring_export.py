"""Restored pictures to be taken away: PNG, CSV, and a page that runs nothing."""

import base64
import csv
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from PIL import Image

from vae_core.export.restoring import TINT, TINTED, Results, Row, as_csv, as_html, as_png
from vae_core.export.restoring.sheet import GAP, LABEL_WIDTH, MARGIN, PICTURE_SIDE

EVIL = '</td><script>alert(1)</script><img src=x onerror="alert(2)">\'"&'
VOID = {"meta", "img"}


def results(text: str = "Noisy", num: int = 3, channels: int = 1, **more: object) -> Results:
    images = torch.rand(num, channels, 8, 8, generator=torch.Generator().manual_seed(0))
    rows = (
        Row("clean", f"Original {text}", text, images),
        Row("damaged", "Damaged", text, images * 0.5, (9.25,) * num, (0.25,) * num),
        Row("m:1", text, text, images * 0.9, (20.5, 19.5, 100.0)[:num], (0.5,) * num, 12.0),
        Row("s", "Mean", "", images, (8.0,) * num, (0.1,) * num, 3.0, images[:, :1] / 4),
    )
    told = {text: text, "Seed": "7"}
    return Results(text, text, rows, (text,) * num, told, (text,), (text,), **more)


class Page(HTMLParser):
    """Tags that are opened and closed in turn, texts, and all attributes."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(content)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_page_is_whole_and_nothing_in_it_runs_or_is_fetched() -> None:
    content = as_html(results(EVIL, versions={EVIL: EVIL}, made_at=EVIL))
    page = Page(content)
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "iframe", "link", "a", "form"})
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        source = attributes.get("src")
        assert source is None or source.startswith("data:image/png;base64,")
    policy = next(told["content"] for tag, told in page.tags if "http-equiv" in told)
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "script" not in policy
    # Every text is there as a text, in every place where one can be.
    assert sum(EVIL in text for text in page.texts) >= 10
    assert "url(" not in content


def test_the_page_shows_the_pictures_as_they_are_and_marks_the_best() -> None:
    found = results()
    content = as_html(found)
    strips = re.findall(r'src="data:image/png;base64,([^"]+)"', content)
    assert len(strips) == 5  # four rows, one of them with its spread
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(strips[0]))))
    pixels = (found.rows[0].images[:, 0] * 255).round().byte().numpy()
    np.testing.assert_array_equal(shown[:, 9:17], pixels[1])
    spread = np.asarray(Image.open(io.BytesIO(base64.b64decode(strips[4]))))
    np.testing.assert_array_equal(spread[:, :8], pixels[0])  # a quarter is white
    assert content.count('class="number best"') == 2
    assert '<td class="number best">0.500</td>' in content
    assert '<td class="number best">26.67</td>' in content  # (20.5 + 19.5 + 40) / 3
    assert "each picture counts for 40 dB at most" in content
    assert "\N{INFINITY}" in content  # the third picture is the original, to the last pixel
    assert '<td class="number">4.0</td>' in content  # 12 ms for three pictures
    assert "<th>Seed</th><td>7</td>" in content


def test_nobody_is_best_where_all_are_as_good_and_undamaged_pictures_win_nothing() -> None:
    images = torch.zeros(1, 1, 8, 8)
    same = Row("a", "", "", images, (20.0,), (0.5,), 1.0), Row("b", "", "", images, (20.0,), (0.6,))
    found = Results("", "", (Row("clean", "", "", images), *same))
    assert found.best(lambda row: row.mean_psnr_db) == set()
    assert found.best(lambda row: row.mean_ssim) == {"b"}
    whole = Row("damaged", "", "", images, (100.0,), (1.0,))
    lossy = Row("c", "", "", images, (30.0,), (0.9,), 1.0)
    found = Results("", "", (whole, *same, lossy))
    assert found.best(lambda row: row.mean_psnr_db) == {"c"}


@pytest.mark.parametrize("channels", [1, 3])
def test_hidden_pixels_are_tinted_and_what_is_left_is_shown_as_it_is(channels: int) -> None:
    images = torch.rand(2, channels, 8, 8, generator=torch.Generator().manual_seed(0))
    hidden = torch.zeros(2, 1, 8, 8, dtype=torch.bool)
    hidden[1, :, 4:] = True
    damaged = images.masked_fill(hidden, 0)
    row = Row("damaged", "Damaged", "Half", damaged, (9.0,) * 2, (0.2,) * 2, hidden=hidden)
    found = Results("", "", (Row("clean", "", "", images), row))
    content = as_html(found)
    assert content.count(TINTED) == 1
    source = re.findall(r'src="data:image/png;base64,([^"]+)"', content)[1]
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(source))))
    pixels = (images * 255).round().byte().expand(2, 3, 8, 8).permute(0, 2, 3, 1).numpy()
    np.testing.assert_array_equal(shown[:, :8], pixels[0])
    np.testing.assert_array_equal(shown[:4, 9:], pixels[1, :4])
    assert (shown[4:, 9:] == TINT).all()
    sheet = np.asarray(Image.open(io.BytesIO(as_png(found))))
    assert (sheet[-MARGIN - 1, -MARGIN - 1] == TINT).all()
    nothing = Row("damaged", "Damaged", "", images, (9.0,) * 2, hidden=torch.zeros_like(hidden))
    assert nothing.seen is nothing.images


def test_one_picture_is_no_larger_than_one_of_eight() -> None:
    assert 'style="max-width: 12.5%"' in as_html(results(num=1))
    assert 'style="max-width: 100%"' in as_html(results(num=16))


def test_the_table_has_a_line_for_each_picture_and_method_with_all_settings() -> None:
    lines = list(csv.DictReader(io.StringIO(as_csv(results()))))
    assert len(lines) == 9
    assert {line["Seed"] for line in lines} == {"7"}
    third = lines[5]
    assert (third["picture"], third["method"], third["title"]) == ("3", "m:1", "Noisy")
    assert (float(third["psnr_db"]), float(third["ssim"])) == (100.0, 0.5)


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '"a",b\nc'])
def test_a_name_in_the_table_is_never_a_formula(evil: str) -> None:
    rows = list(csv.reader(io.StringIO(as_csv(results(evil)), newline="")))
    assert len(rows) == 10
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for row in rows for cell in row)
    assert any(cell.endswith(evil) for cell in rows[4])


@pytest.mark.parametrize("channels", [1, 3])
def test_the_picture_holds_every_row_beside_its_name(channels: int) -> None:
    found = results("A name that is too long for the room at the left " * 3, 2, channels)
    sheet = np.asarray(Image.open(io.BytesIO(as_png(found))))
    times = PICTURE_SIDE // 8
    left = MARGIN + LABEL_WIDTH
    assert sheet.shape[1] == left + 2 * 8 * times + GAP + MARGIN
    top = sheet.shape[0] - MARGIN - 8 * times  # of the last row
    shown = sheet[top : top + 8 * times : times, left : left + 8 * times : times]
    pixels = (found.rows[-1].images[0] * 255).round().byte().permute(1, 2, 0).numpy()
    np.testing.assert_array_equal(shown, np.broadcast_to(pixels, shown.shape))
    words = sheet[top : top + 8 * times, MARGIN : left - 6]
    assert (words.min(2) < 100).any()
    assert (sheet[top:, left - 6 : left] == 255).all()  # no name runs into the pictures


@pytest.mark.parametrize(
    ("each", "mean"), [((20.0, 100.0), 30.0), ((100.0, 100.0), 100.0), ((50.0,), 40.0), ((), None)]
)
def test_a_whole_picture_counts_for_40_db_in_a_mean_with_others(
    each: tuple[float, ...], mean: float | None
) -> None:
    assert Row("a", "A", "", torch.zeros(len(each), 1, 8, 8), each).mean_psnr_db == mean
