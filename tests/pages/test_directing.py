"""What a page's script sends as a direction is believed only after a look at it."""

from pathlib import Path
from typing import Any

import pytest

from tests.pages.conftest import Open
from tests.pages.reading import component_data
from ui import directing
from vae_core.directions import DIRECTIONS_FILE, add_direction
from vae_core.errors import InvalidInputError

GOOD = {"name": "wide", "vector": [1, 0.5], "num_a": 3, "num_b": 4}


def test_a_direction_is_a_name_numbers_and_two_counts() -> None:
    assert directing._read(GOOD) == ("wide", [1.0, 0.5], 3, 4)


@pytest.mark.parametrize(
    "asked",
    [None, [], "wide", {}, GOOD | {"name": 3}, GOOD | {"vector": "1,2"}, GOOD | {"vector": [None]},
     GOOD | {"num_a": "3"}, GOOD | {"num_b": None}],
)  # fmt: skip
def test_anything_else_is_refused(asked: Any) -> None:
    with pytest.raises(InvalidInputError, match="something else was received"):
        directing._read(asked)


def test_sliders_are_given_the_directions_of_their_model_alone(
    open_page: Open, bundled: Path
) -> None:
    add_direction(bundled / "digits-2d", 2, "wide", [1.0, 0.5], 3, 4)
    given = component_data(open_page("sliders", model="digits-2d"), "sliders")["directions"]
    assert given == [{"name": "wide", "vector": [1.0, 0.5], "num_a": 3, "num_b": 4}]
    assert not component_data(open_page("sliders", model="digits-ae-2d"), "sliders")["directions"]


def test_directions_of_another_size_are_left_out(open_page: Open, bundled: Path) -> None:
    add_direction(bundled / "digits-2d", 3, "old", [1.0, 0.5, 1.0], 3, 4)
    app = open_page("sliders", model="digits-2d")
    assert component_data(app, "sliders")["directions"] == []


def test_a_damaged_file_of_directions_is_named(open_page: Open, tmp_path: Path) -> None:
    folder = tmp_path / "runs" / ".bundled" / "digits-2d"
    folder.mkdir(parents=True)
    (folder / DIRECTIONS_FILE).write_text("{")
    app = open_page("sliders", model="digits-2d")
    assert "cannot be read as directions" in app.error[0].value
