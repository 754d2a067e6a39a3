import itertools
import math

import pytest
import torch

from ui import charts

NAMES = list("0123456789")


@pytest.mark.parametrize("spread", [0.1, 0.2, 0.5])
def test_no_two_class_names_overlap(spread: float) -> None:
    centres = spread * torch.randn(10, 2, generator=torch.Generator().manual_seed(0))
    places = charts.label_places(centres, NAMES, 3.0)
    for (a, name), (b, other) in itertools.combinations(zip(places, NAMES, strict=True), 2):
        assert not charts.labels_touch(a, name, b, other, 3.0)


def test_a_class_name_stays_near_its_centre() -> None:
    centres = 0.3 * torch.randn(10, 2, generator=torch.Generator().manual_seed(0))
    moved = (torch.tensor(charts.label_places(centres, NAMES, 3.0)) - centres).norm(dim=1)
    assert moved.max() < 0.25 * 3.0
    assert moved[0] == 0


def test_classes_in_one_place_get_no_names() -> None:
    centres = 0.001 * torch.randn(10, 2, generator=torch.Generator().manual_seed(0))
    assert charts.label_places(centres, NAMES, 3.0) == []


def test_a_class_that_is_not_there_gets_no_place() -> None:
    centres = torch.tensor([[0.0, 0.0], [torch.nan, torch.nan], [2.0, 1.0]])
    places = charts.label_places(centres, NAMES[:3], 3.0)
    assert [math.isnan(x) for x, _ in places] == [False, True, False]


@pytest.mark.parametrize("limit", [0.036, 3.0, 5.0, 140.0])
def test_both_axes_of_a_map_have_the_same_range_and_ticks(limit: float) -> None:
    layout = charts.axes_figure(limit, ("z1", "z2"), 400)["layout"]
    for name in ("range", "tickvals", "ticktext"):
        assert layout["xaxis"][name] == layout["yaxis"][name]
    assert layout["yaxis"]["ticklabeloverflow"] == "allow"
    assert len(layout["yaxis"]["ticktext"]) >= 3


def test_the_height_of_a_strip_has_no_name_and_no_ticks() -> None:
    axis = charts.axes_figure(3.0, ("z1", ""), 400)["layout"]["yaxis"]
    assert axis["title"]["text"] == ""
    assert axis["tickvals"] == []
