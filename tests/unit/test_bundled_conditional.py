"""The bundled conditional models: what they are told counts, and they draw what is asked for."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from vae_core import load_checkpoint, load_dataset, sample
from vae_core.metrics import elbo
from vae_core.metrics.extractor import load_extractor
from vae_core.models import LatentModel


@pytest.fixture(params=["digits", "mnist"])
def dataset(request: pytest.FixtureRequest) -> str:
    if request.param == "mnist":
        request.getfixturevalue("mnist")  # skips where it is not
    return request.param


def model_of(bundled: Path, dataset: str) -> LatentModel:
    return load_checkpoint(bundled / f"{dataset}-cvae-2d").model


def test_shuffled_classes_lower_the_bound_and_so_does_telling_none(
    bundled: Path, dataset: str
) -> None:
    model, test = model_of(bundled, dataset), load_dataset(dataset).test
    order = torch.randperm(len(test), generator=torch.Generator().manual_seed(0))
    told = {
        "true": test.labels,
        "none": torch.full_like(test.labels, -1),
        "shuffled": test.labels[order],
    }
    bounds = {
        name: elbo(model, replace(test, labels=labels), seed=0).elbo_nats
        for name, labels in told.items()
    }
    assert bounds["true"] > bounds["none"] + 3.0
    assert bounds["none"] > bounds["shuffled"] + 3.0


def test_a_classifier_reads_the_class_that_was_asked_for(bundled: Path) -> None:
    asked = torch.arange(10).repeat(200)
    generator = torch.Generator().manual_seed(0)
    images = sample(model_of(bundled, "mnist"), len(asked), generator, {"class": asked})
    with torch.inference_mode():
        read = load_extractor("mnist-conv-64").classify(images)
    right = (read == asked).float()
    assert right.mean() >= 0.95
    assert min(right[asked == label].mean() for label in range(10)) >= 0.9
    # Other z, other pictures: the class is not bought by drawing one digit again and again.
    ones = images[asked == 3]
    assert float(ones.std(0).mean()) > 0.05


def test_the_numbers_no_longer_hold_the_class(bundled: Path, dataset: str) -> None:
    summary = load_checkpoint(bundled / f"{dataset}-cvae-2d").record.summary
    assert summary.knn_accuracy < 0.3
