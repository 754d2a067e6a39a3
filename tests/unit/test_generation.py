"""Distances between sets of features, against closed forms, scipy and brute force."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from vae_core import corrupt
from vae_core.data import Dataset
from vae_core.errors import InvalidInputError
from vae_core.metrics import coverage, frechet_distance, generation, load_extractor, mean_distance

Seeded = Callable[[int], torch.Generator]


def normal(num: int, dim: int, seed: int) -> torch.Tensor:
    return torch.randn(num, dim, generator=torch.Generator().manual_seed(seed))


def test_frechet_distance_is_that_of_scipy() -> None:
    first, second = normal(300, 8, 0) @ normal(8, 8, 1), 0.5 * normal(200, 8, 2) + 1
    one, two = first.double().numpy(), second.double().numpy()
    covariances = np.cov(one.T), np.cov(two.T)
    expected = (
        np.square(one.mean(0) - two.mean(0)).sum()
        + np.trace(covariances[0] + covariances[1])
        - 2 * np.trace(sqrtm(covariances[0] @ covariances[1]).real)
    )
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(second, first) == pytest.approx(expected, rel=1e-6)


def test_frechet_distance_of_one_dimension_is_the_closed_form() -> None:
    """|m1 - m2|^2 + (s1 - s2)^2."""
    first = torch.tensor([[1.0], [3.0]])
    second = torch.tensor([[10.0], [16.0]])
    assert frechet_distance(first, second) == pytest.approx(11**2 + (18**0.5 - 2**0.5) ** 2)


def test_a_set_has_no_frechet_distance_to_itself_and_more_to_others_the_further_they_are() -> None:
    features = normal(500, 16, 0)
    assert frechet_distance(features, features) == pytest.approx(0.0, abs=1e-9)
    distances = [frechet_distance(features, features + shift) for shift in (0.0, 0.1, 0.2, 0.4)]
    assert distances[1:] == pytest.approx([16 * shift**2 for shift in (0.1, 0.2, 0.4)], rel=1e-3)


def test_coverage_follows_its_definition() -> None:
    real, other = normal(60, 3, 0), normal(40, 3, 1) * 1.5
    inside = []
    for point in other:
        found = False
        for image in real:
            others = sorted((image - neighbour).norm().item() for neighbour in real)
            found = found or (point - image).norm().item() <= others[3]  # others[0] is itself
        inside.append(found)
    assert 0.2 < np.mean(inside) < 1.0
    assert coverage(real, other) == pytest.approx(np.mean(inside))


@pytest.mark.parametrize("rows", [1, 7, 1000])
def test_distances_are_held_a_block_at_a_time(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    real, other = normal(50, 4, 0), normal(30, 4, 1)
    expected = coverage(real, other), mean_distance(real)
    monkeypatch.setattr(generation, "ROWS", rows)
    assert (coverage(real, other), mean_distance(real)) == pytest.approx(expected)


def test_precision_falls_with_poor_samples_and_recall_with_missing_ones() -> None:
    real = torch.cat([normal(100, 4, 0), normal(100, 4, 1) + 20])
    one_kind, far = normal(200, 4, 2), normal(200, 4, 3) + 100
    half_far = torch.cat([normal(100, 4, 4), far[:100]])
    assert coverage(real, real) == 1.0
    assert coverage(real, far) == 0.0
    assert coverage(real, one_kind) > 0.8  # good samples
    assert coverage(one_kind, real) == pytest.approx(0.5, abs=0.1)  # of half of what there is
    assert coverage(real, half_far) == pytest.approx(0.5, abs=0.1)


def test_mean_distance_is_that_of_all_pairs() -> None:
    features = normal(50, 4, 0)
    assert mean_distance(features) == pytest.approx(torch.pdist(features).mean().item(), rel=1e-5)
    assert mean_distance(features[:1].expand(50, 4)) == 0.0


@pytest.mark.parametrize("shapes", [((1, 4), (5, 4)), ((5, 4), (5, 3)), ((5,), (5, 4))])
def test_sets_that_cannot_be_compared_are_refused(shapes: tuple[tuple[int, ...], ...]) -> None:
    first, second = (torch.zeros(shape) for shape in shapes)
    for measure in (frechet_distance, coverage):
        with pytest.raises(InvalidInputError, match="expected two sets"):
            measure(first, second)


@pytest.mark.parametrize("name", ["digits", "mnist"])
def test_fid_of_real_images_rises_with_each_level_of_noise(
    name: str, request: pytest.FixtureRequest, seeded: Seeded
) -> None:
    data: Dataset = request.getfixturevalue(name)
    extractor = load_extractor()
    clean, others = data.test.pixels(0, 2000), data.train.pixels(0, min(2000, len(data.test)))
    real = extractor.features(clean)
    floor = frechet_distance(real, extractor.features(others))
    fids = [
        frechet_distance(real, extractor.features(corrupt(clean, "gaussian", level, seeded(0))))
        for level in (0.1, 0.2, 0.3, 0.4, 0.5)
    ]
    assert fids == sorted(set(fids))
    assert fids[-1] > 5 * floor
    assert 0 < floor < fids[2]
