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
from vae_core.errors import InvalidInputError
from vae_core.inference import told
from vae_core.models import NO_CONDITIONS, LatentModel
from vae_core.restoration.base import Conditions
from vae_core.restoration.by_model import keep_known
from vae_core.restoration.joint import Best, Joint

NUM_STARTS, NUM_STEPS, NUM_FRAMES = 4, 120, 40
MAX_STARTS, MAX_STEPS = 64, 5_000
BATCH_SIZE = 128  # images
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
        joint = Joint(model, damaged, conditions)
        starts = joint.starts(num_starts, torch.Generator().manual_seed(seed))
    return _search(joint, starts, damaged, num_steps, math.ceil(num_steps / num_frames))


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
def _search(
    joint: Joint, starts: Tensor, damaged: Damaged, num_steps: int, every: int
) -> Iterator[SearchStep]:
    best, place = Best(starts), starts.requires_grad_()
    adam = torch.optim.Adam([place], lr=RATE, betas=BETAS)
    for step in range(num_steps + 1):
        log_likelihood, log_prior = joint.log_terms(place)
        log_joint = log_likelihood + log_prior
        (gradient,) = torch.autograd.grad(log_joint.sum(), place)
        best.keep(place.detach(), log_likelihood.detach(), log_prior.detach())
        if step % every == 0 or step == num_steps:
            yield _shown(joint, best, damaged, step, num_steps)
        is_sound = (log_joint.detach().isfinite() & gradient.isfinite().all(-1))[..., None]
        place.data = torch.where(is_sound, place.data, best.place)
        place.grad = torch.where(is_sound, -gradient, 0.0)
        adam.param_groups[0]["lr"] = RATE * (1 + math.cos(math.pi * step / num_steps)) / 2
        adam.step()


def _shown(joint: Joint, best: Best, damaged: Damaged, step: int, num_steps: int) -> SearchStep:
    place, log_likelihood, log_prior = best.of_each()
    log_joint = log_likelihood + log_prior
    lost = (~log_joint.isfinite()).nonzero()[:, 0].tolist()
    if lost:
        raise InvalidInputError(
            f"No code gives image {lost[0]} a finite log-probability; expected images and weights "
            "that are finite numbers. Choose another image or model."
        )
    z, device = joint.codes(place), damaged.images.device
    images = keep_known(joint.images(z).to(device), damaged)
    terms = (log_joint.to(device), log_likelihood.to(device), log_prior.to(device))
    return SearchStep(step, num_steps, images, z.to(device), *terms)
