"""Training: `train` is a generator of events; nothing is printed and nothing is saved here."""

import math
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from vae_core.capture import Stepper
from vae_core.config import RunConfig
from vae_core.data import Dataset, ImageSource, epoch_plan
from vae_core.errors import InvalidInputError, TrainingDivergedError
from vae_core.learner import Learner
from vae_core.metrics.elbo import Elbo, elbo
from vae_core.models import LatentModel
from vae_core.objectives import Losses
from vae_core.transfer import Transfer

MAX_STEPS_PER_EVENT = 50
EVENTS_PER_RUN = 200
# Reading a loss costs more than its gradient: a sample of the steps is read.
STEPS_PER_READING = 4
STEPS_PER_SNAPSHOT = 100
SEED_VALIDATION = 1


@dataclass(frozen=True)
class Progress:
    """What happened since the last event.

    Losses are means over the items of every fourth batch, counted back from the last one. z was
    sampled, on the training split, with its damage and augmentation.

    Attributes:
        step: steps done.
        num_steps: steps in the whole run, unless patience ends it sooner.
        epoch: epochs done, with fraction.
        loss_nats: recon_nats + beta * kl_nats + the sum of weight * value over `extra`.
        recon_nats: -log p(x | z).
        kl_nats: None for a plain autoencoder.
        beta: weight of the KL.
        learning_rate: of the last step.
        elapsed_s: training time so far, validation included, pauses not.
        images_per_s: since the last event.
        extra: further terms of the objective, name -> (value, weight).
    """

    step: int
    num_steps: int
    epoch: float
    loss_nats: float
    recon_nats: float
    kl_nats: float | None
    beta: float
    learning_rate: float
    elapsed_s: float
    images_per_s: float
    extra: Mapping[str, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Validated:
    """ELBO at beta = 1 on the validation split, z sampled with a fixed seed.

    Attributes:
        best: the best ELBO so far (of an autoencoder: the highest -recon_nats).
        num_worse: epochs since then.
    """

    step: int
    epoch: int
    val: Elbo
    best: float
    num_worse: int


@dataclass(frozen=True)
class Started:
    """The first event: `learner` is live, to be looked at between events and not changed.

    Attributes:
        steps_per_event: steps from one Progress to the next, unless something else is asked for.
        transfer: which weights were taken over from the model that training starts from.
    """

    learner: Learner
    num_steps: int
    steps_per_epoch: int
    steps_per_event: int
    transfer: Transfer | None = None


@dataclass(frozen=True)
class Finished:
    """The last event: the trained model, in eval mode.

    It has the best weights where there is a patience, the averaged ones where there is an average,
    else the last ones.
    """

    model: LatentModel
    step: int
    elapsed_s: float


TrainEvent = Started | Progress | Validated | Finished


def train(
    config: RunConfig,
    data: Dataset,
    *,
    resume: Mapping[str, Any] | None = None,
    weights: Mapping[str, Tensor] | None = None,
) -> Generator[TrainEvent, int | None, None]:
    """Train a model and tell what happens.

    A generator: it works only while it is asked for the next event, so whoever holds it can
    pause by not asking and stop by closing it. `generator.send(n)` asks for the next event after
    n steps. When events are asked for changes nothing in the result: the same configuration,
    data, threads and machine give the same weights.

    Args:
        config: of the run.
        data: the data set that `config.dataset` names.
        resume: a `Learner.state_dict()` of the same configuration, to go on from there.
        weights: of the model that `config.init_from` names, for fine-tuning.

    Yields:
        Started, then Progress (about 200 of them, more in long runs: at least every 50 steps and
        at each epoch's end) with a Validated after each epoch, then Finished.

    Raises:
        InvalidConfigError: when the device that is asked for is not there.
        TrainingDivergedError: when a loss is not finite; the model is back where it was finite.
        InvalidInputError: when `config.init_from` names a model and its weights are not given.
    """
    learner = Learner(config, data.spec, len(data.train))
    transfer = _begin(learner, resume, weights)
    stepper = Stepper(learner, data.train.to(learner.device))
    val = data.val.to(learner.device)
    pace = max(1, min(MAX_STEPS_PER_EVENT, learner.num_steps // EVENTS_PER_RUN))
    verified = learner.state_dict()
    asked = yield Started(learner, learner.num_steps, learner.steps_per_epoch, pace, transfer)

    while not learner.is_done:
        end_of_epoch = (learner.num_done // learner.steps_per_epoch + 1) * learner.steps_per_epoch
        stop = min(learner.num_done + (asked or pace), end_of_epoch)
        start = learner.num_done
        with _clock(learner), learner.at_work():
            progress = _run(stepper, stop)
            validated = _validate(learner, val) if progress and stop == end_of_epoch else None
            if progress is None or (validated is not None and not validated.val.is_finite):
                learner.load_state_dict(verified)
                raise TrainingDivergedError(start, stop, learner.num_done)
            if validated or learner.num_done - verified["num_done"] >= STEPS_PER_SNAPSHOT:
                verified = learner.state_dict()
        asked = yield progress
        if validated is not None:
            asked = (yield validated) or asked

    yield Finished(learner.result(), learner.num_done, learner.elapsed_s)


def _begin(
    learner: Learner, resume: Mapping[str, Any] | None, weights: Mapping[str, Tensor] | None
) -> Transfer | None:
    if resume is not None:
        learner.load_state_dict(resume)
        return None
    if weights is not None:
        return learner.start_from(weights)
    if learner.config.init_from is not None:
        raise InvalidInputError(
            f"This configuration starts from the weights of {learner.config.init_from!r}, which "
            "were not given; pass train(..., weights=...), or set init_from to None."
        )
    return None


def _run(stepper: Stepper, stop: int) -> Progress | None:
    """Take the steps of one epoch up to `stop`; None when losses or weights are not finite."""
    began = time.perf_counter()
    learner = stepper.learner
    size, start = learner.config.train.batch_size, learner.num_done
    epoch, first = divmod(start, learner.steps_per_epoch)
    order = _plan(learner.num_items, learner.config.seed, epoch).to(learner.device)
    last = first + stop - start
    readings = _Readings()
    learning_rate = 0.0
    if not learner.model.training:
        learner.model.train()
    for number in range(first, last):
        indices = order[number * size : (number + 1) * size]
        learning_rate = learner.learning_rate
        is_read = (stop - 1 - learner.num_done) % STEPS_PER_READING == 0
        losses = stepper(indices, wants_values=is_read)
        if is_read:
            readings.add(losses, len(indices))
    terms = readings.means()
    # The weights are checked too: not every loss was read, and none after the last step.
    if terms is None or not _is_finite(learner.model):
        return None
    seconds = time.perf_counter() - began
    kl_nats, beta = terms.pop("kl_nats", (None, learner.config.train.beta))
    recon_nats, _ = terms.pop("recon_nats")
    loss_nats = recon_nats + beta * (kl_nats or 0.0)
    return Progress(
        step=learner.num_done,
        num_steps=learner.num_steps,
        epoch=learner.num_done / learner.steps_per_epoch,
        loss_nats=loss_nats + sum(value * weight for value, weight in terms.values()),
        recon_nats=recon_nats,
        kl_nats=kl_nats,
        beta=beta,
        learning_rate=learning_rate,
        elapsed_s=learner.elapsed_s + seconds,
        images_per_s=len(order[first * size : last * size]) / seconds,
        extra=terms,
    )


# An epoch has many events, and its order is the same for all of them.
_plan = lru_cache(maxsize=1)(epoch_plan)


class _Readings:
    """Gathers losses on the device, so that an interval needs a single transfer."""

    def __init__(self) -> None:
        self.sums: list[Tensor] = []
        self.weights: list[dict[str, float]] = []
        self.num_items = 0

    def add(self, losses: Losses, num_items: int) -> None:
        self.sums.append(torch.stack([value.detach().sum() for value, _ in losses.terms.values()]))
        self.weights.append({name: float(weight) for name, (_, weight) in losses.terms.items()})
        self.num_items += num_items

    def means(self) -> dict[str, tuple[float, float]] | None:
        """Value per item and weight of each term; None when one is not finite.

        A weight that changed meanwhile, as beta does while it rises, is averaged so that value
        times weight is the mean of their products.
        """
        rows = torch.stack(self.sums).div(self.num_items).double().cpu().T.tolist()
        terms = {}
        for name, row in zip(self.weights[0], rows, strict=True):
            weights = [step[name] for step in self.weights]
            value = sum(row)
            if not math.isfinite(value):
                return None
            weighted = sum(v * w for v, w in zip(row, weights, strict=True))
            is_constant = min(weights) == max(weights) or value == 0
            terms[name] = (value, weights[-1] if is_constant else weighted / value)
        return terms


def _is_finite(model: LatentModel) -> bool:
    # A sum is finite only where all its terms are, and costs a fraction of looking at each.
    return bool(torch.stack([p.detach().sum() for p in model.parameters()]).isfinite().all())


def _validate(learner: Learner, source: ImageSource) -> Validated:
    val = elbo(learner.shown, source, SEED_VALIDATION)
    learner.select(val)
    best = learner.selection.best
    return Validated(
        step=learner.num_done,
        epoch=learner.num_done // learner.steps_per_epoch,
        val=val,
        best=math.nan if best is None else best,
        num_worse=learner.selection.num_worse,
    )


@contextmanager
def _clock(learner: Learner) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        learner.elapsed_s += time.perf_counter() - began
