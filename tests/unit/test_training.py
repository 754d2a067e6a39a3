"""Training: reproducible to the bit, honest in its numbers, safe when it diverges."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from vae_core import MLPConfig
from vae_core.checkpoints import load_resume, save_resume
from vae_core.config import CorruptionConfig, RunConfig
from vae_core.data import Dataset, epoch_plan
from vae_core.errors import CheckpointError, TrainingDivergedError
from vae_core.learner import Learner
from vae_core.metrics import elbo
from vae_core.models import ConvConfig, build_model
from vae_core.training import Finished, Progress, Started, Validated, train

STEPS_PER_EPOCH = 3  # 70 images in batches of 32


def run(
    config: RunConfig, data: Dataset, pace: int | None = None, resume: dict[str, Any] | None = None
) -> list[Any]:
    """Train to the end, asking for an event every `pace` steps."""
    training = train(config, data, resume=resume)
    events = [next(training)]
    while not isinstance(events[-1], Finished):
        events.append(training.send(pace))
    return events


def weights(events: list[Any]) -> torch.Tensor:
    return torch.nn.utils.parameters_to_vector(events[-1].model.parameters()).detach()


def of(kind: type, events: list[Any]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


@pytest.fixture(
    params=[
        {},
        {"model": MLPConfig(hidden=(16,), posterior="point")},
        {"model": ConvConfig(channels=(4,), hidden=(8,))},
        {"corruption": CorruptionConfig(kind="salt-and-pepper", level=0.3)},
    ],
    ids=["vae", "autoencoder", "conv", "denoising"],
)
def config(request: pytest.FixtureRequest, tiny_config: RunConfig) -> RunConfig:
    changes = dict(request.param)
    damage = changes.pop("corruption", None)
    train_config = tiny_config.train.evolve(corruption=damage)
    return tiny_config.evolve(train=train_config, **changes)


def test_the_same_seed_gives_the_same_weights_to_the_bit(config: RunConfig, tiny: Dataset) -> None:
    first = weights(run(config, tiny))
    torch.rand(5)  # the global generator must not matter
    assert torch.equal(weights(run(config, tiny)), first)
    assert not torch.equal(weights(run(config.evolve(seed=4), tiny)), first)


@pytest.mark.parametrize("pace", [1, 2, 1000])
def test_the_pace_of_events_changes_nothing(config: RunConfig, tiny: Dataset, pace: int) -> None:
    assert torch.equal(weights(run(config, tiny, pace)), weights(run(config, tiny)))


@pytest.mark.parametrize("num_before", [0, 1, 3, 5, 9])
def test_resuming_anywhere_gives_the_same_weights_to_the_bit(
    config: RunConfig, tiny: Dataset, tmp_path: Path, num_before: int
) -> None:
    whole = run(config, tiny)
    training = train(config, tiny)
    learner = next(training).learner
    while learner.num_done < num_before:
        training.send(1)
    save_resume(tmp_path, learner.state_dict())
    training.close()
    state = load_resume(tmp_path)
    assert state is not None
    assert state["num_done"] == num_before
    rest = run(config, tiny, resume=state)
    assert torch.equal(weights(rest), weights(whole))
    assert rest[-1].step == 9


def test_a_state_is_a_copy_that_later_steps_do_not_touch(
    tiny_config: RunConfig, tiny: Dataset
) -> None:
    training = train(tiny_config, tiny)
    learner = next(training).learner
    training.send(1)
    state = learner.state_dict()
    before = {name: value.clone() for name, value in state["model"].items()}
    moments = {name: value.clone() for name, value in state["optimiser"].items()}
    training.send(2)
    assert all(torch.equal(state["model"][name], value) for name, value in before.items())
    assert all(torch.equal(state["optimiser"][name], value) for name, value in moments.items())


def test_the_state_of_another_model_is_refused(tiny_config: RunConfig, tiny: Dataset) -> None:
    other = tiny_config.evolve(model=MLPConfig(hidden=(8,)))
    state = Learner(other, tiny.spec, 70).state_dict()
    with pytest.raises(CheckpointError, match="training state does not fit this run's settings"):
        next(train(tiny_config, tiny, resume=state))


def test_events_come_in_order(tiny_config: RunConfig, tiny: Dataset) -> None:
    events = run(tiny_config, tiny, pace=2)
    kinds = [type(event) for event in events]
    assert kinds == [Started, *[Progress, Progress, Validated] * 3, Finished]
    assert (events[0].num_steps, events[0].steps_per_epoch) == (9, STEPS_PER_EPOCH)
    assert [e.step for e in of(Progress, events)] == [2, 3, 5, 6, 8, 9]
    assert [e.epoch for e in of(Progress, events)] == pytest.approx(
        [s / 3 for s in (2, 3, 5, 6, 8, 9)]
    )
    assert [(e.step, e.epoch) for e in of(Validated, events)] == [(3, 1), (6, 2), (9, 3)]
    assert events[-1].step == 9
    assert not events[-1].model.training


def test_a_finished_run_that_is_resumed_just_finishes(
    tiny_config: RunConfig, tiny: Dataset
) -> None:
    training = train(tiny_config, tiny)
    learner = next(training).learner
    list(training)
    events = run(tiny_config, tiny, resume=learner.state_dict())
    assert [type(event) for event in events] == [Started, Finished]


@pytest.mark.parametrize("beta", [0.0, 1.0, 4.0])
def test_the_losses_shown_add_up(tiny_config: RunConfig, tiny: Dataset, beta: float) -> None:
    events = run(tiny_config.evolve(train=tiny_config.train.evolve(beta=beta)), tiny)
    for event in of(Progress, events):
        assert event.loss_nats == event.recon_nats + beta * event.kl_nats
        assert event.beta == beta
    for event in of(Validated, events):
        assert event.val.elbo_nats == -(event.val.recon_nats + event.val.kl_nats)
        assert event.val.kl_nats == pytest.approx(sum(event.val.kl_per_dim))


def test_an_autoencoder_reports_its_kl_and_bound_as_absent(
    tiny_config: RunConfig, tiny: Dataset
) -> None:
    events = run(tiny_config.evolve(model=MLPConfig(hidden=(16,), posterior="point")), tiny)
    assert all(event.kl_nats is None for event in of(Progress, events))
    assert all(event.loss_nats == event.recon_nats for event in of(Progress, events))
    assert all(
        (event.val.kl_nats, event.val.elbo_nats, event.val.kl_per_dim) == (None, None, ())
        for event in of(Validated, events)
    )


@pytest.mark.parametrize("pace", [1, 2, STEPS_PER_EPOCH])
def test_losses_are_means_over_every_fourth_batch_and_a_short_one_weighs_what_it_has(
    tiny_config: RunConfig, tiny: Dataset, pace: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, Any]] = []
    step: Callable[..., Any] = Learner.step

    def watch(learner: Learner, batch: Any, *, wants_values: bool) -> Any:
        seen.append((wants_values, step(learner, batch, wants_values=wants_values)))
        return seen[-1][1]

    monkeypatch.setattr(Learner, "step", watch)
    config = tiny_config.evolve(train=tiny_config.train.evolve(batch_size=8))  # 9 steps an epoch
    events = of(Progress, run(config, tiny, pace))
    steps = [0, *(event.step for event in events)]
    for event, (begin, end) in zip(events, pairwise(steps), strict=True):
        read = [losses for is_read, losses in seen[begin:end] if is_read]
        assert [is_read for is_read, _ in seen[begin:end]][::-1][::4] == [True] * len(read)
        for name in ("recon_nats", "kl_nats"):
            items = torch.cat([losses.terms[name][0].detach() for losses in read])
            assert getattr(event, name) == pytest.approx(items.mean().item(), rel=1e-5)


def test_the_learning_rate_reported_is_that_of_the_schedule(
    tiny_config: RunConfig, tiny: Dataset
) -> None:
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([parameter], lr=1.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=tiny_config.train.learning_rate, total_steps=9, cycle_momentum=False
    )
    for event in of(Progress, run(tiny_config, tiny, pace=1)):
        assert event.learning_rate == pytest.approx(schedule.get_last_lr()[0])
        optimiser.step()
        if event.step < 9:
            schedule.step()


def test_training_is_adam_on_the_batches_of_the_plan(tiny_config: RunConfig, tiny: Dataset) -> None:
    """A second loop, written out with torch alone, ends at the same weights."""
    model = build_model(tiny_config.model, tiny.spec, tiny_config.seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=tiny_config.train.learning_rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=tiny_config.train.learning_rate, total_steps=9, cycle_momentum=False
    )
    generator = torch.Generator().manual_seed(tiny_config.seed + 1_000_003)
    for step in range(9):
        rows = epoch_plan(70, tiny_config.seed, step // 3)[32 * (step % 3) :][:32]
        x = tiny.train.images[rows].float() / 16
        mean, logvar = model.encode(x).mean, model.encode(x).logvar
        z = mean + (0.5 * logvar).exp() * torch.randn(mean.shape, generator=generator)
        coins = torch.distributions.Bernoulli(logits=model.decode((z,)), validate_args=False)
        normal = torch.distributions.Normal(mean, (0.5 * logvar).exp())
        kl = torch.distributions.kl_divergence(normal, torch.distributions.Normal(0.0, 1.0))
        loss = (kl.sum() - coins.log_prob(x).sum()) / len(x)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if step < 8:
            schedule.step()
    expected = torch.nn.utils.parameters_to_vector(model.parameters()).detach()
    torch.testing.assert_close(weights(run(tiny_config, tiny)), expected, rtol=1e-4, atol=1e-6)


def test_validation_is_measured_on_the_validation_split_at_beta_one(
    tiny_config: RunConfig, tiny: Dataset
) -> None:
    config = tiny_config.evolve(train=tiny_config.train.evolve(beta=9.0))
    events = run(config, tiny)
    assert of(Validated, events)[-1].val == elbo(events[-1].model, tiny.val, seed=1)


def test_denoising_damages_the_input_and_asks_for_the_clean_image(
    tiny_config: RunConfig, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage = CorruptionConfig(kind="masked-square", level=0.5)
    config = tiny_config.evolve(train=tiny_config.train.evolve(corruption=damage))
    seen: dict[str, torch.Tensor] = {}
    learner = Learner(config, tiny.spec, 70)
    encode, log_prob = learner.model.encode, learner.model.likelihood.log_prob

    def watch_input(x: torch.Tensor, conditions: Any) -> Any:
        seen["input"] = x
        return encode(x, conditions)

    def watch_target(params: torch.Tensor, x: torch.Tensor, mask: Any) -> torch.Tensor:
        seen["target"] = x
        return log_prob(params, x, mask)

    monkeypatch.setattr(learner.model, "encode", watch_input)
    monkeypatch.setattr(learner.model.likelihood, "log_prob", watch_target)
    batch = tiny.train.batch(torch.arange(32))
    clean = batch.x.clone()
    learner.step(batch)
    assert torch.equal(seen["target"], clean)
    hidden = seen["input"] != clean
    assert hidden.flatten(1).any(1).float().mean() > 0.9
    assert not seen["input"][hidden].any()
    assert torch.equal(batch.x, clean)


def test_damage_does_not_change_the_noise_of_the_latents(
    tiny_config: RunConfig, tiny: Dataset
) -> None:
    damage = CorruptionConfig(kind="gaussian", level=0.0)
    config = tiny_config.evolve(train=tiny_config.train.evolve(corruption=damage))
    assert torch.equal(weights(run(config, tiny)), weights(run(tiny_config, tiny)))


def with_learning_rate(config: RunConfig, value: float) -> RunConfig:
    """Beyond what a configuration admits: training must hold even so."""
    broken = config.train.model_copy(update={"learning_rate": value, "schedule": "constant"})
    return config.model_copy(update={"train": broken})


@pytest.mark.parametrize("learning_rate", [1e36, 1e39], ids=["losses", "weights"])
@pytest.mark.parametrize("pace", [1, 2, None])
def test_a_diverging_run_says_so_and_goes_back_to_finite_weights(
    tiny_config: RunConfig, tiny: Dataset, learning_rate: float, pace: int | None
) -> None:
    training = train(with_learning_rate(tiny_config, learning_rate), tiny)
    learner = next(training).learner
    shown: list[Any] = []
    with pytest.raises(TrainingDivergedError, match="stopped being a finite number") as caught:
        shown.extend(iter(lambda: training.send(pace), None))
    assert caught.value.back_at <= caught.value.step_from < caught.value.step_to
    assert learner.num_done == caught.value.back_at
    assert all(bool(value.isfinite().all()) for value in learner.model.parameters())
    assert all(e.step <= caught.value.step_from for e in shown)


def test_a_run_never_finishes_with_weights_that_are_not_finite(
    tiny_config: RunConfig, tiny: Dataset
) -> None:
    """The losses of the only step are finite; the weights that it leaves are not."""
    short = tiny_config.evolve(train=tiny_config.train.evolve(epochs=1, batch_size=70))
    with pytest.raises(TrainingDivergedError, match="between steps 0 and 1"):
        run(with_learning_rate(short, 1e39), tiny)


@pytest.fixture
def own_numerics() -> Any:
    threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    torch.set_num_threads(2)
    torch.set_float32_matmul_precision("high")
    yield (2, "high")
    torch.set_num_threads(threads)
    torch.set_float32_matmul_precision(precision)


def test_threads_and_precision_are_the_callers_between_events(
    tiny_config: RunConfig,
    tiny: Dataset,
    own_numerics: tuple[int, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def now() -> tuple[int, str]:
        return torch.get_num_threads(), torch.get_float32_matmul_precision()

    inside = []
    step: Callable[..., Any] = Learner.step
    monkeypatch.setattr(Learner, "step", lambda *a, **k: (inside.append(now()), step(*a, **k))[1])
    config = tiny_config.evolve(num_threads=1, matmul_precision="highest")
    assert {now() for _ in train(config, tiny)} == {own_numerics}
    assert set(inside) == {(1, "highest")}
    with pytest.raises(TrainingDivergedError):
        list(train(with_learning_rate(config, 1e39), tiny))
    assert now() == own_numerics


def test_time_spent_waiting_between_events_is_not_training_time(
    tiny_config: RunConfig, tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]

    def tick() -> float:
        clock[0] += 1.0
        return clock[0]

    monkeypatch.setattr("vae_core.training.time.perf_counter", tick)
    elapsed = []
    for event in train(tiny_config, tiny):
        if isinstance(event, Progress):
            elapsed.append(event.elapsed_s)
        clock[0] += 1000.0
    assert elapsed == sorted(elapsed)
    assert elapsed[-1] < 100.0
