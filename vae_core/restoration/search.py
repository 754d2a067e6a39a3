"""Searching for the code that explains what is left of an image, with any trained VAE.

    z* = argmax  log p(seen | z) + log p(z),

the most probable code given what is seen (as Bora et al. 2017, "Compressed sensing using
generative models", with the VAE's own likelihood and prior as the two terms). The encoder, which
has learned from undamaged images alone, only gives one of the places where the search starts.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.corruption import Damaged
from vae_core.distributions import DiagonalGaussian
from vae_core.errors import InvalidInputError
from vae_core.inference import encode, told
from vae_core.models import NO_CONDITIONS, LatentModel
from vae_core.restoration.base import Conditions
from vae_core.restoration.by_model import keep_known
from vae_core.restoration.seen import what_is_seen

NUM_STARTS, NUM_STEPS, NUM_FRAMES = 4, 120, 40
MAX_STARTS, MAX_STEPS = 64, 5_000
BATCH_SIZE = 128  # images
NUM_DRAWS, AT_ONCE = 64, 8  # of the prior, from which the best become starts
RATE, BETAS = 0.2, (0.9, 0.99)  # of Adam, in standard deviations of the prior


@dataclass(frozen=True)
class SearchStep:
    """How far a search is.

    Attributes:
        step: 0, the starts, to num_steps.
        num_steps: of the whole search.
        images: (N, C, H, W) in [0, 1], from the best code so far of each image; pixels that are
            known are as they were.
        z: (N, D), those codes.
        log_joint: (N,) nats, log p(seen | z) + log p(z); never falls.
        log_likelihood: (N,) nats, the first term.
        log_prior: (N,) nats, the second.
    """

    step: int
    num_steps: int
    images: Tensor
    z: Tensor
    log_joint: Tensor
    log_likelihood: Tensor
    log_prior: Tensor


def search(
    model: LatentModel,
    damaged: Damaged,
    conditions: Conditions = NO_CONDITIONS,
    *,
    seed: int,
    num_starts: int = NUM_STARTS,
    num_steps: int = NUM_STEPS,
    num_frames: int = NUM_FRAMES,
) -> Iterator[SearchStep]:
    """Look for the best code of each image, by Adam from several starts at once.

    The starts are the encoder's mean, the prior's mean, then the best of 64 draws from the prior.
    The draws are the same for every image, so that none depends on those beside it. What makes a
    log-probability that is not finite goes back to its best place.

    Args:
        model: a VAE; its weights are neither changed nor given gradients.
        damaged: N images.
        conditions: what a conditional model is told of the images, each (N, ...).
        seed: of the draws.
        num_starts: for each image, 1 to 64.
        num_steps: of the search, 1 to 5,000.
        num_frames: how many steps are shown, beside the starts.

    Yields:
        The best of the starts, then steps at equal distances; the last is the result.

    Raises:
        InvalidInputError: for a plain autoencoder, a kind of damage that is not understood, images
            that do not fit, numbers out of range, or where nothing finite was found.
        UnknownNameError: for a condition that the model's data set does not have.
    """
    for name, value, most in (
        ("starts", num_starts, MAX_STARTS),
        ("steps", num_steps, MAX_STEPS),
        ("frames", num_frames, MAX_STEPS),
    ):
        if not 1 <= value <= most:
            raise InvalidInputError(f"{value} {name} of a search received; expected 1 to {most}.")
    if not model.capabilities.has_prior:
        raise InvalidInputError(
            "A plain autoencoder has no prior that says which codes are likely; a search expects "
            "a VAE. Choose one, or another method."
        )
    with torch.inference_mode(False):
        task = _Task(model, damaged, conditions)
        starts = task.starts(num_starts, torch.Generator().manual_seed(seed))
    return _search(task, starts, num_steps, math.ceil(num_steps / num_frames))


def search_result(
    model: LatentModel, damaged: Damaged, conditions: Conditions = NO_CONDITIONS, seed: int = 0
) -> Tensor:
    """Search to the end, some images at a time: (N, C, H, W) in [0, 1].

    Raises:
        InvalidInputError, UnknownNameError: see `search`.
    """
    own = told(model, conditions, len(damaged.images))
    results = [damaged.images[:0]]
    for start in range(0, len(damaged.images), BATCH_SIZE):
        part = slice(start, start + BATCH_SIZE)
        some = {name: value[part] for name, value in own.items()}
        *_, last = search(model, damaged.rows(part), some, seed=seed, num_frames=1)
        results.append(last.images)
    return torch.cat(results)


# Decorators, not with-blocks: between two steps the caller has its own mode back.
@torch.inference_mode(False)
@torch.enable_grad()
def _search(task: "_Task", starts: Tensor, num_steps: int, every: int) -> Iterator[SearchStep]:
    best, place = _Best(starts), starts.requires_grad_()
    adam = torch.optim.Adam([place], lr=RATE, betas=BETAS)
    for step in range(num_steps + 1):
        log_likelihood, log_prior = task.log_terms(place)
        log_joint = log_likelihood + log_prior
        (gradient,) = torch.autograd.grad(log_joint.sum(), place)
        best.keep(place.detach(), log_likelihood.detach(), log_prior.detach())
        if step % every == 0 or step == num_steps:
            yield task.shown(best, step, num_steps)
        is_sound = (log_joint.detach().isfinite() & gradient.isfinite().all(-1))[..., None]
        place.data = torch.where(is_sound, place.data, best.place)
        place.grad = torch.where(is_sound, -gradient, 0.0)
        adam.param_groups[0]["lr"] = RATE * (1 + math.cos(math.pi * step / num_steps)) / 2
        adam.step()


class _Task:
    """What is searched for. A place is a code in standard deviations from the prior's mean."""

    def __init__(self, model: LatentModel, damaged: Damaged, conditions: Conditions) -> None:
        self.model, self.original = model, damaged
        # Copies: what was made in inference mode can be no part of a gradient.
        known = None if damaged.known is None else _copied(damaged.known, model)
        images = _copied(damaged.images, model)
        self.damaged = Damaged(images, known, damaged.factor, damaged.kind, damaged.level)
        self.seen = what_is_seen(model.likelihood, self.damaged)
        own = told(model, conditions, len(images))
        self.conditions = {name: _copied(value, model) for name, value in own.items()}
        with torch.no_grad():
            self.prior = model.prior(self.conditions)
        shape = (len(images), model.latent_dim)
        self.mean, self.std = images.new_zeros(shape), images.new_ones(shape)
        if isinstance(self.prior, DiagonalGaussian):
            self.mean, self.std = self.prior.mean.expand(shape), self.prior.std.expand(shape)

    def codes(self, place: Tensor) -> Tensor:
        """(..., N, D) -> z, the same shape."""
        return self.mean + self.std * place

    def log_terms(self, place: Tensor) -> tuple[Tensor, Tensor]:
        """(S, N, D) -> log p(seen | z) and log p(z), each (S, N)."""
        z = self.codes(place)
        assert self.prior is not None
        params = self.model.decode((z,), self.conditions)
        return self.seen(params), self.prior.log_prob(z)

    @torch.no_grad()
    def starts(self, num: int, generator: torch.Generator) -> Tensor:
        """The encoder's mean, the prior's, and the best draws from the prior: (num, N, D)."""
        encoded = encode(self.model, self.damaged.images, self.conditions).mean
        first = [(_copied(encoded, self.model) - self.mean) / self.std, torch.zeros_like(self.mean)]
        if num <= len(first):
            return torch.stack(first[:num])
        draws = torch.randn(NUM_DRAWS, 1, self.model.latent_dim, generator=generator)
        draws = draws.to(self.mean).expand(-1, *self.mean.shape)
        terms = [self.log_terms(some) for some in torch.split(draws, AT_ONCE)]
        log_joint = torch.cat([log_likelihood + log_prior for log_likelihood, log_prior in terms])
        order = log_joint.nan_to_num(-math.inf).topk(num - len(first), dim=0).indices
        return torch.cat([torch.stack(first), draws.gather(0, _along(order, draws))])

    @torch.no_grad()
    def shown(self, best: "_Best", step: int, num_steps: int) -> SearchStep:
        """The best place of each image.

        Raises:
            InvalidInputError: where an image has none.
        """
        place, log_likelihood, log_prior = best.of_each()
        lost = (~(log_likelihood + log_prior).isfinite()).nonzero()[:, 0].tolist()
        if lost:
            raise InvalidInputError(
                f"No code gives image {lost[0]} a finite log-probability; expected images and "
                "weights that are finite numbers. Choose another image or model."
            )
        z = self.codes(place)
        images = self.model.likelihood.mean(self.model.decode((z,), self.conditions))
        device = self.original.images.device
        return SearchStep(
            step,
            num_steps,
            keep_known(images.to(device), self.original),
            z.to(device),
            (log_likelihood + log_prior).to(device),
            log_likelihood.to(device),
            log_prior.to(device),
        )


class _Best:
    """The best place that each start of each image has come to."""

    def __init__(self, place: Tensor) -> None:
        self.place = place.clone()
        self.log_likelihood = place.new_full(place.shape[:-1], -math.inf)
        self.log_prior = torch.zeros_like(self.log_likelihood)

    def keep(self, place: Tensor, log_likelihood: Tensor, log_prior: Tensor) -> None:
        """Take what is better, and finite."""
        log_joint = log_likelihood + log_prior
        is_better = log_joint.isfinite() & (log_joint > self.log_likelihood + self.log_prior)
        self.place = place.where(is_better[..., None], self.place)
        self.log_likelihood = log_likelihood.where(is_better, self.log_likelihood)
        self.log_prior = log_prior.where(is_better, self.log_prior)

    def of_each(self) -> tuple[Tensor, Tensor, Tensor]:
        """Place (N, D) and log-probabilities (N,) from the best start of each image."""
        which = (self.log_likelihood + self.log_prior).argmax(0, keepdim=True)
        place = self.place.gather(0, _along(which, self.place))
        return place[0], self.log_likelihood.gather(0, which)[0], self.log_prior.gather(0, which)[0]


def _along(order: Tensor, places: Tensor) -> Tensor:
    """Indices (K, N) of starts, as `gather` wants them for places (S, N, D)."""
    return order[..., None].expand(-1, -1, places.shape[-1])


def _copied(values: Tensor, model: LatentModel) -> Tensor:
    return values.to(model.device, copy=True)
