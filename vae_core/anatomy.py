"""The anatomy of one training step: what it does to its batch, picture by picture, to be shown."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vae_core.arrays import read_arrays, write_arrays
from vae_core.data import Batch, ImageSource, epoch_plan
from vae_core.distributions import DiagonalGaussian
from vae_core.errors import RunError
from vae_core.learner import Learner
from vae_core.models import LatentModel
from vae_core.objectives import Context, Losses, losses_of
from vae_core.processor import global_generator

ANATOMY_FILE = "anatomy.npz"
NUM_SHOWN = 8


@dataclass(frozen=True)
class Anatomy:
    """One step, seen in float32. Of its batch the first n pictures are shown, n at most 8.

    Attributes:
        step: steps done once it is taken.
        num_pictures: B, of the whole batch.
        terms: means over the batch: "recon_nats", "kl_nats" (None for an autoencoder), "beta",
            "extra" (name -> [value, weight]) and their weighted sum "loss_nats".
        input: what the network sees, (n, C, H, W) in [0, 1], damage included.
        target: what it is to draw, (n, C, H, W).
        recon: what it draws from z, (n, C, H, W).
        mean: of the posterior, (n, D).
        sigma: its spread, (n, D); None for an autoencoder, and so are eps and kl_nats.
        eps: (n, D) draws from N(0, 1).
        z: mean + sigma * eps, (n, D); with several samples a picture, the first of them.
        recon_nats: of each picture, (n,).
        kl_nats: of each picture, (n,).
    """

    step: int
    num_pictures: int
    terms: dict[str, Any]
    input: Tensor
    target: Tensor
    recon: Tensor
    mean: Tensor
    sigma: Tensor | None
    eps: Tensor | None
    z: Tensor
    recon_nats: Tensor
    kl_nats: Tensor | None


def look_at_next_step(learner: Learner, source: ImageSource) -> Anatomy:
    """See what the learner's next step will do; nothing of the training changes, to the bit.

    The same images, damage, hidden conditions and draws: the terms are those that the step itself
    reports, up to the rounding of bfloat16 where it trains in that.

    Args:
        learner: between two steps, not done.
        source: the training split.
    """
    epoch, number = divmod(learner.num_done, learner.steps_per_epoch)
    size = learner.config.train.batch_size
    order = epoch_plan(learner.num_items, learner.config.seed, epoch)
    indices = order[number * size : (number + 1) * size].to(learner.device)
    source = source.to(learner.device)
    model = copy.deepcopy(learner.model).train()  # batch norm notes what it sees
    with _left_as_it_is(learner) as rewind:
        batch = learner.prepare(source.batch(indices, learner.generators["binarise"]))
        before = rewind.state()
        context = Context(learner.generators["z"], learner.beta, learner.num_items)
        with torch.no_grad():
            losses = losses_of(learner.config.train.objective, model, batch, context)
            rewind.to(before)
            return _anatomy(learner, model, batch, losses)


def _anatomy(learner: Learner, model: LatentModel, batch: Batch, losses: Losses) -> Anatomy:
    (term,) = model.infer(batch.x, batch.conditions, mask=batch.mask)
    posterior, sigma, eps = term.posterior, None, None
    z = posterior.mean
    if isinstance(posterior, DiagonalGaussian):
        z = posterior.sample(learner.generators["z"])
        sigma = torch.exp(0.5 * posterior.logvar)
        eps = (z - posterior.mean) / sigma
    recon = model.likelihood.mean(model.decode((z,), batch.conditions))
    nats = {name: value for name, (value, _) in losses.terms.items()}

    def shown(values: Tensor) -> Tensor:
        return values[:NUM_SHOWN].float().cpu()

    def shown_if_any(values: Tensor | None) -> Tensor | None:
        return None if values is None else shown(values)

    return Anatomy(
        step=learner.num_done + 1,
        num_pictures=len(batch.x),
        terms=_sums(losses, learner.beta),
        input=shown(batch.x),
        target=shown(batch.target),
        recon=shown(recon),
        mean=shown(posterior.mean),
        sigma=shown_if_any(sigma),
        eps=shown_if_any(eps),
        z=shown(z),
        recon_nats=shown(nats["recon_nats"]),
        kl_nats=shown_if_any(nats.get("kl_nats")),
    )


def _sums(losses: Losses, beta: float) -> dict[str, Any]:
    means = {
        name: (value.double().mean().item(), float(weight))
        for name, (value, weight) in losses.terms.items()
    }
    recon, _ = means.pop("recon_nats")
    kl, beta = means.pop("kl_nats", (None, beta))
    loss = recon + beta * (kl or 0.0) + sum(value * weight for value, weight in means.values())
    extra = {name: list(pair) for name, pair in means.items()}
    return {"recon_nats": recon, "kl_nats": kl, "beta": beta, "extra": extra, "loss_nats": loss}


class _Generators:
    """All sources of randomness of a learner at work, to be set back."""

    def __init__(self, learner: Learner) -> None:
        shared = global_generator(learner.device)
        self.all = [*learner.generators.values(), shared]

    def state(self) -> list[Tensor]:
        return [generator.get_state() for generator in self.all]

    def to(self, states: list[Tensor]) -> None:
        for generator, state in zip(self.all, states, strict=True):
            generator.set_state(state)


@contextmanager
def _left_as_it_is(learner: Learner) -> Iterator[_Generators]:
    states = {name: g.get_state() for name, g in learner.generators.items()}
    try:
        with learner.at_work():
            yield _Generators(learner)
    finally:
        for name, generator in learner.generators.items():
            generator.set_state(states[name])


_NUMBERS = ("step", "num_pictures", "terms")


def write_anatomy(path: Path, seen: Anatomy) -> None:
    """Write one, atomically.

    Raises:
        RunError: when the disk is full; an older one stays.
    """
    values = {field.name: getattr(seen, field.name) for field in fields(seen)}
    header = {name: values.pop(name) for name in _NUMBERS}
    write_arrays(path, header, {n: v.numpy() for n, v in values.items() if v is not None})


def read_anatomy(path: Path) -> Anatomy:
    """Read one.

    Raises:
        RunError: when it is missing or damaged.
    """
    header, arrays = read_arrays(path)
    names = [field.name for field in fields(Anatomy) if field.name not in _NUMBERS]
    tensors = {name: torch.from_numpy(arrays[name]) if name in arrays else None for name in names}
    needed = [name for name in names if name not in ("sigma", "eps", "kl_nats")]
    is_whole = isinstance(header, dict) and all(name in header for name in _NUMBERS)
    if not is_whole or any(tensors[name] is None for name in needed):
        raise RunError(f"{path} is not the anatomy of a step; take another step.")
    return Anatomy(**{name: header[name] for name in _NUMBERS}, **tensors)  # type: ignore[arg-type]
