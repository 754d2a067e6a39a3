"""Fine-tuning: what is taken over, and what is said about it."""

import pytest
import torch

from vae_core import ConvConfig, MLPConfig
from vae_core.config import RunConfig
from vae_core.data import Dataset
from vae_core.errors import CheckpointError, InvalidInputError
from vae_core.models import build_model
from vae_core.training import Finished, Started, train
from vae_core.transfer import take_over


def test_everything_is_taken_over_by_a_model_of_the_same_shape(tiny: Dataset) -> None:
    config = MLPConfig(hidden=(16,))
    old, new = (build_model(config, tiny.spec, seed) for seed in (1, 2))
    transfer = take_over(new, old.state_dict())
    assert transfer.taken == tuple(old.state_dict())
    assert (transfer.reshaped, transfer.new, transfer.unused) == ((), (), ())
    assert all(torch.equal(v, old.state_dict()[k]) for k, v in new.state_dict().items())
    assert str(transfer) == f"{len(transfer.taken)} tensors taken over."


def test_what_does_not_fit_is_left_as_initialised_and_named(tiny: Dataset) -> None:
    old = build_model(MLPConfig(latent_dim=2, hidden=(16,)), tiny.spec, 1)
    new = build_model(MLPConfig(latent_dim=3, hidden=(16, 8)), tiny.spec, 2)
    before = {name: value.clone() for name, value in new.state_dict().items()}
    transfer = take_over(new, {**old.state_dict(), "odd": torch.zeros(1)})
    after = new.state_dict()
    assert set(transfer.taken) == {"encoder.1.weight", "encoder.1.bias"}
    assert "head.weight" in transfer.reshaped
    assert "encoder.3.weight" in transfer.new
    assert "odd" in transfer.unused
    for name in after:
        source = old.state_dict()[name] if name in transfer.taken else before[name]
        assert torch.equal(after[name], source)
    text = str(transfer)
    assert "2 tensors taken over" in text
    assert all(name in text for name in ("head.weight", "encoder.3.weight", "odd"))


def test_weights_of_which_none_fits_are_refused(tiny: Dataset) -> None:
    old = build_model(ConvConfig(channels=(4,), hidden=(8,)), tiny.spec)
    new = build_model(MLPConfig(hidden=(16,)), tiny.spec)
    weights = {name: v for name, v in old.state_dict().items() if name.startswith("encoder.0")}
    with pytest.raises(CheckpointError, match="None of the weights to start from fits"):
        take_over(new, weights)


def test_training_starts_from_the_weights_it_is_given(
    tiny: Dataset, tiny_config: RunConfig
) -> None:
    old = build_model(tiny_config.model, tiny.spec, seed=77)
    events = train(tiny_config.evolve(init_from="old"), tiny, weights=old.state_dict())
    started = next(events)
    assert isinstance(started, Started)
    assert started.transfer is not None
    assert len(started.transfer.taken) == len(old.state_dict())
    own = started.learner.model.state_dict()
    assert all(torch.equal(own[name], value) for name, value in old.state_dict().items())


def test_an_average_of_weights_starts_from_them_too(tiny: Dataset, tiny_config: RunConfig) -> None:
    old = build_model(tiny_config.model, tiny.spec, seed=77)
    config = tiny_config.evolve(init_from="old", train=tiny_config.train.evolve(ema_decay=0.99))
    learner = next(train(config, tiny, weights=old.state_dict())).learner
    shown = learner.shown.state_dict()
    assert all(torch.equal(shown[name], value) for name, value in old.state_dict().items())


def test_a_resumed_run_needs_its_first_weights_no_more(
    tiny: Dataset, tiny_config: RunConfig
) -> None:
    config = tiny_config.evolve(init_from="old")
    old = build_model(tiny_config.model, tiny.spec, seed=77)
    training = train(config, tiny, weights=old.state_dict())
    learner = next(training).learner
    training.send(4)
    state = learner.state_dict()
    *_, whole = training
    *_, rest = train(config, tiny, resume=state)
    assert isinstance(whole, Finished)
    assert isinstance(rest, Finished)
    for one, other in zip(whole.model.parameters(), rest.model.parameters(), strict=True):
        assert torch.equal(one, other)


def test_weights_that_are_named_but_not_given_are_asked_for(
    tiny: Dataset, tiny_config: RunConfig
) -> None:
    with pytest.raises(InvalidInputError, match=r"starts from the weights of 'old'.*not given"):
        next(train(tiny_config.evolve(init_from="old"), tiny))
