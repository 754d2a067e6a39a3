"""The likelihood of images under a model, estimated by importance sampling.

With z_1 .. z_S drawn from q(z | x), and log w_s = log p(x, z_s) - log q(z_s | x),

    log p(x)  >=  E[log mean_s w_s]  >=  E[mean_s log w_s]:

the bounds of Burda et al. 2016 (IWAE, eq. 8) and of Kingma & Welling 2014. The first rises with
S and reaches log p(x) in the limit; on the same draws the second is never above it.
"""

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal, Protocol, runtime_checkable

import torch
from torch import Tensor

from vae_core.data import Batch, ImageSource, LazyConditions
from vae_core.distributions import DiagonalGaussian
from vae_core.errors import InvalidInputError
from vae_core.likelihoods import Likelihood
from vae_core.models import LatentModel
from vae_core.processor import multiplies_bfloat16

NUM_SAMPLES = 500
MAX_SAMPLES = 1_000_000
# What is held at once, whatever the number of images and samples: 4 MB of latents, and 1.6 MB of
# decoded parameters, about what a processor's cache holds (larger is slower, and smaller too).
BLOCK_VALUES = 1_000_000
CELL_VALUES = 400_000

Precision = Literal["highest", "medium"]


@runtime_checkable
class ManySamples(Protocol):
    """A likelihood with a faster way for many draws of parameters where no gradient is wanted."""

    def log_prob_of_samples(self, params: Tensor, x: Tensor) -> Tensor:
        """Like `log_prob` of params (S, B, ...) and x (B, ...), (S, B); overwrites params."""
        ...


@dataclass(frozen=True)
class Evidence:
    """Bounds on log p(x) of each image, all from the same draws.

    Attributes:
        log_evidence: (N,) nats, log mean_s w_s: the estimate of log p(x), low on average.
        elbo: (N,) nats, mean_s log w_s: never above `log_evidence`.
        effective_samples: (N,), (sum w)^2 / sum w^2, from 1 to S: how many draws carry the
            estimate.
        num_samples: S.
    """

    log_evidence: Tensor
    elbo: Tensor
    effective_samples: Tensor
    num_samples: int

    @property
    def nll_nats(self) -> float:
        """Mean of -log p(x) over the images."""
        return -float(self.log_evidence.double().mean())


@torch.inference_mode()
def evidence(
    model: LatentModel,
    source: ImageSource,
    num_samples: int = NUM_SAMPLES,
    seed: int = 0,
    *,
    matmul_precision: Precision = "medium",
) -> Evidence | None:
    """Estimate log p(x) of every image of a split by importance sampling.

    Each image is encoded once; z is always drawn, never the mean. Densities and their sums stay
    in float32, and are added up as they come, so that memory does not grow with S.

    Args:
        model: with one latent, in eval mode.
        source: the split.
        num_samples: S, draws for each image.
        seed: of the draws.
        matmul_precision: of the decoder alone. "medium" decodes with a bfloat16 copy of it where
            the processor multiplies bfloat16 itself and the likelihood bears it, which moves the
            mean by less than 0.1 nat; "highest" keeps to float32.

    Returns:
        None for a plain autoencoder: a point has no density.
    """
    if not 1 <= num_samples <= MAX_SAMPLES:
        raise InvalidInputError(
            f"{num_samples} samples received; expected a number from 1 to {MAX_SAMPLES:,}."
        )
    device, decoder = model.device, model
    may = matmul_precision == "medium" and model.likelihood.bears_bfloat16
    if may and device.type == "cpu" and multiplies_bfloat16():
        decoder = copy.deepcopy(model).bfloat16()
    source, generator = source.to(device), torch.Generator(device).manual_seed(seed)
    num_draws = min(num_samples, max(1, BLOCK_VALUES // model.latent_dim))
    num_images = max(1, BLOCK_VALUES // (num_draws * model.latent_dim))
    blocks = []
    for indices in torch.split(torch.arange(len(source), device=device), num_images):
        batch = source.batch(indices)
        (term,) = model.infer(batch.x, batch.conditions)
        posterior = term.posterior
        if not isinstance(posterior, DiagonalGaussian) or term.prior is None:
            return None
        weights = _Weights(len(indices), device)
        for start in range(0, num_samples, num_draws):
            z = _draw(posterior, min(num_draws, num_samples - start), generator)
            log_w = term.prior.log_prob(z) - posterior.log_prob(z)
            _add_log_likelihood(log_w, model.likelihood, decoder, z, batch)
            weights.add(log_w)
        blocks.append(weights.bounds(num_samples))
    log_evidence, elbo, effective = (torch.cat(parts).cpu() for parts in zip(*blocks, strict=True))
    return Evidence(log_evidence, elbo, effective, num_samples)


class _Weights:
    """Sums over the importance weights of B images, as they come."""

    def __init__(self, num_images: int, device: torch.device) -> None:
        self.log_sum = torch.full((num_images,), -math.inf, device=device)  # of w
        self.log_sum_squares = self.log_sum.clone()  # of w^2
        self.sum_logs = torch.zeros_like(self.log_sum, dtype=torch.float64)  # of log w

    def add(self, log_w: Tensor) -> None:
        """Take more draws: (S, B) nats."""
        self.log_sum = torch.logaddexp(self.log_sum, torch.logsumexp(log_w, 0))
        squares = torch.logsumexp(2 * log_w, 0)
        self.log_sum_squares = torch.logaddexp(self.log_sum_squares, squares)
        self.sum_logs += log_w.sum(0, dtype=torch.float64)

    def bounds(self, num_samples: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return log mean w, mean log w and the effective number of draws, each (B,)."""
        return (
            self.log_sum - math.log(num_samples),
            (self.sum_logs / num_samples).float(),
            torch.exp(2 * self.log_sum - self.log_sum_squares),
        )


def _draw(posterior: DiagonalGaussian, num: int, generator: torch.Generator) -> Tensor:
    """Draw z `num` times for each image: (S, B, D)."""
    shape = (num, *posterior.mean.shape)
    repeated = DiagonalGaussian(posterior.mean.expand(shape), posterior.logvar.expand(shape))
    return repeated.sample(generator)


def _add_log_likelihood(
    log_w: Tensor, likelihood: Likelihood, decoder: LatentModel, z: Tensor, batch: Batch
) -> None:
    """Add log p(x | z) to log_w (S, B), decoding a cell of draws and images at a time."""
    log_prob = (
        likelihood.log_prob_of_samples
        if isinstance(likelihood, ManySamples)
        else likelihood.log_prob
    )
    num_draws, num_images = log_w.shape
    num_values = batch.target[0].numel() * likelihood.params_per_value
    draws = min(num_draws, max(1, CELL_VALUES // num_values))
    images = max(1, CELL_VALUES // (num_values * draws))
    for first in range(0, num_images, images):
        columns = slice(first, first + images)
        x, told = batch.target[columns], _rows(batch.conditions, columns)
        for start in range(0, num_draws, draws):
            rows = slice(start, start + draws)
            params = decoder.decode((z[rows, columns],), told)
            log_w[rows, columns] += log_prob(params, x)


def _rows(conditions: Mapping[str, Tensor], images: slice) -> LazyConditions:
    """The conditions of some images, gathered where the model asks for them."""
    return LazyConditions({name: partial(_some, conditions, name, images) for name in conditions})


def _some(conditions: Mapping[str, Tensor], name: str, images: slice) -> Tensor:
    return conditions[name][images]
