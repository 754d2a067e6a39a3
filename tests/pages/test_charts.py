import pytest

from ui import charts


@pytest.mark.parametrize("limit", [1e-6, 0.036, 3.0, 4.0, 5.0, 140.0, 1e6, 4e23])
def test_both_axes_of_a_map_have_the_same_range_and_ticks(limit: float) -> None:
    layout = charts.axes_figure(limit, ("z1", "z2"), 400)["layout"]
    for name in ("range", "tickvals", "ticktext"):
        assert layout["xaxis"][name] == layout["yaxis"][name]
    assert layout["yaxis"]["ticklabeloverflow"] == "allow"
    assert 3 <= len(layout["yaxis"]["ticktext"]) <= 7


def test_the_height_of_a_strip_has_no_name_and_no_ticks() -> None:
    axis = charts.axes_figure(3.0, ("z1", ""), 400)["layout"]["yaxis"]
    assert axis["title"]["text"] == ""
    assert axis["tickvals"] == []
