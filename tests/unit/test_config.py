"""A run's configuration: what it accepts, what it refuses, how it is written down."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vae_core.config import CorruptionConfig, RunConfig, TrainConfig
from vae_core.corruption import CORRUPTIONS
from vae_core.data import DATASETS
from vae_core.errors import InvalidConfigError, UnknownNameError
from vae_core.likelihoods import LIKELIHOODS, MAX_SIGMA, MIN_SIGMA
from vae_core.models import MODELS, ConvConfig, MLPConfig

latents = {
    "latent_dim": st.integers(1, 64),
    "posterior": st.sampled_from(["gaussian", "point"]),
    "likelihood": st.sampled_from(sorted(LIKELIHOODS)),
    "sigma": st.floats(MIN_SIGMA, MAX_SIGMA),
}
widths = st.lists(st.integers(1, 4096), min_size=1, max_size=8).map(tuple)
models = st.one_of(
    st.builds(MLPConfig, hidden=widths, **latents),
    st.builds(
        ConvConfig,
        channels=st.lists(st.integers(1, 512), min_size=1, max_size=4).map(tuple),
        hidden=widths,
        **latents,
    ),
)
corruptions = st.one_of(
    st.builds(
        CorruptionConfig,
        kind=st.just(kind),
        level=st.sampled_from(entry.levels.choices)
        if entry.levels.is_stepped
        else st.floats(entry.levels.choices[0], entry.levels.choices[-1]),
    )
    for kind, entry in CORRUPTIONS.items()
)
trainings = st.builds(
    TrainConfig,
    epochs=st.integers(1, 1000),
    learning_rate=st.floats(0, 1, exclude_min=True),
    beta=st.floats(0, 1000),
    corruption=st.none() | corruptions,
)
runs = st.builds(
    RunConfig,
    dataset=st.sampled_from(sorted(DATASETS)),
    model=models,
    train=trainings,
    seed=st.integers(0, 2**31 - 1),
)


@settings(derandomize=True, max_examples=50, deadline=None, database=None)
@given(runs)
def test_every_configuration_comes_back_from_json_as_it_was(config: RunConfig) -> None:
    assert RunConfig.parse(json.loads(config.model_dump_json())) == config
    assert RunConfig.parse(config.model_dump(mode="json")) == config


@pytest.mark.parametrize("name", MODELS)
def test_the_name_of_a_model_chooses_its_configuration(name: str) -> None:
    assert type(RunConfig.parse({"model": {"name": name}}).model) is MODELS[name].config


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"dataset": "minst"}, "Unknown data set 'minst'. Expected one of: digits, fashion-mnist"),
        (
            {"train": {"corruption": {"kind": "fog"}}},
            "Unknown corruption 'fog'. Expected one of: blur, down-sample",
        ),
        (
            {"model": {"name": "mlp", "likelihood": "poisson"}},
            "Unknown likelihood 'poisson'. Expected one of: bernoulli, continuous-bernoulli, ",
        ),
    ],
)
def test_an_unknown_name_is_answered_with_the_names_there_are(
    data: dict[str, Any], text: str
) -> None:
    with pytest.raises(UnknownNameError, match=text):
        RunConfig.parse(data)
    with pytest.raises(UnknownNameError, match=text):
        RunConfig().evolve(**data)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"version": 2}, "version: received 2, but input should be 1"),
        ({"seed": -1}, "seed: received -1"),
        ({"seed": 2**31}, "seed: received 2147483648"),
        ({"num_threads": 0}, "num_threads: received 0"),
        ({"matmul_precision": "low"}, "matmul_precision: received 'low'"),
        ({"model": {"name": "cnv"}}, "model: received .*'cnv'.* expected tags: 'mlp', 'conv'"),
        ({"model": {"name": "mlp", "latent_dim": 0}}, "latent_dim: received 0"),
        ({"model": {"name": "mlp", "latent_dim": 65}}, "latent_dim: received 65"),
        ({"model": {"name": "mlp", "latent_dim": 2.5}}, "latent_dim: received 2.5"),
        ({"model": {"name": "mlp", "hidden": []}}, "hidden: received .* at least 1 item"),
        ({"model": {"name": "mlp", "hidden": [0]}}, "hidden.0: received 0"),
        ({"model": {"name": "mlp", "channels": [8]}}, "channels: received .* extra inputs"),
        ({"model": {"name": "conv", "channels": [8] * 5}}, "channels: received .* at most 4"),
        ({"model": {"name": "conv", "posterior": "laplace"}}, "posterior: received 'laplace'"),
        ({"model": {"name": "mlp", "sigma": 0.002}}, "sigma: received 0.002"),
        ({"model": {"name": "mlp", "sigma": 10.5}}, "sigma: received 10.5"),
        ({"train": {"epochs": 0}}, "train.epochs: received 0"),
        ({"train": {"epochs": 1001}}, "train.epochs: received 1001"),
        ({"train": {"batch_size": 0}}, "train.batch_size: received 0"),
        ({"train": {"learning_rate": 0}}, "train.learning_rate: received 0"),
        ({"train": {"learning_rate": float("nan")}}, "train.learning_rate: received nan"),
        ({"train": {"beta": -0.1}}, "train.beta: received -0.1"),
        ({"train": {"beta": float("inf")}}, "train.beta: received inf"),
        (
            {"train": {"corruption": {"level": 1.5}}},
            "Noise level 1.5 received; expected a number from 0 to 1",
        ),
        ({"train": {"schedule": "linear"}}, "train.schedule: received 'linear'"),
    ],
)
def test_what_is_out_of_range_is_refused_with_its_name_and_value(
    data: dict[str, Any], text: str
) -> None:
    with pytest.raises(InvalidConfigError, match=text):
        RunConfig.parse(data)
