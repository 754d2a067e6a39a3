"""What damaged images say of a code, against closed forms and scipy."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.stats import norm
from torch import Tensor
from torch.nn import functional

from vae_core.corruption import CORRUPTIONS, Damaged, damage
from vae_core.errors import InvalidInputError
from vae_core.likelihoods import Bernoulli, Gaussian
from vae_core.restoration.seen import (
    DETAIL_SIGMA,
    PIXEL_SIGMA,
    VARIANCES,
    is_understood,
    what_is_seen,
)

Seeded = Callable[[int], torch.Generator]
LIKELIHOOD = Gaussian(0.1)  # its mean is the parameter


def pixel_probabilities(kind: str, level: float, mean: float, x: Tensor) -> Tensor:
    """p(x | mean) of one pixel, for many values x."""
    damaged = Damaged(x.view(-1, 1, 1, 1), None, 1, kind, level)
    params = torch.full((1, len(x), 1, 1, 1), mean)
    return what_is_seen(LIKELIHOOD, damaged)(params)[0].exp()


def test_everything_but_jpeg_is_understood() -> None:
    assert [kind for kind in CORRUPTIONS if not is_understood(kind)] == ["jpeg"]
    assert not is_understood("rain")


def test_of_missing_pixels_the_models_own_likelihood_counts_those_that_are_known(
    seeded: Seeded,
) -> None:
    x = torch.rand(2, 3, 8, 8, generator=seeded(0))
    logits = torch.randn(5, 2, 3, 8, 8, generator=seeded(1))
    damaged = damage(x, "half", 0.25, seeded(0))
    found = what_is_seen(Bernoulli(), damaged)(logits)
    expected = Bernoulli().log_prob(logits[..., :6, :], x[..., :6, :])
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("factor", [2, 4])
def test_of_small_images_the_averages_are_compared(factor: int, seeded: Seeded) -> None:
    x = torch.rand(2, 1, 8, 12, generator=seeded(0))
    means = torch.rand(3, 2, 1, 8, 12, generator=seeded(1))
    found = what_is_seen(LIKELIHOOD, damage(x, "down-sample", factor, seeded(0)))(means)
    away = (
        functional.avg_pool2d(x, factor)
        - functional.avg_pool3d(means[:, :, 0], (1, factor, factor))[:, :, None]
    )
    expected = norm.logpdf(away, scale=DETAIL_SIGMA).sum((2, 3, 4))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_of_blurred_images_the_mean_is_blurred_too(seeded: Seeded) -> None:
    x = torch.rand(2, 1, 28, 28, generator=seeded(0))
    damaged = damage(x, "blur", 0.5, seeded(0))
    means = torch.stack([x, x.flip(-1)]).requires_grad_()
    found = what_is_seen(LIKELIHOOD, damaged)(means)
    exact = x[0].numel() * norm.logpdf(0, scale=DETAIL_SIGMA)
    np.testing.assert_allclose(found[0].detach(), exact, rtol=1e-6)
    assert bool((found[1] < found[0]).all())
    (gradient,) = torch.autograd.grad(found.sum(), means)
    assert float(gradient[0].abs().max()) == 0
    assert float(gradient[1].abs().max()) > 0


@pytest.mark.parametrize("level", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("mean", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("kind", VARIANCES)
def test_what_a_noisy_pixel_may_be_has_probability_one(
    kind: str, mean: float, level: float
) -> None:
    inside = torch.linspace(0, 1, 20_001)[1:-1]
    ends = pixel_probabilities(kind, level, mean, torch.tensor([0.0, 1.0]))
    between = torch.trapezoid(pixel_probabilities(kind, level, mean, inside), inside)
    assert float(ends.sum() + between) == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize(
    ("kind", "variance"), [("gaussian", 0.25), ("speckle", 0.0225), ("poisson", 0.075)]
)
def test_noise_is_a_gaussian_cut_off_at_black_and_white(kind: str, variance: float) -> None:
    mean, level = 0.3, 0.5
    sigma = np.sqrt(PIXEL_SIGMA**2 + variance)
    found = pixel_probabilities(kind, level, mean, torch.tensor([0.0, 0.2, 0.9, 1.0]))
    expected = [
        norm.cdf(0, mean, sigma),
        norm.pdf(0.2, mean, sigma),
        norm.pdf(0.9, mean, sigma),
        norm.sf(1, mean, sigma),
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_pixel_hit_by_salt_or_pepper_says_little() -> None:
    ends = torch.tensor([0.0, 1.0])
    for level in (0.2, 0.6):
        found = pixel_probabilities("salt-and-pepper", level, 0.3, ends)
        missed = [norm.cdf(0, 0.3, PIXEL_SIGMA), norm.sf(1, 0.3, PIXEL_SIGMA)]
        np.testing.assert_allclose(found, (1 - level) * np.array(missed) + level / 2, rtol=1e-5)
    far = pixel_probabilities("salt-and-pepper", 0.0, 0.0, torch.tensor([1.0]))
    assert float(far.log()) > -6  # even where none is expected


def test_noise_is_explained_best_by_the_level_it_was_made_with(
    seeded: Seeded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vae_core.restoration.seen.PIXEL_SIGMA", 0.01)  # the decoder is right
    clean = torch.full((1, 1, 100, 100), 0.4)
    levels = (0.1, 0.2, 0.3, 0.4, 0.5)
    for kind in VARIANCES:
        noisy = damage(clean, kind, 0.2, seeded(0)).images
        told = [what_is_seen(LIKELIHOOD, Damaged(noisy, None, 1, kind, one)) for one in levels]
        nats = [float(seen(clean[None])) for seen in told]
        assert levels[nats.index(max(nats))] == 0.2, kind


@pytest.mark.parametrize("kind", VARIANCES)
def test_gradients_are_finite_at_the_ends(kind: str) -> None:
    x = torch.tensor([0.0, 0.5, 1.0]).view(1, 1, 1, 3)
    params = torch.tensor([[0.0, 1.0, 0.5], [1.0, 0.0, 1.0]]).view(2, 1, 1, 1, 3).requires_grad_()
    for level in (0.0, 1.0):
        nats = what_is_seen(LIKELIHOOD, Damaged(x, None, 1, kind, level))(params)
        (gradient,) = torch.autograd.grad(nats.sum(), params)
        assert bool(nats.isfinite().all())
        assert bool(gradient.isfinite().all())


@pytest.mark.parametrize("kind", ["jpeg", "half", "rain"])
def test_what_is_not_understood_is_refused_in_words(kind: str) -> None:
    damaged = Damaged(torch.rand(1, 1, 8, 8), None, 1, kind, 0.5)
    with pytest.raises(InvalidInputError, match=f"Damage '{kind}' received .* expects one of gaus"):
        what_is_seen(LIKELIHOOD, damaged)
