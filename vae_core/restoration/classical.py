"""Classical restoring, which learns nothing: baselines for everything that is trained.

Images are (N, C, H, W) float in [0, 1], C 1 or 3, and so is every result, clipped; the input is
never changed. Channels are filtered one by one, but for `nl_means`, which compares colours. A
filter of strength 0 (or size 1) leaves the images as they are.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from pywt import dwtn_max_level
from scipy import ndimage
from skimage.restoration import (
    cycle_spin,
    denoise_nl_means,
    denoise_tv_chambolle,
    denoise_wavelet,
    inpaint_biharmonic,
    wiener,
)
from torch import Tensor
from torch.nn import functional

from vae_core.corruption import Damaged
from vae_core.corruption.sharpness import extent_of_blur
from vae_core.errors import InvalidInputError

MEDIAN_SIZE = 3
PATCH_SIZE, PATCH_DISTANCE = 5, 7  # of non-local means, in pixels
WAVELET, NUM_LEVELS = "db2", 1
FEW = 16  # images at a time
Picture = NDArray[np.float64]  # (H, W, C)


def median_filter(x: Tensor, size: int = MEDIAN_SIZE) -> Tensor:
    """Median of each neighbourhood of size x size (scipy.ndimage), edges mirrored."""
    pixels = x.detach().cpu().numpy()
    return torch.from_numpy(ndimage.median_filter(pixels, (1, 1, size, size))).to(x.device)


def gaussian_filter(x: Tensor, sigma: float) -> Tensor:
    """Blur with a Gaussian of standard deviation `sigma` pixels (scipy.ndimage), edges mirrored."""
    return _tensor(_blurred(x, sigma), x)


def total_variation(x: Tensor, weight: float) -> Tensor:
    """Minimise total variation + |result - x|^2 / (2 weight) (Chambolle 2004; scikit-image)."""
    if weight == 0:
        return x.clone()
    return _each(x, partial(denoise_tv_chambolle, weight=weight, channel_axis=-1))


def wavelet(x: Tensor, sigma: float, name: str = WAVELET, num_levels: int = NUM_LEVELS) -> Tensor:
    """Shrink wavelet coefficients softly by one threshold (Donoho & Johnstone 1994, VisuShrink).

    Done at four shifts of the image and averaged, since wavelets do not move along with an image
    (Coifman & Donoho 1995, cycle spinning); scikit-image and PyWavelets.

    Args:
        sigma: standard deviation of the noise; the threshold is sigma sqrt(2 log(H W)).
        name: an orthogonal wavelet of PyWavelets.
        num_levels: how often the image is halved.

    Raises:
        InvalidInputError: for images that are too small to be halved so often.
    """
    possible = dwtn_max_level(x.shape[-2:], name)
    if num_levels > possible:
        raise InvalidInputError(
            f"{num_levels} levels of {name} received; expected {possible} at most for images of "
            f"{x.shape[-2]}x{x.shape[-1]}."
        )
    if sigma == 0:
        return x.clone()
    settings = {
        "sigma": sigma,
        "wavelet": name,
        "wavelet_levels": num_levels,
        "method": "VisuShrink",
        "channel_axis": -1,
    }

    spun = {"max_shifts": 1, "workers": 1, "channel_axis": -1}
    return _each(x, partial(cycle_spin, func=denoise_wavelet, func_kw=settings, **spun))


def nl_means(
    x: Tensor, h: float, patch_size: int = PATCH_SIZE, patch_distance: int = PATCH_DISTANCE
) -> Tensor:
    """Average pixels whose surroundings look alike (Buades, Coll & Morel 2005; scikit-image).

    Args:
        h: how different surroundings may be, in units of brightness.
        patch_size: side of the surroundings that are compared, pixels.
        patch_distance: how far away a pixel may be, pixels.
    """
    if h == 0:
        return x.clone()

    settings = {"patch_size": patch_size, "patch_distance": patch_distance, "h": h}
    return _each(x, partial(denoise_nl_means, fast_mode=False, channel_axis=-1, **settings))


def deconvolution(x: Tensor, level: float, signal_to_noise: float) -> Tensor:
    """Undo a blur whose kernel is known (Wiener 1949; scikit-image).

    The blur mirrors images at their edges. Mirrored, and going on for ever, an image has a period
    of twice its side less two, and the blur is an exact product of spectra: no edge is guessed.

    Args:
        level: of the blur, as in CORRUPTIONS.
        signal_to_noise: ratio of their power, the same at all frequencies: what the blur has left
            less of than the noise is not brought back. 0 leaves the images as they are.
    """
    sigma, reach = extent_of_blur(level, min(x.shape[-2:]))
    if reach < 1 or signal_to_noise == 0:
        return x.clone()
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    bell /= bell.sum()
    # The unit impulse asks for little brightness, where the library's default asks for smoothness.
    unit = np.pad(np.ones((1, 1)), 1)
    height, width = x.shape[-2:]

    def undone(plane: Picture) -> Picture:
        period = np.pad(plane, ((0, height - 2), (0, width - 2)), mode="reflect")
        sharp: Picture = wiener(  # type: ignore[no-untyped-call]
            period, np.outer(bell, bell), 1 / signal_to_noise, reg=unit, clip=False
        )
        return sharp[:height, :width]

    return _each(
        x, lambda picture: np.stack([undone(plane) for plane in np.moveaxis(picture, -1, 0)], -1)
    )


def bicubic(damaged: Damaged) -> Tensor:
    """Enlarge what is left of images that were made smaller (Keys 1981, a = -0.5).

    Returns:
        (N, C, H, W), of the size of `damaged.images`.
    """
    size = damaged.images.shape[-2:]
    # "antialias" makes no difference to enlarging but for the kernel: a is -0.5 and not -0.75.
    large = functional.interpolate(damaged.small, size, mode="bicubic", antialias=True)
    return large.clamp(0.0, 1.0)


def biharmonic(x: Tensor, known: Tensor) -> Tensor:
    """Fill missing pixels with a surface that bends least (Damelin & Hoang 2018; scikit-image).

    Args:
        known: (N, 1, H, W) bool. Where it is true, pixels stay; an image of which nothing is
            known stays as it is.
    """
    missing = ~known[:, 0].cpu().numpy()
    pictures = _pictures(x)
    for picture, is_missing in zip(pictures, missing, strict=True):
        if is_missing.any() and not is_missing.all():
            picture[:] = inpaint_biharmonic(picture, is_missing, channel_axis=-1)
    return x.where(known, _tensor(pictures, x))


def gaussian_of_known(x: Tensor, known: Tensor, sigma: float) -> Tensor:
    """Fill each missing pixel with the mean of the known ones, weighted by a Gaussian.

    Normalised convolution (Knutsson & Westin 1993): blur(x known) / blur(known).

    Args:
        known: (N, 1, H, W) bool. Where it is true, pixels stay; those from which even the
            nearest known one weighs nothing (38 sigma away) stay as well.
        sigma: standard deviation, pixels, above 0.
    """
    reach = max(x.shape[-2:])
    weight = _blurred(known, sigma, reach)
    total = _blurred(x * known, sigma, reach)
    mean = np.divide(total, weight, out=_pictures(x), where=weight > 0)
    return x.where(known, _tensor(mean, x))


def median_of_known(x: Tensor, known: Tensor, size: int = MEDIAN_SIZE) -> Tensor:
    """Fill each missing pixel with the median of the known ones in size x size around it.

    Pixels without a known one around them come next, from what has been filled, and so on inwards.

    Args:
        known: (N, 1, H, W) bool. Where it is true, pixels stay; an image of which nothing is
            known stays as it is.
        size: odd, 3 or more.
    """
    filled = x.where(known, torch.nan)
    while True:
        around = [
            _nanmedian(part, size) for part in torch.split(filled, FEW)
        ]  # windows take memory
        medians = filled.where(~filled.isnan(), torch.cat(around))
        if torch.equal(medians.isnan(), filled.isnan()):
            return x.where(medians.isnan(), medians)
        filled = medians


def _nanmedian(x: Tensor, size: int) -> Tensor:
    """Median of what is not NaN in size x size around each pixel, NaN where there is nothing."""
    padded = functional.pad(x, [size // 2] * 4, value=torch.nan)
    # The values of each window in rising order, then NaN: the middle depends on how many there are.
    ordered = padded.unfold(2, size, 1).unfold(3, size, 1).flatten(-2).sort(-1).values
    num = (~ordered.isnan()).sum(-1, keepdim=True)
    middle = torch.cat([(num - 1).clamp_min(0) // 2, num // 2], -1).clamp_max(size**2 - 1)
    return ordered.gather(-1, middle).mean(-1)


def _blurred(x: Tensor, sigma: float, reach: int | None = None) -> NDArray[np.float64]:
    """A Gaussian blur as (N, H, W, C) that looks `reach` pixels away, by default 4 sigma."""
    blurred: NDArray[np.float64] = ndimage.gaussian_filter(
        _pictures(x), sigma, axes=(1, 2), radius=reach
    )
    return blurred


def _each(x: Tensor, restore: Callable[[Picture], Picture]) -> Tensor:
    """Restore one picture after the other."""
    pictures = _pictures(x)
    for picture in pictures:
        picture[:] = restore(picture).reshape(picture.shape)  # some drop a lone channel
    return _tensor(pictures, x)


def _pictures(x: Tensor) -> NDArray[np.float64]:
    """A copy of (N, C, H, W) as (N, H, W, C) float64."""
    copy = x.detach().to("cpu", torch.float64, copy=True)
    pictures: NDArray[np.float64] = copy.permute(0, 2, 3, 1).contiguous().numpy()
    return pictures


def _tensor(pictures: NDArray[np.float64], like: Tensor) -> Tensor:
    images = torch.from_numpy(pictures).permute(0, 3, 1, 2)
    return images.to(like.device, like.dtype, copy=True).clamp_(0.0, 1.0).contiguous()
