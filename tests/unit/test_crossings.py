"""The levels at which methods break."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from vae_core.restoration import DAMAGED, Crossing, LevelRow, crossings
from vae_core.restoration.crossings import MAX_CROSSINGS, Event, most_important, sentence

LEVELS = (0.1, 0.2, 0.4, 0.8)
TITLES = {DAMAGED: "nothing", "filter": "the filter", "model": "the model"}


def rows_of(
    lines: Mapping[str, Sequence[float]], offsets: Sequence[float] = (0.0,), noise: float = 0.0
) -> list[LevelRow]:
    """Rows whose PSNR over the levels is a line for each method; each image lies `offset` above."""
    generator = np.random.default_rng(0)
    return [
        LevelRow(
            level,
            name,
            tuple(
                values[place] + np.asarray(offsets) + noise * generator.normal(size=len(offsets))
            ),
            tuple(values[place] / 100 + np.asarray(offsets) / 100),
        )
        for place, level in enumerate(LEVELS)
        for name, values in lines.items()
    ]


def line(start: float, slope: float) -> list[float]:
    return [start + slope * level for level in LEVELS]


FALLING = {"filter": line(30, -40), "model": line(20, -10)}


def reads(shares: Mapping[str, Sequence[float]], num: int = 100) -> list[LevelRow]:
    """Rows of which a classifier reads given shares."""
    return [
        LevelRow(
            level,
            name,
            (10.0,) * num,
            (0.5,) * num,
            tuple(place < round(num * values[number]) for place in range(num)),
        )
        for number, level in enumerate(LEVELS)
        for name, values in shares.items()
    ]


def only(found: list[Crossing]) -> Crossing:
    (crossing,) = found
    return crossing


def test_two_straight_lines_cross_where_algebra_says() -> None:
    # 30 - 40 l = 20 - 10 l at l = 1/3, where both are 16 2/3.
    crossing = only(
        crossings(rows_of({"filter": line(30, -40), "model": line(20, -10)}), "psnr_db")
    )
    assert crossing.level == pytest.approx(1 / 3)
    assert crossing.value == pytest.approx(50 / 3)
    assert (crossing.event, crossing.better, crossing.worse) == ("overtakes", "model", "filter")
    assert crossing.from_level == 0.4
    assert crossing.lead == pytest.approx(7.0)  # |10 - 30 l| at 0.1; at 0.8 it is 14
    assert crossing.is_lead
    assert crossing.num_images == 1
    assert sentence(crossing, TITLES) == "Above level 0.33 the model beats the filter."
    stepped = sentence(crossing, TITLES, is_stepped=True)
    assert stepped == "At level 0.4 the model beats the filter."


def test_ssim_crosses_by_its_own_values() -> None:
    crossing = only(crossings(rows_of(FALLING), "ssim"))
    assert crossing.level == pytest.approx(1 / 3)
    assert crossing.value == pytest.approx(1 / 6)


@pytest.mark.parametrize(
    ("damaged", "model", "said"),
    [
        (line(30, -40), line(20, -10), "Below level 0.33 leaving the pictures as they are beats"),
        (line(20, -10), line(30, -40), "Above level 0.33 leaving the pictures as they are beats"),
    ],
)
def test_it_is_said_where_doing_nothing_is_better(
    damaged: list[float], model: list[float], said: str
) -> None:
    crossing = only(crossings(rows_of({DAMAGED: damaged, "model": model}), "psnr_db"))
    assert sentence(crossing, TITLES) == f"{said} the model."


def test_lines_that_do_not_cross_or_only_touch_say_nothing() -> None:
    apart = {"filter": line(30, -10), "model": line(20, -10)}
    assert crossings(rows_of(apart), "psnr_db") == []
    touching = {"filter": [20, 15, 10, 15], "model": [10, 10, 10, 10]}
    assert crossings(rows_of(touching), "psnr_db") == []
    assert crossings([], "psnr_db") == []
    assert crossings(rows_of(apart), "read") == []


def test_a_lead_that_no_eye_would_see_or_that_is_chance_does_not_count() -> None:
    alike = {"filter": line(20, -10), "model": [19.05, 18.05, 15.95, 11.95]}
    assert crossings(rows_of(alike), "psnr_db") == []
    lines = {"filter": line(20.5, -10), "model": line(20, -8.5)}
    sure = rows_of(lines, np.linspace(-5, 5, 40), noise=0.1)
    assert only(crossings(sure, "psnr_db")).level == pytest.approx(1 / 3, abs=0.05)
    chance = rows_of(lines, np.linspace(-5, 5, 40), noise=5.0)
    assert crossings(chance, "psnr_db") == []


def test_images_that_differ_much_hide_no_crossing_since_methods_are_compared_on_the_same() -> None:
    spread = rows_of(FALLING, np.linspace(-12, 12, 50))
    assert only(crossings(spread, "psnr_db")).level == pytest.approx(1 / 3)


def test_a_slow_method_is_compared_on_the_images_that_it_has() -> None:
    rows = [
        row
        if row.method == "filter"
        else LevelRow(row.level, row.method, row.psnr_db[:5], row.ssim[:5])
        for row in rows_of(FALLING, [0.0] * 5 + [20] * 45)
    ]
    crossing = only(crossings(rows, "psnr_db"))
    assert crossing.level == pytest.approx(1 / 3)
    assert crossing.num_images == 5


def test_a_half_measured_level_is_left_out() -> None:
    rows = rows_of(FALLING)
    assert crossings(rows[:-1], "psnr_db")[0].from_level == 0.4
    assert crossings(rows[:5], "psnr_db") == []  # without the model at 0.4


def test_crossings_are_told_from_weak_damage_to_strong() -> None:
    lines = {
        DAMAGED: line(30, -40),
        "model": line(20, -10),
        "filter": line(17, -8),  # below the model everywhere; crosses only the damaged
    }
    found = crossings(rows_of(lines), "psnr_db")
    assert [(c.better, c.worse, c.is_lead) for c in found] == [
        ("model", DAMAGED, True),
        ("filter", DAMAGED, False),
    ]
    assert found[0].level < found[1].level
    many = {f"m{number}": line(20 + 3 * number, -10 * number) for number in range(8)}
    assert len(most_important(crossings(rows_of(many), "psnr_db"))) == MAX_CROSSINGS


def crossing_of(
    event: Event, level: float, *, lead: float = 1.0, is_lead: bool = False
) -> Crossing:
    return Crossing(event, level, level, 0.9, None, "model", is_lead, lead, 10)


def test_the_important_ones_are_kept_and_stand_left_to_right() -> None:
    early = crossing_of("worse than nothing", 0.1, lead=0.1)
    harms = [crossing_of("worse than nothing", level, lead=5.0) for level in (0.5, 0.6, 0.7, 0.8)]
    best = crossing_of("overtakes", 0.9, lead=0.2, is_lead=True)
    other = crossing_of("overtakes", 0.05, lead=9.0)
    kept = most_important([other, best, *reversed(harms), early])
    assert kept == [early, *harms[:3], best]


def test_each_method_that_becomes_unreadable_is_told_of() -> None:
    breaks = [crossing_of("unreadable", 0.1 * number, lead=0.01) for number in range(1, 8)]
    best = crossing_of("overtakes", 0.05, is_lead=True)
    assert most_important([best, *reversed(breaks)]) == breaks
    assert most_important([*breaks[:4], best]) == [best, *breaks[:4]]


def test_it_is_said_above_which_level_a_classifier_reads_too_few() -> None:
    # From 0.95 at 0.2 to 0.75 at 0.4: 0.9 lies a quarter of the way, at 0.25.
    crossing = only(crossings(reads({"model": (0.97, 0.95, 0.75, 0.3)}), "read"))
    assert crossing.level == pytest.approx(0.25)
    assert (crossing.event, crossing.better, crossing.value) == ("unreadable", None, 0.9)
    said = "Above level 0.25 a classifier reads fewer than 90 % of what the model restores."
    assert sentence(crossing, TITLES) == said
    damaged = only(crossings(reads({DAMAGED: (0.97, 0.95, 0.75, 0.3)}), "read"))
    assert sentence(damaged, TITLES).endswith("fewer than 90 % of the damaged pictures.")


@pytest.mark.parametrize("shares", [(0.99, 0.98, 0.97, 0.95), (0.5, 0.4, 0.3, 0.2)])
def test_what_can_be_read_always_or_never_breaks_nowhere(shares: tuple[float, ...]) -> None:
    assert crossings(reads({"model": shares}), "read") == []


def test_where_a_method_leaves_the_pictures_alone_it_is_said_of_them_only() -> None:
    damaged = line(30, -40)
    idle = [*damaged[:3], 10.0]  # a filter that begins to work at 0.8
    found = crossings(
        rows_of({DAMAGED: damaged, "filter": idle, "model": line(20, -10)}), "psnr_db"
    )
    assert [(one.better, one.worse) for one in found] == [("model", DAMAGED)]
    shares = (0.97, 0.95, 0.75, 0.3)
    crossing = only(crossings(reads({DAMAGED: shares, "filter": (*shares[:3], 0.5)}), "read"))
    assert crossing.worse == DAMAGED
