"""How strong classical filters are: chosen again, and it is what the file says."""

import itertools

import pytest
import torch

from vae_core.corruption import damage
from vae_core.data import Dataset
from vae_core.errors import UnknownNameError
from vae_core.metrics import psnr_db
from vae_core.restoration import parameters
from vae_core.restoration.filters import CHANGED, FILTERS, MISSING
from vae_core.restoration.parameters import Choice, choose, chosen, read_choices

NOTHING_LEFT = ("salt-and-pepper", 1.0)


@pytest.fixture(scope="module")
def choices() -> list[Choice]:
    return read_choices()


def strength(choice: Choice) -> tuple[float, tuple[float, ...]]:
    """The strength that was chosen, and all that could have been."""
    way = FILTERS[choice.method].way(choice.kind)
    assert way is not None
    name, values = next(iter(way.grid.items()))
    return choice.parameters[name], values  # type: ignore[return-value]


@pytest.mark.parametrize("method", ["median", "gaussian"])
@pytest.mark.parametrize("kind", ["gaussian", "drop-out"])
def test_choosing_again_on_digits_ends_where_the_file_is(
    kind: str, method: str, digits: Dataset, choices: list[Choice]
) -> None:
    again = list(choose(digits, kind, method))
    assert again == [
        c for c in choices if (c.dataset, c.kind, c.method) == ("digits", kind, method)
    ]


def test_choosing_again_on_mnist_ends_where_the_file_is(
    mnist: Dataset, choices: list[Choice]
) -> None:
    wanted = ("mnist", "drop-out", "gaussian")
    assert list(choose(mnist, "drop-out", "gaussian")) == [
        c for c in choices if (c.dataset, c.kind, c.method) == wanted
    ]


def test_nothing_else_in_the_grid_is_better(digits: Dataset, choices: list[Choice]) -> None:
    """The walk uphill has missed nothing, over two parameters that depend on each other."""
    clean = digits.val.pixels(0, parameters.NUM_IMAGES)
    damaged = damage(clean, "gaussian", 0.5, torch.Generator().manual_seed(parameters.SEED))
    for method in ("gaussian", "nl-means"):
        way = FILTERS[method].way("gaussian")
        assert way is not None
        best = max(
            float(
                psnr_db(
                    way.apply(damaged, **dict(zip(way.grid, values, strict=True))), clean
                ).mean()
            )
            for values in itertools.product(*way.grid.values())
        )
        (found,) = (
            choice.psnr_db
            for choice in choices
            if (choice.dataset, choice.kind, choice.level, choice.method)
            == ("digits", "gaussian", 0.5, method)
        )
        assert found == pytest.approx(best, abs=0.01)


def test_every_cell_is_in_the_file_once(choices: list[Choice]) -> None:
    expected = [
        (dataset, kind, method, level)
        for dataset in ("mnist", "digits")
        for kind, method in parameters.tasks()
        for level in (parameters.MISSING_LEVELS if kind in MISSING else parameters.LEVELS)
    ]
    assert [(c.dataset, c.kind, c.method, c.level) for c in choices] == expected
    assert parameters.FILE.read_text(encoding="utf-8") == parameters.as_json(choices)


def test_no_filter_would_rather_be_stronger_than_it_could(choices: list[Choice]) -> None:
    for choice in choices:
        value, values = strength(choice)
        if (choice.kind, choice.level) != NOTHING_LEFT:
            assert value < values[-1], choice


def test_a_filter_at_its_weakest_leaves_images_as_they_are(choices: list[Choice]) -> None:
    for choice in choices:
        value, values = strength(choice)
        if choice.kind in CHANGED and value == values[0]:
            assert choice.psnr_db == choice.damaged_db, choice


def test_no_filter_makes_changed_images_worse_on_average(choices: list[Choice]) -> None:
    for choice in choices:
        if choice.kind in CHANGED:
            assert choice.psnr_db >= choice.damaged_db, choice


def test_the_nearest_level_that_was_measured_counts_and_of_two_the_lower() -> None:
    levels = {level: chosen("mnist", "gaussian", level, "tv") for level in parameters.LEVELS}
    assert len({tuple(found.items()) for found in levels.values()}) >= 5
    assert chosen("mnist", "gaussian", 0.12, "tv") == levels[0.1]
    assert chosen("mnist", "gaussian", 0.6, "tv") == levels[0.5]
    assert chosen("mnist", "gaussian", 0.95, "tv") == levels[1.0]
    assert chosen("mnist", "half", 0.5, "biharmonic") == {}


def test_other_data_sets_take_the_parameters_of_images_as_large_as_theirs() -> None:
    for (kind, method), level in itertools.product(parameters.tasks(), parameters.LEVELS):
        large = chosen("mnist", kind, level, method)
        assert chosen("fashion-mnist", kind, level, method) == large
        assert chosen("mnist-static", kind, level, method) == large
    assert chosen("digits", "gaussian", 0.5, "gaussian") != chosen(
        "mnist", "gaussian", 0.5, "gaussian"
    )
    with pytest.raises(UnknownNameError, match="Unknown data set 'flowers'"):
        chosen("flowers", "gaussian", 0.5, "gaussian")
