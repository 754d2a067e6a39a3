"""Augmentation: other parameters for each image, pure and seeded."""

from collections.abc import Callable

import pytest
import torch

from vae_core.augmentation import AugmentationConfig, augment
from vae_core.errors import InvalidConfigError

Seeded = Callable[[int], torch.Generator]
STILL = AugmentationConfig(shift=0.0, rotate=0.0, scale=0.0, shear=0.0)


@pytest.fixture
def x(seeded: Seeded) -> torch.Tensor:
    return torch.rand(1, 1, 16, 16, generator=seeded(0)).expand(40, -1, -1, -1).contiguous()


def test_nothing_is_changed_when_nothing_is_asked_for(x: torch.Tensor, seeded: Seeded) -> None:
    torch.testing.assert_close(augment(x, STILL, seeded(1)), x, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["shift", "rotate", "scale", "shear"])
def test_equal_images_become_different_ones(kind: str, x: torch.Tensor, seeded: Seeded) -> None:
    before = x.clone()
    changed = augment(x, STILL.evolve(**{kind: 0.3 if kind != "rotate" else 30.0}), seeded(1))
    assert torch.equal(x, before)
    assert changed.shape == x.shape
    assert float(changed.min()) >= 0.0
    assert float(changed.max()) <= 1.0
    different = (changed[:, None] - changed[None]).abs().amax((2, 3, 4)) > 1e-4
    assert int(different.sum()) >= 0.95 * 40 * 39


def test_the_same_seed_gives_the_same_images(x: torch.Tensor, seeded: Seeded) -> None:
    config = AugmentationConfig()
    first = augment(x, config, seeded(3))
    assert torch.equal(augment(x, config, seeded(3)), first)
    assert not torch.equal(augment(x, config, seeded(4)), first)


def test_a_turn_turns_by_no_more_than_it_may(seeded: Seeded) -> None:
    """A dot at the right edge of an even image stays within the angle asked for."""
    x = torch.zeros(200, 1, 33, 33)
    x[:, :, 16, 31] = 1.0
    turned = augment(x, STILL.evolve(rotate=45.0), seeded(5))
    rows, columns = torch.meshgrid(torch.arange(33.0) - 16, torch.arange(33.0) - 16, indexing="ij")
    mass = turned[:, 0] / turned[:, 0].sum((1, 2), keepdim=True)
    angle = torch.rad2deg(torch.atan2((mass * rows).sum((1, 2)), (mass * columns).sum((1, 2))))
    assert float(angle.abs().max()) <= 47.0
    assert float(angle.max()) > 35.0
    assert float(angle.min()) < -35.0


def test_a_shift_moves_by_whole_shares_of_the_side(seeded: Seeded) -> None:
    x = torch.zeros(200, 1, 33, 33)
    x[:, :, 16, 16] = 1.0
    moved = augment(x, STILL.evolve(shift=0.25), seeded(6))[:, 0]
    columns = torch.arange(33.0) - 16
    where = (moved.sum(1) * columns).sum(1) / moved.sum((1, 2))
    assert float(where.abs().max()) <= 0.25 * 33 + 0.1
    assert float(where.abs().max()) > 0.2 * 33


def test_values_out_of_range_are_refused_by_name() -> None:
    with pytest.raises(InvalidConfigError, match=r"shift: received 0\.9"):
        AugmentationConfig.parse({"shift": 0.9})


def test_a_picture_that_is_not_square_turns_without_being_stretched(seeded: Seeded) -> None:
    x = torch.zeros(50, 1, 20, 48)
    x[:, :, 6:14, 20:28] = 1.0
    turned = augment(x, STILL.evolve(rotate=180.0), seeded(6))[:, 0]
    mass = turned / turned.sum((1, 2), keepdim=True)
    rows = torch.arange(20.0) - 9.5
    columns = torch.arange(48.0) - 23.5
    height = (mass.sum(2) * rows.square()).sum(1).sqrt()
    width = (mass.sum(1) * columns.square()).sum(1).sqrt()
    torch.testing.assert_close(height, width, rtol=0.03, atol=0.0)  # a square at any angle
    torch.testing.assert_close(turned.sum((1, 2)), x[:, 0].sum((1, 2)), rtol=0.03, atol=0.0)
