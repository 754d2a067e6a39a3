"""`METRICS`: every number that can be measured of a model, one small function each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from vae_core.metrics.context import Context
from vae_core.metrics.generation import coverage, frechet_distance, mean_distance
from vae_core.metrics.latent import active_units, knn_accuracy, linear_probe_accuracy
from vae_core.metrics.reconstruction import mse, psnr_db, ssim


@dataclass(frozen=True)
class Metric:
    """One row of the registry.

    Attributes:
        title: the name for people.
        unit: of its values; "" for a share or a plain number.
        better: which values are; "neither" where a number only describes.
        cost: "quick" ones are measured at the end of each run, "slow" ones on request.
        measure: of what one evaluation shares; None where the model, or the data, has none.
    """

    title: str
    unit: str
    better: Literal["higher", "lower", "neither"]
    cost: Literal["quick", "slow"]
    measure: Callable[[Context], float | None]


def _mean(each: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Context], float]:
    """Average over the split of a comparison of reconstructions with their images."""
    return lambda context: float(each(context.reconstructions, context.images).mean())


def _of_means(
    accuracy: Callable[[Tensor, Tensor, Tensor, Tensor], float | None],
) -> Callable[[Context], float | None]:
    """Compare training means with those of the split."""
    return lambda context: accuracy(
        context.train_encoded.mean,
        context.data.train.labels,
        context.encoded.mean,
        context.source.labels,
    )


def _active_units(context: Context) -> float | None:
    return active_units(context.encoded.mean) if context.model.is_variational else None


def _nll(context: Context) -> float | None:
    found = context.evidence
    return None if found is None else found.nll_nats


def _mutual_information(context: Context) -> float | None:
    found = context.information
    return None if found is None else found.mutual_nats


def _total_correlation(context: Context) -> float | None:
    found = context.information
    return None if found is None else found.total_correlation_nats


def _sample_fid(context: Context) -> float | None:
    """FID of samples against the split's images, see `Context.features`."""
    found = context.features
    if found is None or found.samples is None:
        return None
    return frechet_distance(found.real, found.samples)


def _fid_floor(context: Context) -> float | None:
    """The same of other real images: what a perfect model of this data would get."""
    found = context.features
    return None if found is None else frechet_distance(found.real, found.other)


def _precision(context: Context) -> float | None:
    found = context.features
    if found is None or found.samples is None:
        return None
    return coverage(found.real, found.samples)


def _recall(context: Context) -> float | None:
    found = context.features
    if found is None or found.samples is None:
        return None
    return coverage(found.samples, found.real)


def _diversity(context: Context) -> float | None:
    """Mean distance between the features of two samples, over that of two real images."""
    found = context.features
    if found is None or found.samples is None:
        return None
    spread = mean_distance(found.real)
    return mean_distance(found.samples) / spread if spread else None


METRICS: dict[str, Metric] = {
    "elbo_nats": Metric("ELBO", "nats", "higher", "quick", lambda c: c.bound.elbo_nats),
    "recon_nats": Metric("Reconstruction", "nats", "lower", "quick", lambda c: c.bound.recon_nats),
    "kl_nats": Metric("KL to the prior", "nats", "neither", "quick", lambda c: c.bound.kl_nats),
    "mse": Metric("Mean squared error", "", "lower", "quick", _mean(mse)),
    "psnr_db": Metric("PSNR", "dB", "higher", "quick", _mean(psnr_db)),
    "ssim": Metric("SSIM", "", "higher", "quick", _mean(ssim)),
    "knn_accuracy": Metric("15-NN accuracy", "", "higher", "quick", _of_means(knn_accuracy)),
    "active_units": Metric("Active units", "", "neither", "quick", _active_units),
    "linear_probe_accuracy": Metric(
        "Linear probe accuracy", "", "higher", "slow", _of_means(linear_probe_accuracy)
    ),
    "mutual_information_nats": Metric(
        "Mutual information I(x; z)", "nats", "neither", "slow", _mutual_information
    ),
    "total_correlation_nats": Metric(
        "Total correlation", "nats", "lower", "slow", _total_correlation
    ),
    "sample_fid": Metric("FID of samples", "", "lower", "slow", _sample_fid),
    "fid_floor": Metric("FID of other real images", "", "neither", "slow", _fid_floor),
    "precision": Metric("Precision of samples", "", "higher", "slow", _precision),
    "recall": Metric("Recall of samples", "", "higher", "slow", _recall),
    "diversity": Metric("Diversity, real images = 1", "", "neither", "slow", _diversity),
    "nll_nats": Metric("Negative log-likelihood", "nats", "lower", "slow", _nll),
}
QUICK = tuple(name for name, metric in METRICS.items() if metric.cost == "quick")
ALL = tuple(METRICS)
