"""How probable codes are together with what is seen of damaged images, and which are the best."""

import math

import torch
from torch import Tensor

from vae_core.corruption import Damaged
from vae_core.distributions import DiagonalGaussian
from vae_core.inference import encode, told
from vae_core.models import LatentModel
from vae_core.restoration.base import Conditions
from vae_core.restoration.seen import what_is_seen

NUM_DRAWS, AT_ONCE = 64, 8  # of the prior, from which the best become starts


class Joint:
    """What is searched for. A place is a code in standard deviations from the prior's mean."""

    def __init__(self, model: LatentModel, damaged: Damaged, conditions: Conditions) -> None:
        self.model = model
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
    def images(self, z: Tensor) -> Tensor:
        """The likelihood's mean, (N, D) -> (N, C, H, W)."""
        return self.model.likelihood.mean(self.model.decode((z,), self.conditions))


class Best:
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
