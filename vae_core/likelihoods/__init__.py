"""Likelihoods: what a decoder's output means; `LIKELIHOODS` names them.

A decoder returns unconstrained parameters; the likelihood turns them into a log-probability,
a mean to show, or a sample. ELBOs of different likelihoods are in different units (probabilities
of levels, densities, neither) and are never ranked against each other.
"""

from collections.abc import Callable
from dataclasses import dataclass

from vae_core.errors import UnknownNameError
from vae_core.likelihoods.base import Likelihood
from vae_core.likelihoods.bernoulli import Bernoulli, ContinuousBernoulli
from vae_core.likelihoods.gaussian import (
    MAX_SIGMA,
    MIN_SIGMA,
    Gaussian,
    PixelGaussian,
    SharedGaussian,
)
from vae_core.likelihoods.logistic import DiscretisedLogistic

__all__ = [
    "LIKELIHOODS",
    "MAX_SIGMA",
    "MIN_SIGMA",
    "Bernoulli",
    "ContinuousBernoulli",
    "DiscretisedLogistic",
    "Gaussian",
    "Likelihood",
    "LikelihoodEntry",
    "PixelGaussian",
    "SharedGaussian",
    "build_likelihood",
    "likelihood_entry",
]


@dataclass(frozen=True)
class LikelihoodEntry:
    """One row of the registry.

    Attributes:
        title: the name for people.
        build: (levels of the data, sigma) -> likelihood; each takes of the two what it needs.
    """

    title: str
    build: Callable[[int, float], Likelihood]


LIKELIHOODS: dict[str, LikelihoodEntry] = {
    "bernoulli": LikelihoodEntry("Bernoulli", lambda levels, _: Bernoulli(levels)),
    "continuous-bernoulli": LikelihoodEntry(
        "Continuous Bernoulli", lambda *_: ContinuousBernoulli()
    ),
    "gaussian": LikelihoodEntry("Gaussian, fixed sigma", lambda _, sigma: Gaussian(sigma)),
    "gaussian-shared": LikelihoodEntry(
        "Gaussian, one learned sigma", lambda _, sigma: SharedGaussian(sigma)
    ),
    "gaussian-pixel": LikelihoodEntry(
        "Gaussian, a learned sigma for each pixel", lambda _, sigma: PixelGaussian(sigma)
    ),
    "discretised-logistic": LikelihoodEntry("Discretised logistic", DiscretisedLogistic),
}


def likelihood_entry(name: str) -> LikelihoodEntry:
    """Look a likelihood up.

    Raises:
        UnknownNameError: for a name that is not registered.
    """
    if name not in LIKELIHOODS:
        raise UnknownNameError("likelihood", name, LIKELIHOODS)
    return LIKELIHOODS[name]


def build_likelihood(name: str, levels: int, sigma: float) -> Likelihood:
    """Build a likelihood; no random numbers are drawn.

    Args:
        name: in `LIKELIHOODS`.
        levels: brightness steps of the data.
        sigma: standard deviation, in the unit of x: of "gaussian" always, of those that learn it
            at the start.

    Raises:
        UnknownNameError: for a name that is not registered.
    """
    return likelihood_entry(name).build(levels, sigma)
