"""Training: `train` is a generator of events; nothing is printed and nothing is saved here."""

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from vae_core.config import RunConfig
from vae_core.corruption import corrupt
from vae_core.data import Batch, Dataset, DataSpec, ImageSource, epoch_plan
from vae_core.errors import CheckpointError, TrainingDivergedError
from vae_core.metrics.elbo import Elbo, elbo
from vae_core.models import LatentModel, build_model
from vae_core.objectives import Losses, elbo_losses
from vae_core.schedules import SCHEDULES

MAX_STEPS_PER_EVENT = 50
EVENTS_PER_RUN = 200
SEED_VALIDATION = 1


@dataclass(frozen=True)
class Progress:
    """What happened since the last event; losses are means over the items trained on.

    z was sampled, on the training split, with the damage of denoising training.

    Attributes:
        step: steps done.
        num_steps: steps in the whole run.
        epoch: epochs done, with fraction.
        loss_nats: recon_nats + beta * kl_nats.
        recon_nats: -log p(x | z).
        kl_nats: None for a plain autoencoder.
        beta: weight of the KL.
        learning_rate: of the last step.
        elapsed_s: training time so far, validation included, pauses not.
        images_per_s: since the last event.
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


@dataclass(frozen=True)
class Validated:
    """ELBO at beta = 1 on the validation split, z sampled with a fixed seed."""

    step: int
    epoch: int
    val: Elbo


@dataclass(frozen=True)
class Started:
    """The first event: `learner` is live, to be looked at between events and not changed."""

    learner: "Learner"
    num_steps: int
    steps_per_epoch: int


@dataclass(frozen=True)
class Finished:
    """The last event: the trained model, in eval mode."""

    model: LatentModel
    step: int
    elapsed_s: float


TrainEvent = Started | Progress | Validated | Finished


class Learner:
    """A model, its optimiser and its random numbers: everything that one step changes.

    Args:
        config: of the run.
        spec: of the data.
        num_steps: steps in the whole run, which the learning-rate schedule spans.
    """

    def __init__(self, config: RunConfig, spec: DataSpec, num_steps: int) -> None:
        self.config = config
        self.num_steps = num_steps
        self.model = build_model(config.model, spec, config.seed)
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=0.0, fused=True)
        # One generator for each use, so that adding damage does not change the samples of z.
        self.generators = {
            name: torch.Generator().manual_seed(config.seed + offset)
            for name, offset in (("z", 1_000_003), ("damage", 2_000_003))
        }
        self.num_done = 0
        self.elapsed_s = 0.0

    @property
    def learning_rate(self) -> float:
        """Of the next step."""
        train = self.config.train
        factor = SCHEDULES[train.schedule](min(self.num_done, self.num_steps - 1), self.num_steps)
        return train.learning_rate * factor

    def step(self, batch: Batch) -> Losses:
        """Take one step of Adam on a batch and return its losses, still on the device."""
        train = self.config.train
        x = batch.x
        if train.corruption is not None:
            damage = train.corruption
            x = corrupt(x, damage.kind, damage.level, self.generators["damage"])
        self.optimiser.param_groups[0]["lr"] = self.learning_rate
        self.optimiser.zero_grad(set_to_none=True)
        output = self.model(x, generator=self.generators["z"])
        losses = elbo_losses(output, batch.target, self.model.likelihood, train.beta)
        losses.total.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self.num_done += 1
        return losses

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next step depends on: tensors (copies) and plain numbers."""
        return {
            "model": {k: v.detach().clone() for k, v in self.model.state_dict().items()},
            "optimiser": {
                f"{index}.{name}": value.detach().clone()
                for index, state in self.optimiser.state_dict()["state"].items()
                for name, value in state.items()
            },
            "generators": {name: g.get_state() for name, g in self.generators.items()},
            "num_done": self.num_done,
            "elapsed_s": self.elapsed_s,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to a `state_dict` of the same configuration.

        Raises:
            CheckpointError: when it belongs to another model.
        """
        moments: dict[int, dict[str, Tensor]] = {}
        groups = self.optimiser.state_dict()["param_groups"]
        try:
            self.model.load_state_dict(state["model"])
            for key, value in state["optimiser"].items():
                index, name = key.split(".")
                moments.setdefault(int(index), {})[name] = value.clone()
            self.optimiser.load_state_dict({"state": moments, "param_groups": groups})
            for name, generator in self.generators.items():
                generator.set_state(state["generators"][name])
        except (RuntimeError, KeyError, ValueError, TypeError) as error:
            raise CheckpointError(
                f"The training state does not fit this run's settings ({error}). It belongs to "
                "another run; start this one again."
            ) from error
        self.num_done = state["num_done"]
        self.elapsed_s = state["elapsed_s"]


def train(
    config: RunConfig, data: Dataset, *, resume: dict[str, Any] | None = None
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

    Yields:
        Started, then Progress (about 200 of them, more in long runs: at least every 50 steps and
        at each epoch's end) with a Validated after each epoch, then Finished.

    Raises:
        TrainingDivergedError: when a loss is not finite; the model is back at the last event.
    """
    steps_per_epoch = -(-len(data.train) // config.train.batch_size)
    num_steps = config.train.epochs * steps_per_epoch
    learner = Learner(config, data.spec, num_steps)
    if resume is not None:
        learner.load_state_dict(resume)
    pace = max(1, min(MAX_STEPS_PER_EVENT, num_steps // EVENTS_PER_RUN))
    verified = learner.state_dict()
    asked = yield Started(learner, num_steps, steps_per_epoch)

    while learner.num_done < num_steps:
        epoch, within = divmod(learner.num_done, steps_per_epoch)
        stop = min(learner.num_done + (asked or pace), (epoch + 1) * steps_per_epoch)
        with _clock(learner), _numerics(config):
            progress = _run(learner, data.train, epoch, within, stop, steps_per_epoch)
            validated = None
            if stop % steps_per_epoch == 0:
                value = elbo(learner.model, data.val, SEED_VALIDATION)
                validated = Validated(stop, stop // steps_per_epoch, value)
            if progress is None or (validated is not None and not validated.val.is_finite):
                step_from, step_to = verified["num_done"], learner.num_done
                learner.load_state_dict(verified)
                raise TrainingDivergedError(step_from, step_to)
            verified = learner.state_dict()
        asked = yield progress
        if validated is not None:
            asked = (yield validated) or asked

    yield Finished(learner.model.eval(), learner.num_done, learner.elapsed_s)


def _run(
    learner: Learner, source: ImageSource, epoch: int, within: int, stop: int, steps_per_epoch: int
) -> Progress | None:
    """Take the steps of one epoch up to `stop`; None when losses or weights are not finite."""
    began = time.perf_counter()
    train = learner.config.train
    order = epoch_plan(len(source), learner.config.seed, epoch)
    sums: dict[str, Tensor] = {}
    num_items = 0
    learning_rate = 0.0
    learner.model.train()
    for number in range(within, stop - epoch * steps_per_epoch):
        indices = order[number * train.batch_size : (number + 1) * train.batch_size]
        learning_rate = learner.learning_rate
        losses = learner.step(source.batch(indices))
        num_items += len(indices)
        for name, (value, _) in losses.terms.items():
            total = value.detach().sum()
            sums[name] = sums[name] + total if name in sums else total
    # The only reading of the interval: one transfer from the device, one check. The weights are
    # checked too: the losses were read before the last step was taken.
    means = torch.stack(list(sums.values())).div(num_items)
    parts = (means, *learner.model.parameters())
    if not bool(torch.stack([part.isfinite().all() for part in parts]).all()):
        return None
    terms = dict(zip(sums, means.tolist(), strict=True))
    recon_nats, kl_nats = terms["recon_nats"], terms.get("kl_nats")
    seconds = time.perf_counter() - began
    return Progress(
        step=learner.num_done,
        num_steps=learner.num_steps,
        epoch=learner.num_done / steps_per_epoch,
        loss_nats=recon_nats + train.beta * (kl_nats or 0.0),
        recon_nats=recon_nats,
        kl_nats=kl_nats,
        beta=train.beta,
        learning_rate=learning_rate,
        elapsed_s=learner.elapsed_s + seconds,
        images_per_s=num_items / seconds,
    )


@contextmanager
def _numerics(config: RunConfig) -> Iterator[None]:
    """Set threads and matmul precision while training works, not while it waits."""
    threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    torch.set_num_threads(config.num_threads)
    torch.set_float32_matmul_precision(config.matmul_precision)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_float32_matmul_precision(precision)


@contextmanager
def _clock(learner: Learner) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        learner.elapsed_s += time.perf_counter() - began
