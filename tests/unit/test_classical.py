"""Classical filters: closed forms, and references made another way."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.restoration import richardson_lucy
from torch import Tensor

from vae_core import median_filter
from vae_core.corruption import damage
from vae_core.data import Dataset
from vae_core.errors import InvalidInputError
from vae_core.metrics import psnr_db
from vae_core.restoration import classical

Seeded = Callable[[int], torch.Generator]


def plane(height: int, width: int) -> Tensor:
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return (0.2 + 0.02 * rows + 0.03 * columns)[None, None].float()


def hole(height: int, width: int, *missing: tuple[int, int]) -> Tensor:
    known = torch.ones(1, 1, height, width, dtype=torch.bool)
    for row, column in missing:
        known[..., row, column] = False
    return known


def test_the_median_filter_takes_the_middle_of_nine_with_mirrored_edges(seeded: Seeded) -> None:
    x = torch.rand(2, 3, 8, 9, generator=seeded(0))
    # Mirrored with the edge repeated, which on a border of one pixel is replication.
    padded = torch.nn.functional.pad(x, (1, 1, 1, 1), mode="replicate")
    windows = padded.unfold(2, 3, 1).unfold(3, 3, 1).flatten(-2)
    assert torch.equal(median_filter(x), windows.median(-1).values)


def test_the_median_filter_removes_a_stray_pixel_and_keeps_images_apart() -> None:
    x = torch.zeros(2, 1, 8, 8)
    x[0, 0, 4, 4] = 1.0
    x[1] = 1.0
    assert torch.equal(median_filter(x)[0], torch.zeros(1, 8, 8))
    assert torch.equal(median_filter(x)[1], torch.ones(1, 8, 8))


def test_the_gaussian_filter_makes_a_bell_of_a_single_pixel() -> None:
    sigma, reach = 1.2, 5  # scipy looks 4 sigma far, rounded
    x = torch.zeros(1, 1, 15, 17)
    x[..., 7, 8] = 1.0
    bell = torch.exp(-0.5 * (torch.arange(-reach, reach + 1) / sigma) ** 2)
    bell /= bell.sum()
    expected = torch.zeros_like(x)
    expected[0, 0, 2:13, 3:14] = torch.outer(bell, bell)
    torch.testing.assert_close(classical.gaussian_filter(x, sigma), expected)


def test_total_variation_moves_the_two_sides_of_a_step_towards_each_other() -> None:
    """The minimum of tv + |u - x|^2 / (2 w), on n columns at each side, moves them by w / n."""
    x = torch.full((1, 1, 6, 20), 0.3)
    x[..., 10:] = 0.8
    expected = torch.full_like(x, 0.3 + 0.4 / 10)
    expected[..., 10:] = 0.8 - 0.4 / 10
    torch.testing.assert_close(classical.total_variation(x, 0.4), expected, atol=0.01, rtol=0)


@pytest.mark.parametrize("value", [0.0, 0.4, 1.0])
def test_filters_leave_an_even_image_as_it_is(value: float) -> None:
    x = torch.full((2, 1, 12, 12), value)
    for restored in (
        classical.gaussian_filter(x, 1.5),
        classical.total_variation(x, 0.5),
        classical.wavelet(x, 0.2),
        classical.nl_means(x, 0.2),
        classical.deconvolution(x, 1.0, 1e8),
    ):
        torch.testing.assert_close(restored, x)


def test_strength_zero_leaves_images_as_they_are(seeded: Seeded) -> None:
    x = torch.rand(2, 1, 8, 8, generator=seeded(0))
    for restored in (
        classical.median_filter(x, 1),
        classical.gaussian_filter(x, 0.0),
        classical.total_variation(x, 0.0),
        classical.wavelet(x, 0.0),
        classical.nl_means(x, 0.0),
        classical.deconvolution(x, 1.0, 0.0),
        classical.deconvolution(x, 0.0, 1e8),
    ):
        assert torch.equal(restored, x)
        assert restored.data_ptr() != x.data_ptr()


def haar_shrunk(picture: np.ndarray, threshold: float) -> np.ndarray:
    """One level of the Haar wavelet by its definition: sums and differences of 2x2 pixels."""
    a, b, c, d = (picture[i::2, j::2] for i in (0, 1) for j in (0, 1))
    mean = (a + b + c + d) / 2
    details = [(a + b - c - d) / 2, (a - b + c - d) / 2, (a - b - c + d) / 2]
    h, v, x = (np.sign(part) * np.maximum(np.abs(part) - threshold, 0) for part in details)
    out = np.empty_like(picture)
    for i, j in np.ndindex(2, 2):
        of_h, of_v = (-1) ** i, (-1) ** j
        out[i::2, j::2] = (mean + of_h * h + of_v * v + of_h * of_v * x) / 2
    return out.clip(0, 1)


def test_wavelets_shrink_the_differences_of_four_shifted_images(seeded: Seeded) -> None:
    x = torch.rand(1, 1, 8, 10, generator=seeded(0))
    picture, threshold = x[0, 0].double().numpy(), 0.1 * np.sqrt(2 * np.log(80))
    expected = np.mean(
        [
            np.roll(
                haar_shrunk(np.roll(picture, shift, (0, 1)), threshold),
                (-shift[0], -shift[1]),
                (0, 1),
            )
            for shift in np.ndindex(2, 2)
        ],
        axis=0,
    )
    restored = classical.wavelet(x, 0.1, "haar")[0, 0]
    torch.testing.assert_close(restored, torch.from_numpy(expected).float())


def test_wavelets_refuse_an_image_that_is_too_small_for_them() -> None:
    with pytest.raises(InvalidInputError, match="1 levels of sym4 received; expected 0 at most"):
        classical.wavelet(torch.zeros(1, 1, 8, 8), 0.1, "sym4")


def test_where_everything_looks_alike_non_local_means_are_means_of_the_window(
    seeded: Seeded,
) -> None:
    x = torch.rand(1, 1, 12, 12, generator=seeded(0))
    restored = classical.nl_means(x, h=1e4, patch_size=3, patch_distance=2)
    means = torch.nn.functional.avg_pool2d(x, 5, stride=1)
    torch.testing.assert_close(restored[..., 2:-2, 2:-2], means, atol=1e-5, rtol=0)


@pytest.mark.parametrize(("height", "width", "level"), [(28, 28, 0.4), (8, 8, 1.0), (20, 31, 0.4)])
def test_deconvolution_finds_what_was_blurred_up_to_the_edges(
    height: int, width: int, level: float, seeded: Seeded
) -> None:
    x = torch.rand(2, 3, height, width, generator=seeded(0))
    blurred = damage(x, "blur", level, seeded(0)).images
    restored = classical.deconvolution(blurred, level, 1e10)
    assert float((blurred - x).abs().max()) > 0.1
    torch.testing.assert_close(restored, x, atol=0.05, rtol=0)


def test_deconvolution_takes_little_account_of_what_is_lost_in_noise(seeded: Seeded) -> None:
    x = torch.zeros(1, 1, 28, 28)
    x[..., 8:20, 12:16] = 1.0
    blurred = damage(x, "blur", 0.6, seeded(0)).images
    rounded = (blurred * 255).round() / 255  # as a file holds it

    def error(images: Tensor, ratio: float) -> float:
        return float((classical.deconvolution(images, 0.6, ratio) - x).square().mean())

    assert error(blurred, 1e12) < error(blurred, 1e3) < float((blurred - x).square().mean())
    assert error(rounded, 1e3) < float((rounded - x).square().mean()) < error(rounded, 1e12)


def test_deconvolution_is_closer_than_richardson_and_lucy(digits: Dataset, seeded: Seeded) -> None:
    clean = digits.val.pixels(0, 10)
    blurred = damage(clean, "blur", 1.0, seeded(0)).images
    reach = np.arange(-2, 3)
    bell = np.exp(-0.5 * (reach / 0.8) ** 2)
    kernel = np.outer(bell, bell)[None] / bell.sum() ** 2
    padded = np.pad(blurred[:, 0].double().numpy(), ((0, 0), (2, 2), (2, 2)), mode="reflect")
    ours = psnr_db(classical.deconvolution(blurred, 1.0, 1e8), clean).mean()
    for num_iter in (5, 30, 300):
        theirs = richardson_lucy(padded, kernel, num_iter=num_iter)[:, None, 2:-2, 2:-2]
        assert psnr_db(torch.from_numpy(theirs).float(), clean).mean() < ours - 10


@pytest.mark.parametrize(("side", "factor"), [(28, 2.0), (28, 4.0), (9, 2.0)])
def test_bicubic_enlarges_as_pillow_does(side: int, factor: float, seeded: Seeded) -> None:
    x = torch.rand(1, 1, side, side, generator=seeded(0)) * 0.2 + 0.4  # nothing to clip
    damaged = damage(x, "down-sample", factor, seeded(0))
    small = Image.fromarray(damaged.small[0, 0].numpy())
    expected = np.array(small.resize((side, side), Image.Resampling.BICUBIC))
    torch.testing.assert_close(classical.bicubic(damaged)[0, 0], torch.from_numpy(expected))


def test_biharmonic_filling_continues_a_plane() -> None:
    x, known = plane(10, 12), hole(10, 12, (4, 4), (4, 5), (5, 4), (5, 5), (6, 5), (2, 9))
    filled = classical.biharmonic(x * known, known)
    torch.testing.assert_close(filled, x, atol=1e-5, rtol=0)
    assert torch.equal(filled[known], x[known])


def test_the_gaussian_of_known_pixels_is_their_weighted_mean(seeded: Seeded) -> None:
    sigma, height, width = 0.9, 7, 6
    x = torch.rand(1, 1, height, width, generator=seeded(0))
    known = torch.rand(x.shape, generator=seeded(1)) > 0.6
    filled = classical.gaussian_of_known(x * known, known, sigma)
    # By its definition; beyond the edges images go on as in a mirror, for as far as we look.
    reach = 7
    pad = [(reach, reach), (reach, reach)]
    values = np.pad((x * known)[0, 0].double().numpy(), pad, mode="symmetric")
    weights = np.pad(known[0, 0].double().numpy(), pad, mode="symmetric")
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel = np.outer(bell, bell)
    for row, column in (~known[0, 0]).nonzero().tolist():
        window = np.s_[row : row + 2 * reach + 1, column : column + 2 * reach + 1]
        expected = (kernel * values[window]).sum() / (kernel * weights[window]).sum()
        assert float(filled[0, 0, row, column]) == pytest.approx(expected, abs=1e-6)
    assert torch.equal(filled[known], x[known])


def test_the_median_of_known_pixels_comes_inwards_and_takes_the_middle_of_two() -> None:
    x, known = torch.zeros(1, 1, 3, 7), torch.zeros(1, 1, 3, 7, dtype=torch.bool)
    for place, value in {(0, 0): 0.1, (0, 2): 0.2, (2, 0): 0.4, (2, 2): 0.9}.items():
        x[(0, 0, *place)], known[(0, 0, *place)] = value, True
    filled = classical.median_of_known(x, known)[0, 0]
    assert float(filled[1, 1]) == pytest.approx(0.3)
    # Column 3 sees 0.2 and 0.9; what is further sees what has been filled before.
    torch.testing.assert_close(filled[1, 3:], torch.full((4,), 0.55))
    assert torch.equal(filled[known[0, 0]], x[known])


@pytest.mark.parametrize("fill", [classical.biharmonic, classical.median_of_known])
def test_an_image_of_which_nothing_is_known_stays_black_and_a_whole_one_as_it_is(
    fill: Callable[[Tensor, Tensor], Tensor], seeded: Seeded
) -> None:
    x = torch.rand(2, 1, 8, 8, generator=seeded(0))
    known = torch.zeros(2, 1, 8, 8, dtype=torch.bool)
    known[1] = True
    for filled in (fill(x * known, known), classical.gaussian_of_known(x * known, known, 1.0)):
        assert torch.equal(filled, x * known)
