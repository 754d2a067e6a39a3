"""How strong classical filters are: chosen again, and it is what the file says."""

from itertools import product

import pytest
import torch

from vae_core.corruption import damage
from vae_core.data import Dataset
from vae_core.errors import UnknownNameError
from vae_core.metrics import psnr_db
from vae_core.restoration import parameters
from vae_core.restoration.filters import CHANGED, FILTERS, MISSING
from vae_core.restoration.parameters import Choice, cells, choose, chosen, read_choices


@pytest.fixture(scope="module")
def choices() -> list[Choice]:
    return read_choices()


def strength(choice: Choice) -> tuple[float, tuple[float, ...]]:
    """The strength that was chosen, and all that could have been."""
    way = FILTERS[choice.method].way(choice.kind)
    assert way is not None
    name, values = next(iter(way.grid.items()))
    return choice.parameters[name], values  # type: ignore[return-value]


def of(choices: list[Choice], dataset: str, kind: str, level: float, method: str) -> Choice:
    (found,) = (
        choice
        for choice in choices
        if (choice.dataset, choice.kind, choice.level, choice.method)
        == (dataset, kind, level, method)
    )
    return found


@pytest.mark.parametrize(
    ("kind", "level", "method"),
    [
        ("gaussian", 0.5, "median"),
        ("gaussian", 0.5, "nl-means"),
        ("speckle", 0.8, "gaussian"),
        ("salt-and-pepper", 0.3, "tv"),
        ("down-sample", 2.0, "gaussian"),
        ("scribble", 0.3, "median"),
    ],
)
def test_choosing_again_ends_where_the_file_is(
    kind: str, level: float, method: str, digits: Dataset, choices: list[Choice]
) -> None:
    again, kept = choose(digits, kind, level, method), of(choices, "digits", kind, level, method)
    assert again.parameters == kept.parameters
    assert again.psnr_db == pytest.approx(kept.psnr_db, abs=0.01)
    assert again.damaged_db == pytest.approx(kept.damaged_db, abs=0.01)


@pytest.mark.parametrize("method", ["median", "gaussian"])
def test_choosing_again_on_mnist_ends_where_the_file_is(
    method: str, mnist: Dataset, choices: list[Choice]
) -> None:
    again = choose(mnist, "drop-out", 0.5, method)
    assert again.parameters == of(choices, "mnist", "drop-out", 0.5, method).parameters


@pytest.mark.parametrize(
    ("kind", "level", "method"),
    [
        ("gaussian", 0.5, "gaussian"),
        ("gaussian", 0.2, "nl-means"),
        ("salt-and-pepper", 0.3, "nl-means"),
        ("half", 0.5, "gaussian"),
    ],
)
def test_nothing_else_in_the_grid_is_better(
    kind: str, level: float, method: str, digits: Dataset, choices: list[Choice]
) -> None:
    clean, way = digits.val.pixels(0, parameters.NUM_IMAGES), FILTERS[method].way(kind)
    damaged = damage(clean, kind, level, torch.Generator().manual_seed(parameters.SEED))
    assert way is not None
    every = [dict(zip(way.grid, values, strict=True)) for values in product(*way.grid.values())]
    best = max(float(psnr_db(way.apply(damaged, **given), clean).mean()) for given in every)
    assert of(choices, "digits", kind, level, method).psnr_db == pytest.approx(best, abs=0.01)


def test_every_cell_is_in_the_file_once(choices: list[Choice]) -> None:
    expected = [(dataset, *cell) for dataset in ("mnist", "digits") for cell in cells()]
    assert [(c.dataset, c.kind, c.level, c.method) for c in choices] == expected
    assert parameters.FILE.read_text(encoding="utf-8") == parameters.as_json(choices)


def test_no_filter_would_rather_be_stronger_than_it_could(choices: list[Choice]) -> None:
    """But where the best is the mean or median of the whole picture, which ends the grid."""
    for choice in choices:
        value, values = strength(choice)
        is_hopeless = choice.kind == "salt-and-pepper" and choice.level >= 0.8
        if choice.kind not in MISSING and not is_hopeless:
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
    def weight(level: float) -> float:
        return float(chosen("mnist", "salt-and-pepper", level, "tv")["weight"])

    assert weight(0.1) < weight(0.3) < weight(0.8) < weight(1.0)
    assert weight(0.12) == weight(0.1)
    assert weight(0.9) == weight(0.8)
    assert weight(0.95) == weight(1.0)
    assert chosen("mnist", "half", 0.5, "biharmonic") == {}


def test_other_data_sets_take_the_parameters_of_images_as_large_as_theirs() -> None:
    for kind, level, method in cells():
        large = chosen("mnist", kind, level, method)
        assert chosen("fashion-mnist", kind, level, method) == large
        assert chosen("mnist-static", kind, level, method) == large
    small = chosen("digits", "gaussian", 0.5, "gaussian")
    assert small != chosen("mnist", "gaussian", 0.5, "gaussian")
    with pytest.raises(UnknownNameError, match="Unknown data set 'flowers'"):
        chosen("flowers", "gaussian", 0.5, "gaussian")
