"""Damage: pure, seeded, clipped, and of the strength that was asked for."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vae_core.corruption import CORRUPTIONS, corrupt
from vae_core.errors import InvalidInputError, UnknownNameError

Seeded = Callable[[int], torch.Generator]

kinds = pytest.mark.parametrize("kind", CORRUPTIONS)
some = settings(derandomize=True, max_examples=25, deadline=None, database=None)
sides = st.integers(8, 40)
levels = st.floats(0.0, 1.0)
seeds = st.integers(0, 2**31)


def images(num: int, channels: int, height: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(num, channels, height, width, generator=torch.Generator().manual_seed(seed))


@kinds
@some
@given(level=levels, channels=st.sampled_from([1, 3]), height=sides, width=sides, seed=seeds)
def test_damage_is_clipped_pure_and_repeats_with_its_seed(
    kind: str, level: float, channels: int, height: int, width: int, seed: int
) -> None:
    x = images(2, channels, height, width)
    before = x.clone()
    first, second = (corrupt(x, kind, level, torch.Generator().manual_seed(seed)) for _ in range(2))
    assert torch.equal(x, before)
    assert first.shape == x.shape
    assert first.dtype == x.dtype
    assert float(first.min()) >= 0.0
    assert float(first.max()) <= 1.0
    assert torch.equal(first, second)


@kinds
def test_another_seed_is_another_damage_and_the_global_generator_is_left_alone(
    kind: str, seeded: Seeded
) -> None:
    x, state = images(4, 1, 28, 28), torch.get_rng_state()
    assert not torch.equal(corrupt(x, kind, 0.5, seeded(1)), corrupt(x, kind, 0.5, seeded(2)))
    assert torch.equal(torch.get_rng_state(), state)


@kinds
def test_level_zero_changes_nothing_but_returns_a_new_tensor(kind: str, seeded: Seeded) -> None:
    x = images(3, 1, 13, 13)
    damaged = corrupt(x, kind, 0.0, seeded(0))
    assert torch.equal(damaged, x)
    assert damaged.data_ptr() != x.data_ptr()


def test_the_default_level_of_each_kind_is_visible() -> None:
    for kind, entry in CORRUPTIONS.items():
        x = torch.full((1, 1, 28, 28), 0.5)
        assert 0.0 < entry.default <= 1.0
        assert not torch.equal(corrupt(x, kind, entry.default, torch.Generator()), x)


def test_gaussian_noise_has_the_standard_deviation_asked_for(seeded: Seeded) -> None:
    noise = corrupt(torch.full((1, 1, 300, 300), 0.5), "gaussian", 0.1, seeded(0)) - 0.5
    assert noise.std().item() == pytest.approx(0.1, rel=0.02)
    assert noise.mean().item() == pytest.approx(0.0, abs=0.002)


@pytest.mark.parametrize("level", [0.1, 0.5, 1.0])
def test_salt_and_pepper_hits_the_share_asked_for_half_black_half_white(
    level: float, seeded: Seeded
) -> None:
    damaged = corrupt(torch.full((1, 1, 300, 300), 0.5), "salt-and-pepper", level, seeded(0))
    for value, share in ((0.0, level / 2), (1.0, level / 2), (0.5, 1 - level)):
        assert (damaged == value).float().mean().item() == pytest.approx(share, abs=0.01)


@some
@given(level=levels, height=sides, width=sides, seed=seeds)
def test_the_masked_square_is_a_black_square_of_the_right_side_inside_the_image(
    level: float, height: int, width: int, seed: int
) -> None:
    x = torch.ones(3, 3, height, width)
    hole = corrupt(x, "masked-square", level, torch.Generator().manual_seed(seed)) == 0
    side = round(level * min(height, width))
    for each in hole:
        rows, columns = each[0].any(1), each[0].any(0)
        assert (int(rows.sum()), int(columns.sum())) == (side, side)
        assert int(each[0].sum()) == side * side
        assert all(int(line.int().diff().abs().sum()) <= 2 for line in (rows, columns))
        assert torch.equal(each[0], each[1])
        assert torch.equal(each[0], each[2])


def test_the_masked_square_reaches_every_corner_and_differs_from_image_to_image(
    seeded: Seeded,
) -> None:
    holes = corrupt(torch.ones(400, 1, 8, 8), "masked-square", 0.75, seeded(0)) == 0
    corners = holes[:, 0, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners.any(0).all()
    assert len(holes.flatten(1).unique(dim=0)) == 9


def test_an_unknown_kind_is_answered_with_the_kinds_there_are(seeded: Seeded) -> None:
    with pytest.raises(
        UnknownNameError,
        match=r"Unknown corruption 'blur'\. Expected one of: gaussian, masked-square, salt-",
    ):
        corrupt(images(1, 1, 8, 8), "blur", 0.5, seeded(0))


@kinds
@pytest.mark.parametrize("level", [-0.01, 1.01, float("nan"), float("inf")])
def test_a_level_out_of_range_is_refused(kind: str, level: float, seeded: Seeded) -> None:
    with pytest.raises(
        InvalidInputError, match=f"Noise level {level} received; expected .* 0 to 1"
    ):
        corrupt(images(1, 1, 8, 8), kind, level, seeded(0))
