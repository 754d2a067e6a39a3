"""One step seen from inside: it is the step that is taken, and looking changes nothing."""

from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy

from vae_core import ConvConfig, MLPConfig, RunConfig, TrainConfig
from vae_core.anatomy import NUM_SHOWN, Anatomy, look_at_next_step, read_anatomy, write_anatomy
from vae_core.augmentation import AugmentationConfig
from vae_core.config import CorruptionConfig
from vae_core.data import Dataset, binarise
from vae_core.distributions import DiagonalGaussian
from vae_core.errors import RunError
from vae_core.models import PLACES, ConditionConfig
from vae_core.objectives import BetaTCConfig, ElboConfig, InfoVAEConfig, IwaeConfig
from vae_core.processor import multiplies_bfloat16
from vae_core.training import Finished, Progress, Started, Validated, train

TOLD = (
    ConditionConfig(name="class", into=PLACES, null_rate=0.3, classifier_weight=2.0),
    ConditionConfig(name="strokes", into=PLACES, null_rate=0.5),
)
SMALL = MLPConfig(hidden=(16,))
WAYS: dict[str, dict[str, Any]] = {
    "vae": {},
    "autoencoder": {"model": SMALL.evolve(posterior="point")},
    "told, with hidden conditions": {"model": SMALL.evolve(conditions=TOLD)},
    "dropout and layer norm": {"model": SMALL.evolve(dropout=0.4, norm="layer")},
    "conv with batch norm and dropout": {
        "model": ConvConfig(channels=(4,), hidden=(8,), norm="batch", dropout=0.2)
    },
    "learnt sigma": {"model": SMALL.evolve(likelihood="gaussian-pixel")},
    "denoising": {"train": {"corruption": CorruptionConfig(level=0.3)}},
    "augmented": {"train": {"augmentation": AugmentationConfig(rotate=20.0)}},
    "warm-up": {"train": {"beta": 4.0, "warmup_epochs": 2}},
    "free bits": {"train": {"objective": ElboConfig(free_bits=0.5)}},
    "iwae": {"train": {"objective": IwaeConfig(num_samples=4)}},
    "beta-tc": {"train": {"objective": BetaTCConfig()}},
    "info-vae": {"train": {"objective": InfoVAEConfig()}},
    "averaged and clipped": {"train": {"ema_decay": 0.9, "clip_norm": 1.0}},
    "everything at once": {
        "model": SMALL.evolve(conditions=TOLD, dropout=0.2, norm="batch"),
        "train": {
            "objective": InfoVAEConfig(),
            "warmup_epochs": 1,
            "corruption": CorruptionConfig(kind="salt-and-pepper", level=0.2),
            "augmentation": AugmentationConfig(),
            "patience": 2,
        },
    },
}
OTHER_NATS = (WAYS["learnt sigma"], WAYS["iwae"])  # not Bernoulli; a bound of several draws
every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())


def config_of(way: dict[str, Any]) -> RunConfig:
    """Two epochs of `tiny`, of three steps each; the last batch of an epoch has six images."""
    settings = TrainConfig(epochs=2, batch_size=32, **way.get("train", {}))
    return RunConfig(model=way.get("model", SMALL), train=settings, seed=4)


def looked_at(config: RunConfig, data: Dataset) -> Iterator[tuple[Anatomy, Progress] | Finished]:
    """Train step by step and look before each: what was seen, and what the step reports."""
    events = train(config, data)
    started = next(events)
    assert isinstance(started, Started)
    while not started.learner.is_done:
        seen = look_at_next_step(started.learner, data.train)
        told = events.send(1)
        assert isinstance(told, Progress)
        if told.step % started.steps_per_epoch == 0:
            assert isinstance(next(events), Validated)
        yield seen, told
    last = next(events)
    assert isinstance(last, Finished)
    yield last


def assert_same_terms(seen: Anatomy, told: Progress, tolerance: float = 1e-4) -> None:
    assert seen.step == told.step
    for name in ("recon_nats", "kl_nats", "beta", "loss_nats"):
        expected = getattr(told, name)
        if expected is not None:
            expected = pytest.approx(expected, rel=tolerance, abs=tolerance)
        assert seen.terms[name] == expected, name
    assert seen.terms["extra"].keys() == told.extra.keys()
    for name, pair in told.extra.items():
        near = pytest.approx(pair, rel=tolerance, abs=tolerance)
        assert tuple(seen.terms["extra"][name]) == near, name


def first_look(config: RunConfig, data: Dataset) -> Anatomy:
    events = train(config, data)
    started = next(events)
    assert isinstance(started, Started)
    return look_at_next_step(started.learner, data.train)


# The same step


@every_way
def test_what_is_seen_is_what_the_step_reports_and_looking_changes_no_bit(
    tiny: Dataset, way: dict[str, Any]
) -> None:
    config = config_of(way)
    *pairs, last = looked_at(config, tiny)
    assert isinstance(last, Finished)
    assert [seen.num_pictures for seen, _ in pairs] == [32, 32, 6, 32, 32, 6]
    for seen, told in pairs:
        assert_same_terms(seen, told)
    *_, undisturbed = train(config, tiny)
    assert isinstance(undisturbed, Finished)
    expected = undisturbed.model.state_dict()
    for name, value in last.model.state_dict().items():
        assert torch.equal(value, expected[name]), name


def test_black_and_white_pictures_that_are_drawn_anew_are_those_of_the_step(tiny: Dataset) -> None:
    *pairs, _ = looked_at(config_of({}), binarise(tiny, "dynamic"))
    for seen, told in pairs:
        assert_same_terms(seen, told)
        assert set(seen.input.unique().tolist()) <= {0.0, 1.0}


@pytest.mark.skipif(not multiplies_bfloat16(), reason="this processor has no bfloat16")
def test_where_a_step_rounds_to_bfloat16_it_is_seen_to_that_precision(tiny: Dataset) -> None:
    *pairs, last = looked_at(config_of({}).evolve(matmul_precision="medium"), tiny)
    for seen, told in pairs:
        assert_same_terms(seen, told, tolerance=2e-2)
    *_, undisturbed = train(config_of({}).evolve(matmul_precision="medium"), tiny)
    assert isinstance(last, Finished)
    assert isinstance(undisturbed, Finished)
    expected = undisturbed.model.state_dict()
    assert all(torch.equal(v, expected[name]) for name, v in last.model.state_dict().items())


# What is shown of it


@every_way
def test_the_numbers_of_each_picture_add_up(tiny: Dataset, way: dict[str, Any]) -> None:
    *pairs, _ = looked_at(config_of(way), tiny)
    for seen, _ in pairs:
        num = min(NUM_SHOWN, seen.num_pictures)
        for field in ("input", "target", "recon"):
            pictures = getattr(seen, field)
            assert pictures.shape == (num, 1, 8, 8)
            assert 0.0 <= pictures.min() <= pictures.max() <= 1.0
        assert seen.recon_nats.shape == (num,)
        if way not in OTHER_NATS:  # the pictures shown are those that the loss was taken of
            nats = binary_cross_entropy(seen.recon, seen.target, reduction="none")
            torch.testing.assert_close(nats.flatten(1).sum(1), seen.recon_nats)
        if seen.sigma is None or seen.eps is None:
            assert (seen.eps, seen.kl_nats) == (None, None)
            assert torch.equal(seen.z, seen.mean)
        else:
            torch.testing.assert_close(seen.z, seen.mean + seen.sigma * seen.eps)
            assert seen.kl_nats is not None
        if seen.num_pictures <= NUM_SHOWN:  # all of them: their mean is the batch's
            assert seen.recon_nats.mean().item() == pytest.approx(seen.terms["recon_nats"])


def test_the_kl_of_each_picture_is_that_of_the_mean_and_spread_shown(tiny: Dataset) -> None:
    seen = first_look(config_of({}), tiny)
    assert seen.sigma is not None
    assert seen.kl_nats is not None
    posterior = torch.distributions.Normal(seen.mean, seen.sigma)
    prior = torch.distributions.Normal(0.0, 1.0)
    expected = torch.distributions.kl_divergence(posterior, prior).sum(1)
    torch.testing.assert_close(seen.kl_nats, expected, rtol=1e-4, atol=1e-6)


def test_the_reconstruction_is_what_the_model_draws_from_the_z_shown(tiny: Dataset) -> None:
    events = train(config_of({}), tiny)
    started = next(events)
    assert isinstance(started, Started)
    events.send(3)
    seen = look_at_next_step(started.learner, tiny.train)
    model = started.learner.model
    with torch.no_grad():
        torch.testing.assert_close(model.likelihood.mean(model.decode((seen.z,))), seen.recon)
        posterior = model.encode(seen.input)
    assert isinstance(posterior, DiagonalGaussian)
    torch.testing.assert_close(posterior.mean, seen.mean)


def test_a_denoising_step_shows_the_damaged_picture_beside_the_clean_one(tiny: Dataset) -> None:
    seen = first_look(config_of({"train": {"corruption": CorruptionConfig(level=0.3)}}), tiny)
    clean = first_look(config_of({}), tiny)
    assert torch.equal(seen.target, clean.input)
    assert not torch.equal(seen.input, seen.target)
    assert torch.equal(clean.input, clean.target)


def test_a_batch_of_few_shows_all_its_pictures(tiny: Dataset) -> None:
    config = config_of({})
    seen = first_look(config.evolve(train=config.train.evolve(batch_size=3)), tiny)
    assert len(seen.input) == seen.num_pictures == 3


# Kept in a file


@every_way
def test_a_step_comes_back_from_its_file_as_it_was(
    tmp_path: Path, tiny: Dataset, way: dict[str, Any]
) -> None:
    seen = first_look(config_of(way), tiny)
    write_anatomy(tmp_path / "anatomy.npz", seen)
    read = read_anatomy(tmp_path / "anatomy.npz")
    for field in fields(Anatomy):
        before, after = getattr(seen, field.name), getattr(read, field.name)
        same = torch.equal(before, after) if isinstance(before, Tensor) else before == after
        assert same, field.name


DAMAGE: dict[str, Callable[[Path], Any]] = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "foreign": lambda path: path.write_bytes(b"not the anatomy of anything"),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-200]),
    "incomplete": lambda path: np.savez(path, z=np.zeros(3)),
    "bare": lambda path: np.savez(path, header=np.frombuffer(b"{}", np.uint8)),
    "a number": lambda path: np.savez(path, header=np.frombuffer(b"3", np.uint8)),
    "pickled": lambda path: np.savez(path, header=np.array([{}], dtype=object)),
    "altered": lambda path: replace(path, b'"step"', b'"stop"'),
    "renamed": lambda path: replace(path, b"recon.npy", b"recom.npy"),
}


def replace(path: Path, old: bytes, new: bytes) -> None:
    path.write_bytes(path.read_bytes().replace(old, new))


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_file_is_refused_in_words(
    tmp_path: Path, tiny: Dataset, damage: Callable[[Path], Any]
) -> None:
    path = tmp_path / "anatomy.npz"
    write_anatomy(path, first_look(config_of({}), tiny))
    damage(path)
    with pytest.raises(RunError, match=r"anatomy\.npz (cannot be read|is not the anatomy)"):
        read_anatomy(path)
