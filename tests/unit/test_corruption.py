"""Damage: pure, seeded, clipped, and of the strength that was asked for."""

import io
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import gaussian_filter
from scipy.stats import poisson

from vae_core.corruption import CORRUPTIONS, Damaged, corrupt, damage, hide
from vae_core.errors import InvalidInputError, UnknownNameError

Seeded = Callable[[int], torch.Generator]

MISSING = ("masked-square", "half", "scribble", "drop-out")
kinds = pytest.mark.parametrize("kind", CORRUPTIONS)
chances = pytest.mark.parametrize(
    "kind", [kind for kind, entry in CORRUPTIONS.items() if entry.is_random]
)
some = settings(derandomize=True, max_examples=25, deadline=None, database=None)
sides = st.integers(8, 40)
levels = st.floats(0.0, 1.0)
seeds = st.integers(0, 2**31)


def images(num: int, channels: int, height: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(num, channels, height, width, generator=torch.Generator().manual_seed(seed))


def level_of(kind: str, share: float) -> float:
    """A level that this kind has, between its least (0) and its most (1)."""
    known = CORRUPTIONS[kind].levels
    if known.is_stepped:
        return known.choices[round(share * (len(known.choices) - 1))]
    return share


@kinds
@some
@given(share=levels, channels=st.sampled_from([1, 3]), height=sides, width=sides, seed=seeds)
def test_damage_is_clipped_pure_and_repeats_with_its_seed(
    kind: str, share: float, channels: int, height: int, width: int, seed: int
) -> None:
    x, level = images(2, channels, height, width), level_of(kind, share)
    before = x.clone()
    first, second = (damage(x, kind, level, torch.Generator().manual_seed(seed)) for _ in range(2))
    assert torch.equal(x, before)
    assert first.images.shape == x.shape
    assert first.images.dtype == x.dtype
    assert float(first.images.min()) >= 0.0
    assert float(first.images.max()) <= 1.0
    assert torch.equal(first.images, second.images)
    assert (first.kind, first.level) == (kind, level)


@chances
def test_another_seed_is_another_damage_and_the_global_generator_is_left_alone(
    kind: str, seeded: Seeded
) -> None:
    x, state = images(4, 1, 28, 28), torch.get_rng_state()
    assert not torch.equal(corrupt(x, kind, 0.5, seeded(1)), corrupt(x, kind, 0.5, seeded(2)))
    assert torch.equal(torch.get_rng_state(), state)


@kinds
def test_what_is_said_to_be_no_chance_takes_no_notice_of_the_seed(
    kind: str, seeded: Seeded
) -> None:
    x, level = images(2, 1, 28, 28), CORRUPTIONS[kind].levels.default
    same = torch.equal(corrupt(x, kind, level, seeded(1)), corrupt(x, kind, level, seeded(2)))
    assert same != CORRUPTIONS[kind].is_random


@chances
def test_each_picture_of_a_batch_gets_damage_of_its_own(kind: str, seeded: Seeded) -> None:
    x = images(1, 1, 28, 28).expand(4, 1, 28, 28)
    assert len(corrupt(x, kind, 0.5, seeded(3)).flatten(1).unique(dim=0)) == 4


@chances
@pytest.mark.parametrize(("channels", "side"), [(1, 28), (1, 8), (3, 13), (1, 5)])
def test_the_first_pictures_get_the_same_damage_however_many_follow(
    kind: str, channels: int, side: int, seeded: Seeded
) -> None:
    x = images(7, channels, side, side)
    for level in (0.01, 0.3, 0.7):
        whole = damage(x, kind, level, seeded(2))
        for num in (1, 4):
            assert torch.equal(damage(x[:num], kind, level, seeded(2)).images, whole.images[:num])


@kinds
def test_the_least_level_changes_nothing_but_returns_a_new_tensor(
    kind: str, seeded: Seeded
) -> None:
    x = images(3, 1, 13, 13)
    damaged = corrupt(x, kind, CORRUPTIONS[kind].levels.choices[0], seeded(0))
    assert torch.equal(damaged, x)
    assert damaged.data_ptr() != x.data_ptr()


@kinds
@pytest.mark.parametrize("side", [8, 28])
def test_the_default_level_of_each_kind_can_be_chosen_and_is_visible(
    kind: str, side: int, seeded: Seeded
) -> None:
    known, x = CORRUPTIONS[kind].levels, images(4, 1, side, side)
    assert known.default in known.choices
    assert known.choices == tuple(sorted(known.choices))
    assert (corrupt(x, kind, known.default, seeded(0)) - x).abs().mean() > 0.01


@kinds
def test_more_of_it_harms_more(kind: str, seeded: Seeded) -> None:
    x = images(20, 1, 28, 28)
    harmed = [corrupt(x, kind, level_of(kind, share), seeded(1)) for share in (0.0, 0.5, 1.0)]
    errors = [(each - x).square().mean().item() for each in harmed]
    assert errors[0] < errors[1] < errors[2]


@kinds
def test_what_is_known_of_the_damage_is_told_and_true(kind: str, seeded: Seeded) -> None:
    x, level = images(3, 3, 28, 28) * 0.8 + 0.1, level_of(kind, 0.5)
    damaged = damage(x, kind, level, seeded(0))
    assert (damaged.known is not None) == (kind in MISSING)
    assert damaged.factor == (level if kind == "down-sample" else 1)
    if damaged.known is not None:
        assert damaged.known.shape == (3, 1, 28, 28)
        known = damaged.known.expand_as(x)
        assert torch.equal(damaged.images[known], x[known])
        assert (damaged.images[~known] == 0).all()


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


def test_speckle_multiplies_so_black_stays_black(seeded: Seeded) -> None:
    x = torch.full((1, 1, 300, 300), 0.5)
    damaged = corrupt(x, "speckle", 0.2, seeded(0))
    assert (damaged / x - 1).std().item() == pytest.approx(0.2, rel=0.02)
    assert not corrupt(torch.zeros(1, 1, 28, 28), "speckle", 1.0, seeded(0)).any()


def test_poisson_noise_counts_photons(seeded: Seeded) -> None:
    x, level = torch.full((1, 1, 300, 300), 0.25), 0.1
    damaged = corrupt(x, "poisson", level, seeded(0)).double()
    counts = damaged / level**2
    assert torch.allclose(counts, counts.round(), atol=1e-4)
    assert damaged.mean().item() == pytest.approx(0.25, rel=0.01)
    assert damaged.std().item() == pytest.approx(level * math.sqrt(0.25), rel=0.02)


@pytest.mark.parametrize("brightness", [0.04, 0.5, 1.0])
@pytest.mark.parametrize("level", [0.05, 0.1, 0.45, 0.6, 1.0])
def test_poisson_noise_is_poissons_distribution(
    level: float, brightness: float, seeded: Seeded
) -> None:
    """Kolmogorov-Smirnov: below 1.95 / sqrt(n) in 999 of 1,000 seeds; all above white is white."""
    x = torch.full((1, 1, 300, 300), brightness)
    counts = (corrupt(x, "poisson", level, seeded(0)).double() / level**2).round().flatten()
    known = torch.arange(math.ceil(1 / level**2))  # below white
    found = (counts[:, None] <= known).double().mean(0).numpy()
    expected = poisson.cdf(known.numpy(), brightness / level**2)
    assert np.abs(found - expected).max() < 1.95 / 300


def test_poisson_noise_grows_on_one_pattern_as_a_slider_moves(seeded: Seeded) -> None:
    x = images(4, 1, 28, 28)
    one, next_to_it, other = (
        corrupt(x, "poisson", level, seeded(seed)) - x
        for level, seed in ((0.3, 1), (0.35, 1), (0.35, 2))
    )
    assert np.corrcoef(one.flatten(), next_to_it.flatten())[0, 1] > 0.9
    assert abs(np.corrcoef(one.flatten(), other.flatten())[0, 1]) < 0.1


def test_a_blur_is_that_of_scipy_and_keeps_the_ink(seeded: Seeded) -> None:
    x = torch.zeros(1, 1, 40, 40)
    x[0, 0, 15:25, 18:22] = 1.0
    blurred = corrupt(x, "blur", 0.5, seeded(0))
    assert blurred.sum().item() == pytest.approx(40, rel=1e-4)
    reference = gaussian_filter(x[0, 0].numpy(), sigma=2.0, truncate=3.0, mode="mirror")
    np.testing.assert_allclose(blurred[0, 0].numpy(), reference, atol=1e-5)


def test_jpeg_is_what_a_file_of_that_quality_holds(seeded: Seeded) -> None:
    x = (images(2, 3, 16, 16) * 255).round() / 255
    buffer = io.BytesIO()
    pixels = (x[1] * 255).round().byte().permute(1, 2, 0).numpy()
    Image.fromarray(pixels).save(buffer, format="JPEG", quality=48)
    expected = np.array(Image.open(buffer)) / 255
    damaged = corrupt(x, "jpeg", 0.5, seeded(0))[1].permute(1, 2, 0)
    np.testing.assert_allclose(damaged.numpy(), expected, atol=1e-6)


@some
@given(level=levels, height=sides, width=sides, seed=seeds)
def test_a_scribble_covers_the_share_asked_for(
    level: float, height: int, width: int, seed: int
) -> None:
    damaged = damage(
        torch.ones(3, 1, height, width), "scribble", level, torch.Generator().manual_seed(seed)
    )
    covered = (~damaged.known).flatten(1).sum(1)
    assert covered.tolist() == [round(level * height * width)] * 3


def test_a_scribble_is_a_stroke_and_not_dust(seeded: Seeded) -> None:
    hole = ~damage(torch.ones(50, 1, 28, 28), "scribble", 0.2, seeded(0)).known
    beside = torch.zeros_like(hole)
    beside[..., 1:] |= hole[..., :-1]
    beside[..., :-1] |= hole[..., 1:]
    assert (beside & hole).sum() > 0.9 * hole.sum()


def test_a_missing_half_is_the_lower_one(seeded: Seeded) -> None:
    known = damage(torch.ones(2, 1, 28, 20), "half", 0.5, seeded(0)).known
    assert known[:, :, :14].all()
    assert not known[:, :, 14:].any()


def test_drop_out_loses_the_share_asked_for_in_all_channels_alike(seeded: Seeded) -> None:
    damaged = damage(torch.ones(1, 3, 300, 300), "drop-out", 0.3, seeded(0))
    assert (~damaged.known).float().mean().item() == pytest.approx(0.3, abs=0.01)
    assert torch.equal(damaged.images, damaged.known.expand(1, 3, 300, 300).float())


@pytest.mark.parametrize("factor", [2, 4])
def test_made_smaller_each_square_holds_its_mean(factor: int, seeded: Seeded) -> None:
    x = images(2, 1, 28, 28)
    damaged = damage(x, "down-sample", factor, seeded(0))
    means = x.unfold(2, factor, factor).unfold(3, factor, factor).mean((-1, -2))
    assert torch.allclose(damaged.small, means, atol=1e-6)
    enlarged = means.repeat_interleave(factor, 2).repeat_interleave(factor, 3)
    assert torch.allclose(damaged.images, enlarged, atol=1e-6)


@pytest.mark.parametrize("factor", [2, 4])
def test_sides_that_do_not_divide_are_rounded_up(factor: int, seeded: Seeded) -> None:
    damaged = damage(images(1, 1, 13, 10), "down-sample", factor, seeded(0))
    assert damaged.small.shape[2:] == (-(-13 // factor), -(-10 // factor))
    assert len(damaged.images.flatten().unique()) == damaged.small.numel()


def test_a_hand_chooses_what_is_missing() -> None:
    x, mask = images(3, 3, 8, 8), torch.zeros(1, 1, 8, 8, dtype=torch.bool)
    mask[..., 2:4, :] = True
    damaged = hide(x, mask)
    assert torch.equal(damaged.known, ~mask.expand(3, 1, 8, 8))
    assert not damaged.images[:, :, 2:4].any()
    assert torch.equal(damaged.images[:, :, 4:], x[:, :, 4:])
    assert (damaged.kind, damaged.level) == ("scribble", 0.25)


@pytest.mark.parametrize(
    "mask",
    [
        torch.zeros(1, 1, 8, 8),
        torch.zeros(1, 1, 8, 9, dtype=torch.bool),
        torch.zeros(1, 3, 8, 8, dtype=torch.bool),
        torch.zeros(2, 1, 8, 8, dtype=torch.bool),
        torch.zeros(8, 8, dtype=torch.bool),
    ],
)
def test_a_mask_that_does_not_fit_is_refused(mask: torch.Tensor) -> None:
    with pytest.raises(InvalidInputError, match=r"A mask of .* received; expected bool of"):
        hide(images(3, 3, 8, 8), mask)


def test_some_of_the_damaged_images_can_be_taken(seeded: Seeded) -> None:
    whole = damage(images(5, 1, 8, 8), "drop-out", 0.5, seeded(0))
    part = whole.rows(slice(1, 3))
    assert isinstance(part, Damaged)
    assert torch.equal(part.images, whole.images[1:3])
    assert torch.equal(part.known, whole.known[1:3])
    assert damage(images(5, 1, 8, 8), "blur", 0.5, seeded(0)).rows(slice(0, 2)).known is None


def test_an_unknown_kind_is_answered_with_the_kinds_there_are(seeded: Seeded) -> None:
    with pytest.raises(
        UnknownNameError, match=r"Unknown corruption 'fog'\. Expected one of: blur, down-sample, "
    ):
        corrupt(images(1, 1, 8, 8), "fog", 0.5, seeded(0))


@kinds
@pytest.mark.parametrize("level", [-0.01, 4.01, float("nan"), float("inf")])
def test_a_level_out_of_range_is_refused(kind: str, level: float, seeded: Seeded) -> None:
    expected = "one of 1, 2, 4" if kind == "down-sample" else "a number from 0 to 1"
    with pytest.raises(InvalidInputError, match=f"Noise level {level:g} received; .* {expected}"):
        corrupt(images(1, 1, 8, 8), kind, level, seeded(0))


def test_a_level_between_two_steps_is_refused(seeded: Seeded) -> None:
    with pytest.raises(InvalidInputError, match="Noise level 3 received; expected one of 1, 2, 4"):
        corrupt(images(1, 1, 8, 8), "down-sample", 3, seeded(0))
