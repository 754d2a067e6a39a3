"""One step of training, against torch's own parts put together by hand."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from vae_core import MLPConfig
from vae_core import precision as precision_module
from vae_core.augmentation import AugmentationConfig
from vae_core.checkpoints import load_resume, save_resume
from vae_core.config import RunConfig, TrainConfig
from vae_core.data import Dataset
from vae_core.errors import CheckpointError
from vae_core.learner import Learner
from vae_core.metrics.elbo import Elbo
from vae_core.objectives import Context, losses_of
from vae_core.precision import WorkingCopy
from vae_core.processor import multiplies_bfloat16
from vae_core.training import Finished, Progress, Validated, train

NUM = 70


def made(config: RunConfig, data: Dataset, **changes: Any) -> Learner:
    train_config = config.train.evolve(schedule="constant", learning_rate=1e-2, **changes)
    return Learner(config.evolve(train=train_config), data.spec, NUM)


def steps(learner: Learner, data: Dataset, num: int) -> None:
    for number in range(num):
        learner.step(data.train.batch(torch.arange(8 * number, 8 * number + 8)))


def by_hand(
    learner: Learner,
    data: Dataset,
    num: int,
    make: Callable[[nn.Module], torch.optim.Optimizer],
    before: Callable[[nn.Module], Any] = lambda model: None,
    after: Callable[[nn.Module], Any] = lambda model: None,
) -> nn.Module:
    """The same steps with an optimiser that is not fused, and hooks around its step."""
    model = copy.deepcopy(learner.model)
    optimiser = make(model)
    context = Context(torch.Generator().manual_seed(learner.config.seed + 1_000_003))
    for number in range(num):
        batch = data.train.batch(torch.arange(8 * number, 8 * number + 8))
        optimiser.zero_grad()
        losses_of(learner.config.train.objective, model, batch, context).total.backward()
        before(model)
        optimiser.step()
        after(model)
    return model


def assert_same(one: nn.Module, other: nn.Module) -> None:
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)


def adam(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.Adam(model.parameters(), lr=1e-2)


def test_a_step_is_one_of_adam(tiny: Dataset, tiny_config: RunConfig) -> None:
    learner = made(tiny_config, tiny)
    expected = by_hand(learner, tiny, 3, adam)
    steps(learner, tiny, 3)
    assert_same(learner.model, expected)


def test_a_gradient_is_clipped_to_its_norm_over_all_weights(
    tiny: Dataset, tiny_config: RunConfig
) -> None:
    learner = made(tiny_config, tiny, clip_norm=0.5)
    norms = []

    def clip(model: nn.Module) -> None:
        norms.append(float(nn.utils.clip_grad_norm_(model.parameters(), 0.5)))

    expected = by_hand(learner, tiny, 3, adam, before=clip)
    steps(learner, tiny, 3)
    assert min(norms) > 0.5  # it was needed
    assert_same(learner.model, expected)


def test_weight_decay_is_decoupled_and_spares_biases(tiny: Dataset, tiny_config: RunConfig) -> None:
    learner = made(tiny_config, tiny, weight_decay=0.3)

    def decay(model: nn.Module) -> None:
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.ndim >= 2:
                    parameter.mul_(1 - 1e-2 * 0.3)

    expected = by_hand(learner, tiny, 3, adam, before=decay)
    steps(learner, tiny, 3)
    assert_same(learner.model, expected)


def test_l1_makes_weights_exactly_zero_and_spares_biases(
    tiny: Dataset, tiny_config: RunConfig
) -> None:
    learner = made(tiny_config, tiny, l1=0.5)

    def shrink(model: nn.Module) -> None:
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.ndim >= 2:
                    parameter.copy_(parameter.sign() * (parameter.abs() - 5e-3).clamp_min(0))

    expected = by_hand(learner, tiny, 3, adam, after=shrink)
    steps(learner, tiny, 3)
    assert_same(learner.model, expected)
    zeros = {name: float((p == 0).float().mean()) for name, p in learner.model.named_parameters()}
    assert zeros["encoder.1.weight"] > 0.02
    assert zeros["encoder.1.bias"] == 0.0


def test_the_average_of_weights_is_exponential_and_is_what_is_shown(
    tiny: Dataset, tiny_config: RunConfig
) -> None:
    learner = made(tiny_config, tiny, ema_decay=0.8)
    average: list[torch.Tensor] = []

    def follow(model: nn.Module) -> None:
        now = [p.detach().clone() for p in model.parameters()]
        average[:] = (
            [0.8 * a + 0.2 * b for a, b in zip(average, now, strict=True)] if average else now
        )

    by_hand(learner, tiny, 5, adam, after=follow)
    steps(learner, tiny, 5)
    assert learner.shown is not learner.model
    for a, b in zip(learner.shown.parameters(), average, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)
    assert learner.result() is learner.shown


def test_beta_rises_linearly_over_its_epochs(tiny: Dataset, tiny_config: RunConfig) -> None:
    config = tiny_config.evolve(train=tiny_config.train.evolve(beta=4.0, warmup_epochs=2, epochs=3))
    events = [e for e in every_step(config, tiny) if isinstance(e, Progress)]
    assert [e.beta for e in events] == pytest.approx([4 / 6 * n for n in range(1, 7)] + [4.0] * 3)
    assert all(e.loss_nats == e.recon_nats + e.beta * e.kl_nats for e in events)


def test_the_losses_shown_add_up_while_beta_rises(tiny: Dataset, tiny_config: RunConfig) -> None:
    """Over several batches the beta shown is the mean of theirs, weighted by their KL."""
    config = tiny_config.evolve(
        train=tiny_config.train.evolve(batch_size=4, beta=4.0, warmup_epochs=1, epochs=1)
    )
    training = train(config, tiny)
    next(training)
    event = training.send(9)
    assert isinstance(event, Progress)
    betas = [4.0 * n / 18 for n in (1, 5, 9)]  # the batches that were read
    assert min(betas) < event.beta < max(betas)
    assert event.kl_nats is not None
    assert event.loss_nats == event.recon_nats + event.beta * event.kl_nats


def every_step(config: RunConfig, data: Dataset) -> list[Any]:
    training = train(config, data)
    events: list[Any] = [next(training)]
    while not isinstance(events[-1], Finished):
        events.append(training.send(1))
    return events


def elbo_of(value: float) -> Elbo:
    return Elbo(-value, 0.0, value, (0.0,))


def with_scores(monkeypatch: pytest.MonkeyPatch, scores: list[float]) -> None:
    values = iter(scores)
    monkeypatch.setattr("vae_core.training.elbo", lambda *a: elbo_of(next(values)))


def test_training_stops_when_patience_runs_out_and_keeps_the_best_weights(
    tiny: Dataset, tiny_config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_scores(monkeypatch, [-3.0, -1.0, -2.0, -2.0, -2.0])
    config = tiny_config.evolve(train=tiny_config.train.evolve(epochs=50, patience=3))
    training = train(config, tiny)
    learner = next(training).learner
    best: list[torch.Tensor] = []
    validated = []
    for event in training:
        if isinstance(event, Validated):
            validated.append(event)
            if event.epoch == 2:
                best = [p.detach().clone() for p in learner.model.parameters()]
    assert [(e.best, e.num_worse) for e in validated] == [
        (-3.0, 0), (-1.0, 0), (-1.0, 1), (-1.0, 2), (-1.0, 3),
    ]  # fmt: skip
    assert isinstance(event, Finished)
    assert event.step == 15
    for kept, expected in zip(event.model.parameters(), best, strict=True):
        assert torch.equal(kept, expected)


def test_patience_waits_until_beta_has_risen(
    tiny: Dataset, tiny_config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_scores(monkeypatch, [-1.0] + [-2.0] * 9)
    config = tiny_config.evolve(
        train=tiny_config.train.evolve(epochs=50, patience=2, warmup_epochs=4)
    )
    *_, last = train(config, tiny)
    assert isinstance(last, Finished)
    # Epochs 4 and 5 are the first two that are validated with the full beta.
    assert last.step == 5 * 3


def test_a_plateau_lowers_the_learning_rate(
    tiny: Dataset, tiny_config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_scores(monkeypatch, [-1.0] * 12)
    config = tiny_config.evolve(
        train=tiny_config.train.evolve(epochs=12, schedule="plateau", learning_rate=0.01)
    )
    rates = {e.epoch: e.learning_rate for e in every_step(config, tiny) if isinstance(e, Progress)}
    assert [rates[epoch] for epoch in range(1, 13)] == [0.01] * 6 + [0.005] * 5 + [0.0025]


@pytest.mark.parametrize(
    "changes",
    [
        {"ema_decay": 0.9, "patience": 2, "schedule": "plateau", "warmup_epochs": 1},
        {"augmentation": AugmentationConfig(), "weight_decay": 0.1, "l1": 0.01, "clip_norm": 1.0},
        {"objective": {"name": "iwae", "num_samples": 2}},
        {"objective": {"name": "info-vae"}, "schedule": "cosine"},
        {"objective": {"name": "beta-tc", "free_bits": 0.1}},
    ],
    ids=["selection", "regularised", "iwae", "info-vae", "beta-tc"],
)
@pytest.mark.parametrize("num_before", [1, 3, 10])
def test_every_kind_of_training_resumes_to_the_bit(
    tiny: Dataset, tiny_config: RunConfig, tmp_path: Any, changes: Any, num_before: int
) -> None:
    model = MLPConfig(hidden=(16,), dropout=0.2)
    config = tiny_config.evolve(
        model=model, train=tiny_config.train.evolve(epochs=5, batch_size=16, **changes)
    )
    *_, whole = train(config, tiny)
    training = train(config, tiny)
    learner = next(training).learner
    while learner.num_done < num_before:
        training.send(1)
        torch.rand(3)  # what others draw meanwhile must not matter
    save_resume(tmp_path, learner.state_dict())
    *_, rest = train(config, tiny, resume=load_resume(tmp_path))
    assert isinstance(whole, Finished)
    assert isinstance(rest, Finished)
    assert rest.step == whole.step
    for one, other in zip(whole.model.parameters(), rest.model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_training_leaves_torch_s_own_random_numbers_alone(
    tiny: Dataset, tiny_config: RunConfig
) -> None:
    config = tiny_config.evolve(model=MLPConfig(hidden=(16,), dropout=0.5))
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    list(train(config, tiny))
    assert torch.equal(torch.rand(3), expected)


def test_augmentation_changes_inputs_and_targets_alike(
    tiny: Dataset, tiny_config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = made(tiny_config, tiny, augmentation=AugmentationConfig(rotate=40.0))
    seen: list[Any] = []
    monkeypatch.setattr("vae_core.learner.losses_of", lambda *a: seen.append(a[2]) or losses_of(*a))
    batch = tiny.train.batch(torch.arange(8))
    learner.step(batch)
    assert torch.equal(seen[0].x, seen[0].target)
    assert not torch.allclose(seen[0].x, batch.x)


def test_the_state_of_training_with_an_average_is_not_that_without(
    tiny: Dataset, tiny_config: RunConfig
) -> None:
    state = made(tiny_config, tiny).state_dict()
    with pytest.raises(CheckpointError, match="training state does not fit this run's settings"):
        made(tiny_config, tiny, ema_decay=0.9).load_state_dict(state)


def test_bfloat16_is_used_only_where_the_processor_has_it_and_it_is_allowed(
    tiny: Dataset, tiny_config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    medium = tiny_config.evolve(matmul_precision="medium")
    for has_it in (True, False):
        monkeypatch.setattr("vae_core.learner.multiplies_bfloat16", lambda has=has_it: has)
        assert (made(medium, tiny).working is not None) == has_it
        assert made(tiny_config, tiny).working is None
        normed = medium.evolve(model=MLPConfig(hidden=(16,), norm="layer"))
        assert made(normed, tiny).working is None


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ({}, False),
        ({"avx512_bf16": False, "avx2": True}, False),
        ({"avx512_bf16": True}, True),
        ({"amx_bf16": True}, True),
    ],
)
def test_the_processor_is_asked(
    monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, bool], expected: bool
) -> None:
    monkeypatch.setattr(precision_module.torch.cpu, "get_capabilities", lambda: capabilities)
    assert multiplies_bfloat16() == expected


def test_a_working_copy_follows_its_masters_and_has_their_gradients(
    tiny: Dataset, tiny_config: RunConfig
) -> None:
    learner = made(tiny_config, tiny)
    working = WorkingCopy(learner.model, learner.optimiser)
    assert {p.dtype for p in working.model.parameters()} == {torch.bfloat16}
    batch = tiny.train.batch(torch.arange(32))
    results = []
    for model in (learner.model, working.model):
        losses = losses_of(
            learner.config.train.objective, model, batch, Context(torch.Generator().manual_seed(0))
        )
        losses.total.backward()
        results.append(losses.total.item())
    assert results[1] == pytest.approx(results[0], rel=0.01)
    vectors = learner.optimiser.vectors
    exact = [vector.gather().clone() for vector in vectors]
    working.gather()  # leaves the copy's with the masters
    for gradient, vector in zip(exact, vectors, strict=True):
        assert not torch.equal(gradient, vector.gradient)
        assert float(nn.functional.cosine_similarity(gradient, vector.gradient, dim=0)) > 0.99
    assert all(p.grad is None for p in working.model.parameters())
    with torch.no_grad():
        for master in learner.model.parameters():
            master.add_(1.0)
    working.refresh()
    own_parameters = dict(working.model.named_parameters())
    for name, master in learner.model.named_parameters():
        assert torch.equal(own_parameters[name], master.bfloat16())


def test_training_in_bfloat16_ends_close_to_float32_and_resumes_to_the_bit(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vae_core.learner.multiplies_bfloat16", lambda: True)
    config = RunConfig(model=MLPConfig(hidden=(32,)), train=TrainConfig(epochs=6, batch_size=64))
    ends = {}
    for precision in ("highest", "medium"):
        training = train(config.evolve(matmul_precision=precision), digits)
        learner = next(training).learner
        assert (learner.working is not None) == (precision == "medium")
        state = None
        for event in training:
            if isinstance(event, Progress) and event.epoch >= 3 and state is None:
                state = learner.state_dict()
            if isinstance(event, Validated):
                ends[precision] = event.val.elbo_nats
    assert ends["medium"] == pytest.approx(ends["highest"], abs=0.1)
    *_, rest = train(config.evolve(matmul_precision="medium"), digits, resume=state)
    for one, other in zip(rest.model.parameters(), learner.model.parameters(), strict=True):
        assert one.dtype == torch.float32
        assert torch.equal(one, other)
