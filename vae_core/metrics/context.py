"""What the metrics of one evaluation share: each part is computed once, when first asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from vae_core.data import Batch, Dataset, ImageSource
from vae_core.distributions import DiagonalGaussian
from vae_core.inference import Encoded
from vae_core.metrics.elbo import Elbo, elbo
from vae_core.metrics.extractor import EXTRACTOR, Extractor, load_extractor
from vae_core.metrics.information import Information, information
from vae_core.metrics.nll import Evidence, Precision, evidence
from vae_core.models import LatentModel

BATCH_SIZE = 1024
MAX_FEATURES = 10_000  # images on each side of a comparison of features
MIN_FEATURES = 2


@dataclass(frozen=True)
class Features:
    """Features of equally many images (N, F): of the split, of other real ones, of samples."""

    extractor: str
    real: Tensor
    other: Tensor
    samples: Tensor | None


class Context:
    """One evaluation of a model on a split; everything in it is deterministic given the seed.

    Args:
        model: in eval mode; it is not changed.
        data: training means are taken from its training split.
        split: "train", "val" or "test".
        seed: of every draw.
        num_samples: importance samples for each image.
        matmul_precision: of the decoder behind them, see `evidence`.
    """

    def __init__(
        self,
        model: LatentModel,
        data: Dataset,
        split: str,
        seed: int,
        num_samples: int,
        matmul_precision: Precision = "medium",
    ) -> None:
        self.model = model
        self.data = data
        self.split = split
        self.source = data.split(split)
        self.seed = seed
        self.num_samples = num_samples
        self.matmul_precision = matmul_precision

    @property
    def _generator(self) -> torch.Generator:
        return torch.Generator().manual_seed(self.seed)

    @cached_property
    def bound(self) -> Elbo:
        """ELBO terms, z drawn once for each image."""
        return elbo(self.model, self.source, self.seed)

    @cached_property
    def images(self) -> Tensor:
        """(N, C, H, W) in [0, 1]: the clean images."""
        return torch.cat([batch.target for batch in _batches(self.source)])

    @cached_property
    def encoded(self) -> Encoded:
        """Posteriors of the split."""
        return _encode(self.model, self.source)

    @cached_property
    def train_encoded(self) -> Encoded:
        """Posteriors of the training split."""
        return self.encoded if self.split == "train" else _encode(self.model, self.data.train)

    @cached_property
    def reconstructions(self) -> Tensor:
        """Decoded posterior means, (N, C, H, W) in [0, 1]."""
        parts, start = [], 0
        for batch in _batches(self.source):
            z = self.encoded.mean[start : start + len(batch.x)]
            parts.append(_decode(self.model, z, batch.conditions))
            start += len(z)
        return torch.cat(parts)

    @cached_property
    def evidence(self) -> Evidence | None:
        """Bounds by importance sampling; None for a plain autoencoder."""
        return evidence(
            self.model,
            self.source,
            self.num_samples,
            self.seed,
            matmul_precision=self.matmul_precision,
        )

    @cached_property
    def information(self) -> Information | None:
        """Mutual information and total correlation; None for a plain autoencoder."""
        if self.encoded.logvar is None:
            return None
        return information(self.encoded.mean, self.encoded.logvar, self.seed)

    @cached_property
    def features(self) -> Features | None:
        """Features of as many real images, other real images and samples, 10,000 at most.

        The other real ones are of the training split, or of the test split when training images
        are measured. Samples are what people see, the likelihood's mean of a z from the prior,
        under the conditions of the real images beside them. None for images that are not grey,
        and for fewer than 2.
        """
        others = self.data.test if self.split == "train" else self.data.train
        num = min(len(self.source), len(others), MAX_FEATURES)
        if self.source.spec.event_shape[0] != 1 or num < MIN_FEATURES:
            return None
        extractor, generator = load_extractor(EXTRACTOR), self._generator
        chosen = torch.randperm(len(self.source), generator=generator)[:num]
        other = torch.randperm(len(others), generator=generator)[:num]
        return Features(
            extractor=extractor.name,
            real=_features(extractor, (b.target for b in _batches(self.source, chosen))),
            other=_features(extractor, (b.target for b in _batches(others, other))),
            samples=(
                _features(extractor, self._samples(chosen, generator))
                if self.model.capabilities.has_prior
                else None
            ),
        )

    def _samples(self, indices: Tensor, generator: torch.Generator) -> Iterator[Tensor]:
        for batch in _batches(self.source, indices):
            prior = self.model.prior(batch.conditions)
            assert prior is not None
            z = prior.draw(len(batch.x), generator)
            yield _decode(self.model, z, batch.conditions)


def _batches(source: ImageSource, indices: Tensor | None = None) -> Iterator[Batch]:
    places = torch.arange(len(source)) if indices is None else indices
    return (source.batch(part) for part in torch.split(places, BATCH_SIZE))


def _encode(model: LatentModel, source: ImageSource) -> Encoded:
    means, logvars = [], []
    for batch in _batches(source):
        (term,) = model.infer(batch.x, batch.conditions)
        means.append(term.posterior.mean)
        if isinstance(term.posterior, DiagonalGaussian):
            logvars.append(term.posterior.logvar)
    return Encoded(torch.cat(means), torch.cat(logvars) if logvars else None)


def _decode(model: LatentModel, z: Tensor, conditions: Mapping[str, Tensor]) -> Tensor:
    return model.likelihood.mean(model.decode((z,), conditions))


def _features(extractor: Extractor, batches: Iterator[Tensor]) -> Tensor:
    return torch.cat([extractor.features(images) for images in batches])
