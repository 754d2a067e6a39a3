"""A model, its optimiser and its random numbers: everything that one step of training changes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from vae_core.augmentation import augment
from vae_core.config import RunConfig
from vae_core.corruption import corrupt
from vae_core.data import Batch, DataSpec
from vae_core.errors import CheckpointError
from vae_core.metrics.elbo import Elbo
from vae_core.models import LatentModel, build_model
from vae_core.objectives import Context, Losses, Scalar, losses_of
from vae_core.optimiser import VectorAdam
from vae_core.precision import WorkingCopy, numerics
from vae_core.processor import device_of, global_generator, multiplies_bfloat16
from vae_core.schedules import SCHEDULES, warm_up
from vae_core.selection import Selection
from vae_core.transfer import Transfer, take_over

# One generator for each use, so that adding one, say damage, does not change the samples of z.
# "torch" stands for torch's global one, which dropout draws from.
GENERATORS = {"z": 1, "damage": 2, "binarise": 3, "augment": 4, "conditions": 5, "torch": 6}


class Learner:
    """What `train` steps.

    Args:
        config: of the run.
        spec: of the data.
        num_items: size of the training split.

    Raises:
        InvalidConfigError: when the device that is asked for is not there.

    Attributes:
        device: where it works.
        model: what the optimiser changes.
        num_done: steps done.
        elapsed_s: training time so far, validation included, pauses not.
    """

    def __init__(self, config: RunConfig, spec: DataSpec, num_items: int) -> None:
        train = config.train
        self.config, self.spec, self.num_items = config, spec, num_items
        self.steps_per_epoch = -(-num_items // train.batch_size)
        self.num_steps = train.epochs * self.steps_per_epoch
        self.device = device_of(config.device)
        self.model = build_model(config.model, spec, config.seed).to(self.device)
        self.optimiser = VectorAdam(self.model, train.weight_decay, train.l1, train.clip_norm)
        self.ema = _average(self.model, train.ema_decay)
        self.working = WorkingCopy(self.model, self.optimiser) if self._wants_bfloat16 else None
        self.selection = Selection(train.patience, halves=train.schedule == "plateau")
        self.generators = {
            name: torch.Generator(self.device).manual_seed(config.seed + 1_000_000 * offset + 3)
            for name, offset in GENERATORS.items()
        }
        self.num_done = 0
        self.elapsed_s = 0.0

    @property
    def _wants_bfloat16(self) -> bool:
        # Batch and layer norm keep statistics that must not be rounded.
        bears = self.config.model.norm == "none" and self.model.likelihood.bears_bfloat16
        is_there = self.device.type == "cpu" and multiplies_bfloat16()
        return self.config.matmul_precision == "medium" and bears and is_there

    @property
    def _precision(self) -> str:
        """Of float32 products; "medium" on a processor is the working copy's affair alone."""
        wanted = self.config.matmul_precision
        is_own_affair = self.device.type == "cpu" and wanted == "medium"
        return wanted if self.model.likelihood.bears_bfloat16 and not is_own_affair else "highest"

    @property
    def learning_rate(self) -> float:
        """Of the next step."""
        train = self.config.train
        step = min(self.num_done, self.num_steps - 1)
        factor = SCHEDULES[train.schedule](step, self.num_steps) * self.selection.factor
        return train.learning_rate * factor

    @property
    def beta(self) -> float:
        """Of the next step."""
        train = self.config.train
        return train.beta * warm_up(self.num_done, train.warmup_epochs * self.steps_per_epoch)

    @property
    def shown(self) -> LatentModel:
        """The model that is validated, shown and saved: the moving average where there is one."""
        if self.ema is None:
            return self.model
        module = self.ema.module
        assert isinstance(module, LatentModel)
        return module

    @property
    def is_done(self) -> bool:
        """Whether all steps are done, or patience has run out."""
        at_end_of_epoch = self.num_done % self.steps_per_epoch == 0
        return self.num_done >= self.num_steps or (at_end_of_epoch and self.selection.says_stop)

    def start_from(self, weights: Mapping[str, Tensor]) -> Transfer:
        """Take over what fits of another model's weights, before the first step.

        Raises:
            CheckpointError: when nothing fits.
        """
        transfer = take_over(self.model, weights)
        self.ema = _average(self.model, self.config.train.ema_decay)
        if self.working is not None:
            self.working.refresh()
        return transfer

    def step(self, batch: Batch, *, wants_values: bool = True) -> Losses:
        """Take one step on a batch and return its losses, still on the device.

        Args:
            batch: of the training split.
            wants_values: False when nobody will read the losses: some are NaN then. The step is
                the same.
        """
        losses = self.change(batch, self.beta, self.learning_rate, wants_values=wants_values)
        self.count()
        return losses

    def change(
        self, batch: Batch, beta: Scalar, learning_rate: Scalar, *, wants_values: bool = True
    ) -> Losses:
        """Compute a step's losses and change the weights: the part that a graph can record."""
        batch = self.prepare(batch)
        context = Context(self.generators["z"], beta, self.num_items, wants_values)
        model = self.model if self.working is None else self.working.model
        losses = losses_of(self.config.train.objective, model, batch, context)
        losses.total.backward()  # type: ignore[no-untyped-call]
        if self.working is None:
            self.optimiser.gather()
            self.optimiser.step(learning_rate)
        else:
            self.working.gather()
            self.optimiser.step(learning_rate)
            self.working.refresh()
        return losses

    def count(self) -> None:
        """Take note that the weights have changed."""
        if self.ema is not None:
            self.ema.update_parameters(self.model)
        self.num_done += 1

    def prepare(self, batch: Batch) -> Batch:
        """Augment, damage, and hide conditions, as each step does with its batch."""
        train, x = self.config.train, batch.x
        if train.augmentation is not None:
            x = augment(x, train.augmentation, self.generators["augment"])
            if self.spec.levels == 2:
                x = x.round()  # a black-and-white image stays one
        target = x
        if train.corruption is not None:
            damage = train.corruption
            x = corrupt(x, damage.kind, damage.level, self.generators["damage"])
        conditions = self.model.hide_conditions(batch.conditions, self.generators["conditions"])
        return replace(batch, x=x, target=target, conditions=conditions)

    def select(self, val: Elbo) -> None:
        """Take an epoch's validation in: it may slow training down, or end it."""
        score = -val.recon_nats if val.elbo_nats is None else val.elbo_nats
        has_risen = self.num_done >= self.config.train.warmup_epochs * self.steps_per_epoch
        self.selection.see(score, self.shown.state_dict(), counts=has_risen)

    def result(self) -> LatentModel:
        """Return what is worth keeping, in eval mode on the processor: with a patience, the best.

        The learner must not be stepped afterwards.
        """
        model = self.shown
        if self.selection.weights:
            model.load_state_dict(self.selection.weights)
        return model.cpu().eval()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Set threads, matmul precision and torch's global generator while training works."""
        own, shared = self.generators["torch"], global_generator(self.device)
        outer = shared.get_state()
        with numerics(self.config.num_threads, self._precision):
            shared.set_state(own.get_state())
            try:
                yield
            finally:
                own.set_state(shared.get_state())
                shared.set_state(outer)

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next step depends on: tensors (copies) and plain numbers."""
        ema = {} if self.ema is None else _copies(self.ema)
        return {
            "model": _copies(self.model),
            "ema": ema,
            "optimiser": self.optimiser.state_dict(),
            "selection": self.selection.state_dict(),
            "generators": {name: g.get_state() for name, g in self.generators.items()},
            "num_done": self.num_done,
            "elapsed_s": self.elapsed_s,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back to a `state_dict` of the same configuration.

        Raises:
            CheckpointError: when it belongs to another model.
        """
        try:
            self.model.load_state_dict(state["model"])
            if self.ema is not None:
                self.ema.load_state_dict(state["ema"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.selection.load_state_dict(state["selection"])
            for name, generator in self.generators.items():
                generator.set_state(state["generators"][name])
            self.num_done = int(state["num_done"])
            self.elapsed_s = float(state["elapsed_s"])
        except (RuntimeError, KeyError, ValueError, TypeError) as error:
            raise CheckpointError(
                f"The training state does not fit this run's settings ({error}). It belongs to "
                "another run; start this one again."
            ) from error
        if self.working is not None:
            self.working.refresh()


def _average(model: LatentModel, decay: float | None) -> AveragedModel | None:
    if decay is None:
        return None
    average = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    return AveragedModel(model, multi_avg_fn=average)


def _copies(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in module.state_dict().items()}
