"""What stands at the end of a decoder: `MEANS` is the list, `ui/components/ends.js` runs it."""

from collections.abc import Callable
from typing import Any

from vae_core.errors import NotExportableError
from vae_core.export.block import Op
from vae_core.likelihoods import (
    Bernoulli,
    ContinuousBernoulli,
    DiscretisedLogistic,
    Gaussian,
    PixelGaussian,
    SharedGaussian,
)


def mean_of(likelihood: object) -> Op:
    """Say which function makes a picture of the likelihood's parameters.

    Raises:
        NotExportableError: for a likelihood that the page does not know.
    """
    if type(likelihood) not in MEANS:
        raise NotExportableError(
            f"The likelihood {type(likelihood).__name__} received, whose mean the page does not "
            f"know; expected one of: {', '.join(sorted(kind.__name__ for kind in MEANS))}. "
            "The server decodes for it."
        )
    return MEANS[type(likelihood)](likelihood)


def _logistic(likelihood: DiscretisedLogistic) -> Op:
    names = ("levels", "half", "floor", "start")
    return {"op": "discretised-logistic"} | {name: getattr(likelihood, name) for name in names}


def _named(name: str) -> Callable[[Any], Op]:
    return lambda _: {"op": name}


MEANS: dict[type, Callable[[Any], Op]] = {
    Bernoulli: _named("bernoulli"),
    ContinuousBernoulli: _named("continuous-bernoulli"),
    Gaussian: _named("clip"),
    SharedGaussian: _named("clip"),
    PixelGaussian: _named("clip"),
    DiscretisedLogistic: _logistic,
}
