"""Where the names of classes go on a map."""

import itertools

import pytest
import torch

from tests.e2e.lab import Lab

PLACES = """async ([xs, ys, classes, names, map]) => {
  const { namePlaces } = await import("http://net.test/names.js");
  const [x, y] = [Float32Array.from(xs), Float32Array.from(ys)];
  return namePlaces(x, y, Uint8Array.from(classes), names, map);
}"""
HEIGHT = 0.075  # of a name, in limits of the map
LIMIT = 3.0
Places = list[tuple[float, float] | None]


def places(
    lab: Lab, dots: torch.Tensor, classes: list[int], names: list[str], reach: float = 3.0
) -> Places:
    xs, ys = dots.T.tolist()
    found = lab.page.evaluate(PLACES, [xs, ys, classes, names, {"limit": LIMIT, "reach": reach}])
    return [None if place is None else tuple(place) for place in found]


def around(centres: torch.Tensor) -> tuple[torch.Tensor, list[int]]:
    """Five dots of each class, whose median is its centre."""
    steps = torch.tensor([[0.0, 0.0], [1, 0], [-1, 0], [0, 1], [0, -1]])
    dots = centres[:, None] + 0.3 * steps
    return dots.reshape(-1, 2), [label for label in range(len(centres)) for _ in steps]


def touch(a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Names of one letter: 0.9 heights wide."""
    wide, high = 0.9 * HEIGHT * LIMIT, HEIGHT * LIMIT
    return abs(a[0] - b[0]) < wide - 1e-6 and abs(a[1] - b[1]) < high - 1e-6


@pytest.mark.parametrize("spread", [0.3, 0.5, 1.0])
def test_names_do_not_overlap_and_stay_near_their_classes(lab: Lab, spread: float) -> None:
    centres = spread * torch.randn(10, 2, generator=torch.Generator().manual_seed(0))
    found = places(lab, *around(centres), list("0123456789"))
    assert None not in found
    for a, b in itertools.combinations(found, 2):
        assert not touch(a, b)
    away = (torch.tensor(found) - centres).norm(dim=1)
    assert away[0] < 1e-6
    assert away.max() <= 3 * HEIGHT * LIMIT + 1e-6


def test_a_name_without_a_free_place_in_reach_is_left_out(lab: Lab) -> None:
    heap = 0.1 * torch.randn(9, 2, generator=torch.Generator().manual_seed(0))
    centres = torch.cat([heap, torch.tensor([[2.0, 2.0]])])
    found = places(lab, *around(centres), list("0123456789"), reach=0.5)
    assert found[0] is not None
    assert found[9] == pytest.approx((2, 2))
    assert None in found


def test_a_class_that_is_not_there_has_no_place(lab: Lab) -> None:
    dots, classes = around(torch.tensor([[0.0, 0.0], [2.0, 1.0]]))
    found = places(lab, dots, [2 * label for label in classes], list("abc"))
    assert found[1] is None
    assert found[0] == pytest.approx((0, 0))
    assert found[2] == pytest.approx((2, 1))


def test_classes_in_one_place_have_no_names(lab: Lab) -> None:
    dots, classes = around(torch.zeros(10, 2))
    assert places(lab, dots, classes, list("0123456789")) == []
    dots, classes = around(torch.tensor([[0.0, 0.0], [2.0, 1.0]]))
    assert places(lab, 1e-3 * dots, classes, list("ab")) == []
