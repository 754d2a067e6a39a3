"""A step recorded once and replayed, against steps taken one by one.

Cards are rare; what a graph would record is done again here instead, with the same memory.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch

from vae_core import ConvConfig, MLPConfig, RunConfig, TrainConfig, build_model, runs, train
from vae_core.augmentation import AugmentationConfig
from vae_core.capture import WARM_UPS, RecordedStep, Recording, Stepper, cuda_graph
from vae_core.config import CorruptionConfig
from vae_core.data import Dataset
from vae_core.errors import InvalidConfigError
from vae_core.learner import Learner
from vae_core.metrics import elbo, evidence
from vae_core.models import ConditionConfig
from vae_core.objectives import BetaTCConfig, InfoVAEConfig, IwaeConfig, Losses
from vae_core.training import Finished
from vae_core.worker import execute

SIZE = 16
has_card = pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA card")


def again(work: Callable[[], Losses], generators: Iterable[torch.Generator]) -> Recording[Losses]:
    """Do the work anew at each replay, and move what it returns into the first result."""
    list(generators)
    for _ in range(WARM_UPS):
        work()
    result = Losses({n: (v.detach().clone(), w) for n, (v, w) in work().terms.items()})

    def replay() -> None:
        for name, (value, _) in work().terms.items():
            result.terms[name][0].copy_(value.detach())

    return replay, result


CONFIGS: dict[str, dict[str, Any]] = {
    "elbo": {},
    "warm-up": {"warmup_epochs": 2, "schedule": "cosine"},
    "regularised": {"weight_decay": 0.1, "l1": 0.1, "clip_norm": 1.0, "ema_decay": 0.9},
    "damaged": {"corruption": CorruptionConfig(), "augmentation": AugmentationConfig()},
    "iwae": {"objective": IwaeConfig(num_samples=3)},
    "beta-tc": {"objective": BetaTCConfig()},
    "info-vae": {"objective": InfoVAEConfig()},
}


@pytest.mark.parametrize("name", CONFIGS)
def test_replayed_steps_are_the_steps(tiny: Dataset, name: str) -> None:
    model = MLPConfig(hidden=(16,), dropout=0.1, conditions=(ConditionConfig(name="class"),))
    config = RunConfig(model=model, train=TrainConfig(epochs=4, batch_size=SIZE, **CONFIGS[name]))
    learners = [Learner(config, tiny.spec, len(tiny.train)) for _ in range(2)]
    with learners[0].at_work():
        recorded = RecordedStep(learners[0], tiny.train, again)
    for number in range(6):
        indices = torch.arange(SIZE) + number
        with learners[0].at_work():  # dropout's random numbers are the learner's own there
            replayed = recorded(indices).terms
        with learners[1].at_work():
            taken = Stepper(learners[1], tiny.train)(indices).terms
        assert replayed.keys() == taken.keys()
        for term, (value, weight) in taken.items():
            assert replayed[term][1] == weight  # told as a plain number
            assert isinstance(weight, float)
            torch.testing.assert_close(replayed[term][0], value.detach(), rtol=1e-4, atol=1e-4)
    states = [learner.state_dict() for learner in learners]
    for part in ("model", "ema", "optimiser"):
        for key, value in states[0][part].items():
            # beta and the rate are float32 in a graph's memory, float64 outside.
            torch.testing.assert_close(value, states[1][part][key], rtol=1e-4, atol=1e-6)


def test_recording_leaves_the_learner_as_it_was(tiny: Dataset, tiny_config: RunConfig) -> None:
    model = tiny_config.model.evolve(dropout=0.5)
    learner = Learner(tiny_config.evolve(model=model), tiny.spec, len(tiny.train))
    before = learner.state_dict()
    with learner.at_work():
        recorded = RecordedStep(learner, tiny.train, again)
    after = learner.state_dict()
    assert after["num_done"] == 0
    for part in ("model", "optimiser", "generators"):
        assert all(torch.equal(value, after[part][key]) for key, value in before[part].items())
    assert not any(value.requires_grad for value, _ in recorded.losses.terms.values())


def test_a_processor_records_nothing_and_a_short_batch_is_never_recorded(
    tiny: Dataset, tiny_config: RunConfig
) -> None:
    stepper = Stepper(Learner(tiny_config, tiny.spec, len(tiny.train)), tiny.train)
    for num in (tiny_config.train.batch_size, 6):
        stepper(torch.arange(num))
    assert stepper.recorded is None
    assert stepper.learner.num_done == 2


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card")
def test_a_card_that_is_not_there_is_refused(tiny: Dataset, tiny_config: RunConfig) -> None:
    with pytest.raises(InvalidConfigError, match="Device 'cuda' received, but PyTorch finds no"):
        next(train(tiny_config.evolve(device="cuda"), tiny))


@has_card
def test_a_card_trains_to_the_processor_s_result_within_a_nat(digits: Dataset) -> None:
    bounds = {}
    for device in ("cpu", "cuda"):
        config = RunConfig(train=TrainConfig(epochs=30, batch_size=64), device=device)
        *_, last = train(config, digits)
        assert isinstance(last, Finished)
        assert last.model.device.type == "cpu"
        bounds[device] = elbo(last.model, digits.test, 0).elbo_nats
    assert bounds["cuda"] == pytest.approx(bounds["cpu"], abs=1.0)


@has_card
@pytest.mark.parametrize("name", [*CONFIGS, "conv"])
def test_a_graph_on_a_card_takes_the_steps_of_the_same_card_without_it(
    tiny: Dataset, name: str
) -> None:
    told = (ConditionConfig(name="class"), ConditionConfig(name="strokes"))
    model: MLPConfig | ConvConfig = MLPConfig(hidden=(16,), conditions=told)
    if name == "conv":
        model = ConvConfig(norm="batch", conditions=told)
    train_config = TrainConfig(epochs=4, batch_size=SIZE, **CONFIGS.get(name, {}))
    config = RunConfig(model=model, train=train_config, device="cuda")
    learners = [Learner(config, tiny.spec, len(tiny.train)) for _ in range(2)]
    source = tiny.train.to(learners[0].device)
    with learners[0].at_work():
        recorded = RecordedStep(learners[0], source, cuda_graph)
        for number in range(6):
            recorded((torch.arange(SIZE) + number).cuda())
            Stepper(learners[0], source)(torch.arange(6).cuda())  # a short batch goes between
    with learners[1].at_work():
        for number in range(6):
            learners[1].step(source.batch((torch.arange(SIZE) + number).cuda()))
            learners[1].step(source.batch(torch.arange(6).cuda()))
    for one, other in zip(*(x.model.parameters() for x in learners), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)
    on_card = evidence(learners[0].model.eval(), tiny.test, 50)
    on_processor = evidence(learners[0].model.cpu(), tiny.test, 50)
    assert on_card is not None
    assert on_processor is not None
    assert on_card.nll_nats == pytest.approx(on_processor.nll_nats, abs=0.5)


@has_card
def test_a_run_on_a_card_is_watched_and_ends_as_any_other(tmp_path: Path) -> None:
    config = RunConfig(train=TrainConfig(epochs=2), device="cuda")
    run = runs.create(config, folder=tmp_path / "run")
    execute(run)
    assert run.record().status == "finished"


def test_what_is_given_goes_to_the_model_s_device(tiny: Dataset) -> None:
    """A device that computes nothing stands for a card: what was left behind raises."""
    model = build_model(MLPConfig(conditions=(ConditionConfig(name="strokes"),)), tiny.spec)
    meta = torch.device("meta")
    source = tiny.train.to(meta)
    assert source.to(meta) is source
    batch = source.batch(torch.arange(8, device=meta))
    told = dict(batch.conditions)
    assert {batch.x.device.type, *(v.device.type for v in told.values())} == {"meta"}
    (term,) = model.to(meta).infer(batch.x, told)
    assert model.decode((term.z,), told).device == model.device == meta


def test_a_step_that_needs_the_processor_is_never_recorded() -> None:
    """JPEG files are written and read on the processor: no graph of a card can hold that."""
    taken: list[str] = []

    class Stub:
        device = torch.device("cuda")
        generators: ClassVar = {"binarise": None}

        def __init__(self, damage: CorruptionConfig | None) -> None:
            self.config = RunConfig(train=TrainConfig(batch_size=SIZE, corruption=damage))

        def batch(self, indices: torch.Tensor, generator: None) -> None:
            return None

        def step(self, batch: None, *, wants_values: bool) -> None:
            taken.append("one by one")

    stub: Any = Stub(CorruptionConfig(kind="jpeg", level=0.5))
    Stepper(stub, stub)(torch.arange(SIZE))
    assert taken == ["one by one"]
