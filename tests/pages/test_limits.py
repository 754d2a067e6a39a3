"""Where it breaks: what the section asks for, and how it shows what was measured."""

import csv
import io
import re
from dataclasses import dataclass, field

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import Open
from tests.pages.reading import component_data, html, text
from ui import limits, limits_figure, limits_table, measuring
from ui.measuring import Seen, Wanted
from vae_core.corruption import CORRUPTIONS
from vae_core.errors import RunError
from vae_core.restoration import DAMAGED, LevelRow, measured_levels


def row(level: float, method: str, psnr: float, read: float = 0.5) -> LevelRow:
    """Ten pictures around a PSNR."""
    values = psnr + np.linspace(-2, 2, 10)
    is_read = tuple(number < 10 * read for number in range(10))
    return LevelRow(level, method, tuple(values), tuple(values / 50), is_read)


def rows(*methods: str, kind: str = "gaussian") -> tuple[LevelRow, ...]:
    """Damaged pictures from 25 dB downwards; each method is a level line below the one before."""
    return tuple(
        row(level, name, 25 - 20 * level if not place else 15.0 - place, 1 - 0.5 * level)
        for level in measured_levels(kind)
        for place, name in enumerate((DAMAGED, *methods))
    )


@dataclass
class Stub:
    """Says of every measurement what a test wants."""

    says: Seen | None = None
    refuses: str = ""
    asked: list[Wanted] = field(default_factory=list)
    num_left: int = 0

    def warm(self) -> None:
        pass

    def ask(self, wanted: Wanted, owner: str) -> None:
        if self.refuses:
            raise RunError(self.refuses)
        self.asked.append(wanted)

    def look(self, wanted: Wanted, owner: str) -> Seen | None:
        return self.says

    def leave(self, owner: str) -> None:
        self.num_left += 1
        self.says = None


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Stub:
    stub = Stub()
    monkeypatch.setattr(limits, "measurements", lambda: stub)
    return stub


def seen(status: str, *found: LevelRow, place: int = 0, error: str = "") -> Seen:
    return Seen(status, place, found, 0.5, error, is_mine=True)


def press(app: AppTest, key: str) -> None:
    app.button(key=key).click().run()
    assert not app.exception


METHODS = ("median", "one-pass:digits-2d")


def test_measure_asks_for_what_the_controls_say(open_page: Open, stub: Stub, bundled) -> None:
    app = open_page("denoise")
    app.multiselect(key="limits_digits-2d_gaussian").set_value(list(reversed(METHODS))).run()
    assert "11 levels, about" in text(app)
    press(app, "limits_measure")
    (wanted,) = stub.asked
    assert wanted.request.methods == METHODS  # whatever order they were chosen in
    assert wanted.request.models == ("digits-2d",)
    assert (wanted.request.dataset, wanted.request.kind) == ("digits", "gaussian")
    assert wanted.request.levels == measured_levels("gaussian")
    assert wanted.stamps[0][0] == str(bundled / "digits-2d")


def test_the_damage_is_the_labs_until_another_is_chosen(open_page: Open, stub: Stub) -> None:
    app = open_page("denoise", damage="half")
    assert app.selectbox(key="limits_kind").value == "half"
    app.selectbox(key="limits_kind").set_value("blur").run()
    assert app.selectbox(key="limits_kind").value == "blur"
    press(app, "limits_measure")
    assert stub.asked[0].request.kind == "blur"


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_only_methods_that_fit_are_offered_and_quick_ones_chosen(
    open_page: Open, stub: Stub, kind: str
) -> None:
    app = open_page("denoise", damage=kind)
    chosen = app.multiselect(key=f"limits_digits-2d_{kind}")
    offered = component_data(app, "lab")["methods"]
    fitting = [one for one in offered if kind in one["kinds"]]
    assert chosen.options == [one["title"] for one in fitting]
    assert "one-pass:digits-2d" in chosen.value
    assert not {one["name"] for one in fitting if one["isSlow"]} & set(chosen.value)


def test_without_a_method_there_is_nothing_to_measure(open_page: Open, stub: Stub) -> None:
    app = open_page("denoise")
    app.multiselect(key="limits_digits-2d_gaussian").set_value([]).run()
    assert "Choose a method." in text(app)
    assert not [button for button in app.button if button.key == "limits_measure"]


@pytest.mark.parametrize(("place", "said"), [(1, "it is next"), (3, "it is number 3 in the line")])
def test_it_is_said_that_another_measurement_is_under_way(
    open_page: Open, stub: Stub, place: int, said: str
) -> None:
    stub.says = seen("waiting", place=place)
    app = open_page("denoise")
    (bar,) = app.get("progress")
    assert bar.proto.text == f"Another measurement is under way. This one waits: {said}."
    assert component_data(app, "again")["askedAt"]
    press(app, "limits_stop")
    assert stub.num_left == 1
    app.button(key="limits_measure")


def test_the_chart_grows_while_it_is_measured(open_page: Open, stub: Stub) -> None:
    stub.says = seen("measuring")
    (bar,) = open_page("denoise").get("progress")
    assert bar.proto.text.startswith("Starting")
    stub.says = seen("measuring", *rows(*METHODS)[:18])
    app = open_page("denoise")
    (bar,) = app.get("progress")
    assert bar.proto.value == pytest.approx(100 * 18 / 44, abs=1)
    assert re.match(r"Level 0\.5 measured, about \d+ s left", bar.proto.text)
    chart = component_data(app, "figure")
    lines = [one for one in chart["figure"]["data"] if one["mode"] == "lines+markers"]
    assert [len(line["x"]) for line in lines] == [6, 6, 6]
    assert chart["marks"] == []


def test_what_was_measured_is_drawn_said_and_listed(open_page: Open, stub: Stub) -> None:
    stub.says = seen("finished", *rows(*METHODS))
    app = open_page("denoise")
    app.multiselect(key="limits_digits-2d_gaussian").set_value(list(METHODS)).run()
    assert not app.get("progress")
    chart = component_data(app, "figure")
    names = [one["text"] for one in chart["names"]]
    assert names == ["Left as it is", "Median filter", "digits-2d"]
    # 25 - 20 l = 14 at 0.55, and 13 at 0.6.
    assert chart["marks"] == [pytest.approx([0.55, 14.0]), pytest.approx([0.6, 13.0])]
    said = text(app)
    assert "1. Below level 0.55 leaving the pictures as they are beats **Median filter**." in said
    assert "2. Below level 0.60 leaving the pictures as they are beats **digits-2d**." in said
    assert "On the whole nothing does better than leaving the pictures as they are." in said
    assert "left out" not in said
    cells = re.findall(r"<td>(.*?)</td>", html(app))
    assert len(cells) == 3 * len(measured_levels("gaussian"))
    assert cells[0] == "24.00<small>22.40 to 25.60</small>"


def test_who_is_best_is_said_always_and_what_is_left_out_is_counted(
    open_page: Open, stub: Stub
) -> None:
    methods = ("median", "gaussian", "tv", "wavelet", "nl-means", "one-pass:digits-2d")
    app = open_page("denoise")
    app.multiselect(key="limits_digits-2d_gaussian").set_value(list(methods)).run()
    stub.says = seen("finished", *rows(*methods))
    app.run()
    chart = component_data(app, "figure")
    places = [x for x, _ in chart["marks"]]
    assert len(places) == 5
    assert places == sorted(places)
    said = text(app)
    assert "5. Below level" in said
    assert "6. " not in said
    assert "On the whole" in said
    assert "1 crossing of less weight is left out." in said


def test_another_quality_has_its_own_chart_words_and_numbers(open_page: Open, stub: Stub) -> None:
    stub.says = seen("finished", *rows(*METHODS))
    app = open_page("denoise")
    app.multiselect(key="limits_digits-2d_gaussian").set_value(list(METHODS)).run()
    app.segmented_control(key="limits_quality").set_value("read").run()
    chart = component_data(app, "figure")
    assert all(one["mode"] == "lines+markers" for one in chart["figure"]["data"])  # no bands
    assert "Of clean test pictures it reads 9" in text(app)
    assert "a classifier reads fewer than 90 % of the damaged pictures" in text(app)
    assert re.search(r"<td>\d+ %</td>", html(app))


def test_without_a_classifier_nothing_is_read(open_page: Open, stub: Stub) -> None:
    bare = (LevelRow(one.level, one.method, one.psnr_db, one.ssim) for one in rows(*METHODS))
    stub.says = seen("finished", *bare)
    app = open_page("denoise")
    options = app.segmented_control(key="limits_quality").options
    assert options == ["PSNR", "SSIM"]


def test_what_went_wrong_is_said_and_can_be_tried_again(open_page: Open, stub: Stub) -> None:
    stub.says = seen("failed", error=measuring.DEAD)
    app = open_page("denoise")
    assert app.error[0].value == measuring.DEAD
    stub.says, stub.refuses = None, "40 measurements wait already; try again later."
    press(app, "limits_measure")
    assert app.error[0].value == stub.refuses


def test_csv_holds_every_number() -> None:
    found = rows("median")
    lines = list(csv.DictReader(io.StringIO(limits_table.to_csv(found, "gaussian", 7))))
    assert len(lines) == len(found)
    for line, one in zip(lines, found, strict=True):
        assert (line["damage"], line["seed"], line["method"]) == ("gaussian", "7", one.method)
        assert float(line["level"]) == one.level
        expected = np.quantile(one.ssim, [0.1, 0.5, 0.9])
        shown = [float(line[f"ssim_{name}"]) for name in ("p10", "p50", "p90")]
        np.testing.assert_allclose(shown, expected, atol=5e-5)
        assert float(line["psnr_db_mean"]) == pytest.approx(np.mean(one.psnr_db), abs=5e-5)
        assert float(line["share_read"]) == pytest.approx(np.mean(one.is_read))


def test_a_band_holds_the_middle_eighty_per_cent_and_titles_are_no_html(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ui.theme.is_dark", lambda: False)
    found, titles = rows("mine"), {DAMAGED: "Left", "mine": "<b>mine</b>"}
    levels = CORRUPTIONS["gaussian"].levels
    drawn, names = limits_figure.figure(found, titles, "psnr_db", levels)
    band = drawn["data"][1]
    low, high = np.quantile(found[1].psnr_db, [0.1, 0.9])
    assert (band["y"][0], band["y"][-1]) == (pytest.approx(high), pytest.approx(low))
    assert drawn["data"][3]["name"] == "&lt;b&gt;mine&lt;/b&gt;"
    assert names[1].text == "<b>mine</b>"
    assert "<b>mine" not in limits_table.table(found, titles, "psnr_db")


def test_without_its_pictures_the_section_says_so(
    open_page: Open, stub: Stub, without_data: None
) -> None:
    app = open_page("denoise", model="mnist-2d")
    assert "It needs MNIST, which is not on this computer." in text(app)
