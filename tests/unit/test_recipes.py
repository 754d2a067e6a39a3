"""Recipes and defaults."""

from collections.abc import Callable
from pathlib import Path

import pytest

from vae_core import DATASETS, MODELS, RECIPES, default_config, knn_accuracy, recipe, train
from vae_core.data import Dataset
from vae_core.errors import UnknownNameError
from vae_core.inference import encode
from vae_core.metrics import elbo
from vae_core.training import Finished


@pytest.mark.parametrize("dataset", DATASETS)
@pytest.mark.parametrize("model", MODELS)
def test_each_data_set_has_defaults_for_each_model(dataset: str, model: str) -> None:
    config = default_config(dataset, model)
    assert (config.dataset, config.model.name, config.model.latent_dim) == (dataset, model, 2)


def test_there_is_a_recipe_for_each_bundled_checkpoint(bundled: Path) -> None:
    assert sorted(RECIPES) == sorted(path.parent.name for path in bundled.glob("*/run.json"))


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (lambda: recipe("digits-3d"), "Unknown recipe 'digits-3d'. Expected one of: digits-2d"),
        (lambda: default_config("cifar"), "Unknown data set 'cifar'. Expected one of: digits"),
        (lambda: default_config("digits", "gan"), "Unknown model 'gan'. Expected one of: conv"),
    ],
)
def test_an_unknown_name_is_answered_with_the_names_there_are(
    ask: Callable[[], object], text: str
) -> None:
    with pytest.raises(UnknownNameError, match=text):
        ask()


def test_conv_reaches_the_bound_of_the_mlp_at_equal_epochs(digits: Dataset) -> None:
    bounds = []
    for model in ("mlp", "conv"):
        config = default_config("digits", model)
        config = config.evolve(train=config.train.evolve(epochs=60))
        *_, last = train(config, digits)
        assert isinstance(last, Finished)
        bounds.append(elbo(last.model, digits.test, 0).elbo_nats)
    assert bounds[1] >= bounds[0] - 2.0


def test_digits_2d_arranges_the_classes_on_its_map(digits: Dataset) -> None:
    scores = []
    for seed in range(3):
        *_, last = train(recipe("digits-2d").evolve(seed=seed), digits)
        assert isinstance(last, Finished)
        means = [encode(last.model, part.pixels()).mean for part in (digits.train, digits.test)]
        scores.append(knn_accuracy(means[0], digits.train.labels, means[1], digits.test.labels))
    assert sum(scores) / 3 >= 0.85


def test_mnist_2d_arranges_the_classes_on_its_map(mnist: Dataset) -> None:
    *_, last = train(recipe("mnist-2d"), mnist)
    assert isinstance(last, Finished)
    means = [encode(last.model, part.pixels()).mean for part in (mnist.train, mnist.test)]
    score = knn_accuracy(means[0], mnist.train.labels, means[1], mnist.test.labels)
    assert score >= 0.78
