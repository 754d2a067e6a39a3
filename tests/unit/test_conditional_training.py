"""Training of conditional models: told at each step, hidden at random, resumed to the bit."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from vae_core import ConvConfig, MLPConfig, RunConfig, TrainConfig, recipe, train
from vae_core.checkpoints import load_resume, save_resume
from vae_core.data import Dataset
from vae_core.learner import Learner
from vae_core.metrics import elbo
from vae_core.models import PLACES, ConditionConfig, LatentModel
from vae_core.objectives import OBJECTIVES
from vae_core.training import Finished, Progress

EVERYWHERE = (
    ConditionConfig(name="class", into=PLACES, null_rate=0.3, classifier_weight=2.0),
    ConditionConfig(name="strokes", into=PLACES, null_rate=0.5),
)
CONFIGS = [
    MLPConfig(hidden=(16,), conditions=EVERYWHERE, norm="layer", dropout=0.2, activation="relu"),
    ConvConfig(channels=(4,), hidden=(8,), conditions=EVERYWHERE, norm="batch", dropout=0.1),
]
every_config = pytest.mark.parametrize("model", CONFIGS, ids=lambda model: model.name)


def trained(config: RunConfig, data: Dataset) -> LatentModel:
    *_, last = train(config, data)
    assert isinstance(last, Finished)
    return last.model


def test_a_few_epochs_suffice_for_the_class_to_count(digits: Dataset) -> None:
    config = recipe("digits-cvae-2d")
    model = trained(config.evolve(train=config.train.evolve(epochs=15)), digits)
    shuffled = replace(digits.test, labels=digits.test.labels.roll(1))
    unknown = replace(digits.test, labels=torch.full_like(digits.test.labels, -1))
    true, other, none = (elbo(model, s, 0).elbo_nats for s in (digits.test, shuffled, unknown))
    assert true > none + 1.0
    assert none > other + 1.0


@every_config
def test_a_conditional_model_resumes_to_the_bit(
    tiny: Dataset, tmp_path: Path, model: MLPConfig | ConvConfig
) -> None:
    config = RunConfig(model=model, train=TrainConfig(epochs=3, batch_size=23), seed=5)
    whole = trained(config, tiny).state_dict()
    training = train(config, tiny)
    learner = next(training).learner
    while learner.num_done < 5:  # in the middle of an epoch that ends on a single image
        training.send(1)
    save_resume(tmp_path, learner.state_dict())
    training.close()
    *_, last = train(config, tiny, resume=load_resume(tmp_path))
    assert isinstance(last, Finished)
    for name, value in last.model.state_dict().items():
        assert torch.equal(value, whole[name]), name


@every_config
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_trains_a_prior_that_is_told(
    tiny: Dataset, model: MLPConfig | ConvConfig, objective: str
) -> None:
    train_config = TrainConfig.parse(
        {"objective": {"name": objective}, "batch_size": 32, "schedule": "constant"}
    )
    learner = Learner(RunConfig(model=model, train=train_config), tiny.spec, len(tiny.train))
    before = {name: value.clone() for name, value in learner.model.named_parameters()}
    for _ in range(3):
        losses = learner.step(tiny.train.batch(torch.arange(32)))
    assert losses.terms["classifier_nats"][1] == 2.0
    # The first step moves the prior off N(0, I), where its embeddings get no gradient yet.
    for name, value in learner.model.named_parameters():
        assert bool(value.isfinite().all()), name
        assert not torch.equal(value, before[name]), name


def test_the_classifier_is_told_of_as_a_term_of_the_loss(tiny: Dataset) -> None:
    config = RunConfig(model=CONFIGS[0], train=TrainConfig(epochs=1, batch_size=32))
    progress = next(event for event in train(config, tiny) if isinstance(event, Progress))
    nats, weight = progress.extra["classifier_nats"]
    assert 0.0 < nats < 5.0
    total = progress.recon_nats + progress.beta * progress.kl_nats + weight * nats
    assert progress.loss_nats == pytest.approx(total, rel=1e-5)


def test_a_classifier_on_z_keeps_the_class_in_z(digits: Dataset) -> None:
    def read(weight: float) -> float:
        condition = ConditionConfig(name="class", into=("decoder",), classifier_weight=weight)
        base = recipe("digits-2d")
        config = base.evolve(
            model=MLPConfig(hidden=(64,), conditions=(condition,)),
            train=base.train.evolve(epochs=10),
        )
        model = trained(config, digits)
        with torch.inference_mode():
            z = model.encode(digits.train.pixels()).mean
            test = model.encode(digits.test.pixels()).mean
        nearest = torch.cdist(test, z).argmin(1)
        return float((digits.train.labels[nearest] == digits.test.labels).float().mean())

    assert read(20.0) > read(0.0) + 0.2
