"""Measuring one model on one split."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from vae_core.data import Dataset
from vae_core.errors import UnknownNameError
from vae_core.metrics.context import Context
from vae_core.metrics.nll import NUM_SAMPLES, Precision
from vae_core.metrics.registry import METRICS, QUICK
from vae_core.models import LatentModel

SEED_EVALUATION = 0
# These mean little without the numbers beside them.
BESIDE = {"sample_fid": ("fid_floor",)}


@dataclass(frozen=True, repr=False)
class Evaluation:
    """What was measured on a split of clean images; each value is an attribute too.

    ELBO terms: nats per image at beta = 1, one z drawn per image. mse, psnr_db, ssim:
    reconstruction from the posterior's mean. See `METRICS` for titles, units and sources.

    Attributes:
        values: by the names of METRICS; None where the model or the data has no such number.
        kl_per_dim: (D,) nats, of the same ELBO; empty when that was not measured, and for a
            plain autoencoder.
        num_images: of the split.
        split: "train", "val" or "test".
        seed: of every draw.
        num_samples: importance samples for each image behind `nll_nats`; None without it.
        extractor: that made the features behind FID and the like; None without them.
        num_feature_images: images on each side of those comparisons; None without them.
    """

    values: Mapping[str, float | None]
    kl_per_dim: tuple[float, ...]
    num_images: int
    split: str
    seed: int
    num_samples: int | None = None
    extractor: str | None = None
    num_feature_images: int | None = None

    def __getattr__(self, name: str) -> float | None:
        values = self.__dict__.get("values", {})
        if name in values:
            value: float | None = values[name]
            return value
        raise AttributeError(f"This evaluation holds no {name!r}; it holds {', '.join(values)}.")

    def as_dict(self) -> dict[str, Any]:
        """Everything, flat, for JSON: the values first."""
        rest = {name: value for name, value in vars(self).items() if name != "values"}
        return {**self.values, **rest, "kl_per_dim": list(self.kl_per_dim)}

    def __repr__(self) -> str:
        return f"Evaluation({', '.join(f'{k}={v!r}' for k, v in self.as_dict().items())})"


@torch.inference_mode()
def evaluate(
    model: LatentModel,
    data: Dataset,
    split: str = "test",
    metrics: Iterable[str] = QUICK,
    *,
    seed: int = SEED_EVALUATION,
    num_samples: int = NUM_SAMPLES,
    matmul_precision: Precision = "medium",
    on_metric: Callable[[str], None] | None = None,
) -> Evaluation:
    """Measure a model.

    Args:
        model: trained on images of data.spec.event_shape; left in the mode it came in.
        data: training means are taken from its training split.
        split: "train", "val" or "test".
        metrics: names in METRICS, such as QUICK or ALL.
        seed: of every draw.
        num_samples: importance samples for each image, for `nll_nats`.
        matmul_precision: "highest" keeps those to float32, see `evidence`.
        on_metric: told the name of each metric before it is computed.

    Raises:
        UnknownNameError: for a name that is not in METRICS.
    """
    wanted = set(metrics)
    for name in sorted(wanted - METRICS.keys()):
        raise UnknownNameError("metric", name, METRICS)
    wanted.update(*(BESIDE.get(name, ()) for name in tuple(wanted)))
    context = Context(model, data, split, seed, num_samples, matmul_precision)
    was_training = model.training
    model.eval()
    values: dict[str, float | None] = {}
    try:
        for name, metric in METRICS.items():
            if name in wanted:
                if on_metric is not None:
                    on_metric(name)
                values[name] = metric.measure(context)
    finally:
        model.train(was_training)
    computed = vars(context)  # cached properties lie here once they were asked for
    bound, evidence, features = (computed.get(k) for k in ("bound", "evidence", "features"))
    return Evaluation(
        values=values,
        kl_per_dim=() if bound is None else bound.kl_per_dim,
        num_images=len(context.source),
        split=split,
        seed=seed,
        num_samples=None if evidence is None else evidence.num_samples,
        extractor=None if features is None else features.extractor,
        num_feature_images=None if features is None else len(features.real),
    )
