"""Quality against the level of damage."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from vae_core import CORRUPTIONS, MLPConfig, build_model
from vae_core.corruption import Damaged, damage
from vae_core.data import Dataset
from vae_core.errors import InvalidInputError, UnknownNameError
from vae_core.metrics import psnr_db, ssim
from vae_core.metrics.extractor import reader_of
from vae_core.restoration import (
    DAMAGED,
    LevelRow,
    Method,
    Restored,
    classical_methods,
    measure_levels,
    measured_levels,
    model_methods,
)

Seeded = Callable[[int], torch.Generator]
LEVELS = (0.1, 0.5, 0.9)


def method(name: str, restore: Callable[[Damaged], torch.Tensor], *, is_slow: bool) -> Method:
    def run(damaged: Damaged, conditions: object, seed: int) -> Restored:
        return Restored(restore(damaged))

    return Method(name, name, "", "classical", lambda _: True, run, is_slow)


def test_a_row_is_what_the_metrics_say_of_each_picture(digits: Dataset, seeded: Seeded) -> None:
    clean, labels = digits.test.pixels(0, 20), digits.test.labels[:20]
    reader = reader_of("digits")
    assert reader is not None
    median = classical_methods("digits")["median"]
    rows = list(measure_levels([median], clean, labels, "gaussian", LEVELS, reader, seed=7))
    assert [(row.level, row.method) for row in rows] == [
        (level, name) for level in LEVELS for name in (DAMAGED, "median")
    ]
    for row in rows:
        damaged = damage(clean, "gaussian", row.level, seeded(7))
        images = damaged.images if row.method == DAMAGED else median.restore(damaged, {}, 7).images
        assert row.psnr_db == tuple(psnr_db(images, clean).tolist())
        assert row.ssim == tuple(ssim(images, clean).tolist())
        assert row.is_read == tuple((reader.classify(images) == labels).tolist())
        assert row.num_images == 20


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(tiny: Dataset) -> None:
    model = build_model(MLPConfig(hidden=(16,)), tiny.spec)
    methods = [*classical_methods("digits").values(), *model_methods(model).values()]
    methods = [one for one in methods if one.fits("gaussian") and not one.is_slow]

    def measured(seed: int) -> list[LevelRow]:
        x, labels = tiny.test.pixels(), tiny.test.labels
        return list(measure_levels(methods, x, labels, "gaussian", (0.3, 0.6), seed=seed))

    assert measured(3) == measured(3)
    assert measured(3) != measured(4)


def test_stronger_damage_grows_on_the_pattern_of_the_weaker() -> None:
    seen = []
    keep = method("keep", lambda damaged: seen.append(damaged) or damaged.images, is_slow=False)
    grey = torch.full((3, 1, 8, 8), 0.5)
    list(measure_levels([keep], grey, torch.zeros(3), "gaussian", (0.05, 0.1), seed=2))
    weak, strong = (damaged.images - grey for damaged in seen)
    torch.testing.assert_close(strong, 2 * weak)
    seen.clear()
    list(measure_levels([keep], grey, torch.zeros(3), "drop-out", (0.2, 0.6), seed=2))
    assert bool((seen[0].known | ~seen[1].known).all())  # what was missing stays missing


def test_the_spread_is_numpys_mean_and_quantiles() -> None:
    values = np.random.default_rng(0).normal(20.0, 4.0, 37)
    row = LevelRow(0.5, "median", tuple(values), tuple(values / 100), (True,) * 9 + (False,) * 28)
    for quality, scale in (("psnr_db", 1.0), ("ssim", 0.01)):
        spread = row.spread(quality)
        expected = np.quantile(values * scale, [0.1, 0.5, 0.9])
        np.testing.assert_allclose([spread.low, spread.median, spread.high], expected)
        assert spread.mean == pytest.approx(values.mean() * scale)
    assert row.share_read == row.mean("read") == pytest.approx(9 / 37)
    assert LevelRow(0.5, "median", (1.0,), (1.0,)).share_read is None


def test_pictures_that_the_damage_spared_do_not_drown_the_others() -> None:
    row = LevelRow(0.1, "median", (100.0, 10.0), (1.0, 0.5))
    assert row.spread("psnr_db").mean == row.mean("psnr_db") == 25.0  # 40 and 10


def test_slow_methods_restore_only_the_first_few(digits: Dataset) -> None:
    clean, labels = digits.test.pixels(0, 10), digits.test.labels[:10]
    seen: dict[str, Damaged] = {}

    def keep(name: str) -> Callable[[Damaged], torch.Tensor]:
        return lambda damaged: seen.update({name: damaged}) or damaged.images

    slow = method("slow", keep("slow"), is_slow=True)
    quick = method("quick", keep("quick"), is_slow=False)
    reader = reader_of("digits")
    arguments = ([slow, quick], clean, labels, "drop-out", (0.5,), reader)
    rows = {row.method: row for row in measure_levels(*arguments, num_slow=4)}
    assert list(rows) == [DAMAGED, "quick", "slow"]
    assert torch.equal(seen["slow"].images, seen["quick"].images[:4])
    assert torch.equal(seen["slow"].known, seen["quick"].known[:4])
    assert rows["slow"].psnr_db == rows["quick"].psnr_db[:4]
    assert rows["slow"].is_read == rows["quick"].is_read[:4]
    assert {row.num_images for row in measure_levels(*arguments)} == {10}


def test_conditional_methods_are_told_of_each_picture(digits: Dataset) -> None:
    told = []

    def run(damaged: Damaged, conditions: dict[str, torch.Tensor], seed: int) -> Restored:
        told.append(conditions["class"].tolist())
        return Restored(damaged.images)

    clean, labels = digits.test.pixels(0, 6), digits.test.labels[:6]
    for is_slow in (False, True):
        asked = [Method("told", "", "", "model", lambda _: True, run, is_slow)]
        list(measure_levels(asked, clean, labels, "half", (0.5,), None, {"class": labels}, 0, 2))
    assert told == [labels.tolist(), labels[:2].tolist()]


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_every_kind_is_measured_at_levels_that_it_has_and_that_change_something(kind: str) -> None:
    levels = measured_levels(kind)
    choices = CORRUPTIONS[kind].levels.choices
    assert list(levels) == sorted(set(levels))
    assert set(levels) <= set(choices[1:])
    assert (levels[0], levels[-1]) == (choices[1], choices[-1])
    assert CORRUPTIONS[kind].levels.default in levels or kind == "jpeg"
    assert len(levels) <= 11


def test_what_cannot_be_measured_is_refused_in_words(tiny: Dataset) -> None:
    x = tiny.test.pixels()
    with pytest.raises(UnknownNameError, match="Unknown corruption 'rain'"):
        measured_levels("rain")
    with pytest.raises(InvalidInputError, match="0 images with 0 labels received"):
        next(measure_levels([], x[:0], x[:0], "half", (0.5,)))
    with pytest.raises(InvalidInputError, match="30 images with 2 labels received"):
        next(measure_levels([], x, torch.zeros(2), "half", (0.5,)))
    with pytest.raises(InvalidInputError, match="Noise level 7 received"):
        list(measure_levels([], x, torch.zeros(30), "half", (7.0,)))
