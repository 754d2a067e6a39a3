"""A step recorded once and replayed, against steps taken one by one.

Cards are rare; what a graph would record is done again here instead, with the same memory.
"""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import torch

from vae_core import MLPConfig, RunConfig, TrainConfig, train
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
    recorded = RecordedStep(learners[0], tiny.train, again)
    for number in range(6):
        indices = torch.arange(SIZE) + number
        torch.manual_seed(number)  # dropout's
        replayed = recorded(indices).terms
        torch.manual_seed(number)
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
    learner = Learner(tiny_config, tiny.spec, len(tiny.train))
    before = learner.state_dict()
    RecordedStep(learner, tiny.train, again)
    after = learner.state_dict()
    assert after["num_done"] == 0
    for part in ("model", "optimiser", "generators"):
        assert all(torch.equal(value, after[part][key]) for key, value in before[part].items())


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
def test_a_graph_on_a_card_takes_the_steps_of_the_same_card_without_it(tiny: Dataset) -> None:
    config = RunConfig(train=TrainConfig(epochs=4, batch_size=SIZE), device="cuda")
    learners = [Learner(config, tiny.spec, len(tiny.train)) for _ in range(2)]
    source = tiny.train.to(learners[0].device)
    recorded = RecordedStep(learners[0], source, cuda_graph)
    for number in range(6):
        indices = (torch.arange(SIZE) + number).cuda()
        recorded(indices)
        learners[1].step(source.batch(indices))
    for one, other in zip(*(x.model.parameters() for x in learners), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4)
    on_card = evidence(learners[0].model.eval(), tiny.test, 50)
    on_processor = evidence(learners[0].model.cpu(), tiny.test, 50)
    assert on_card is not None
    assert on_processor is not None
    assert on_card.nll_nats == pytest.approx(on_processor.nll_nats, abs=0.5)
