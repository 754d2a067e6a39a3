"""Data sets: the embedded digits, the splits, the order of an epoch."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from vae_core.data import DATASETS, SPLITS, Dataset, ImageSource, epoch_plan, load_dataset
from vae_core.errors import InvalidInputError, UnknownNameError


def test_digits_are_split_by_the_seeded_permutation(digits: Dataset) -> None:
    raw = load_digits()
    order = np.random.default_rng(0).permutation(1797)
    for name, rows in (("train", order[:1197]), ("val", order[1197:1497]), ("test", order[1497:])):
        source = digits.split(name)
        assert len(source) == len(rows)
        assert torch.equal(source.labels, torch.from_numpy(raw.target[rows]).long())
        np.testing.assert_array_equal(source.pixels()[:, 0].numpy() * 16, raw.images[rows])


def test_digits_have_seventeen_levels_from_black_to_white(digits: Dataset) -> None:
    x = torch.cat([digits.split(name).pixels() for name in SPLITS])
    assert digits.spec.levels == 17
    assert x.shape == (1797, 1, 8, 8)
    assert len(x.unique()) == 17
    assert (float(x.min()), float(x.max())) == (0.0, 1.0)


def test_digits_need_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path / "nowhere"))
    assert DATASETS["digits"].is_present()
    assert DATASETS["digits"].download is None
    assert len(load_dataset("digits").train) == 1197
    assert not list(tmp_path.iterdir())


def test_a_batch_gathers_the_items_asked_for(digits: Dataset) -> None:
    indices = torch.tensor([5, 0, 5])
    batch = digits.train.batch(indices)
    assert batch.x.dtype == torch.float32
    assert torch.equal(batch.x, digits.train.pixels()[indices])
    assert torch.equal(batch.target, batch.x)
    assert torch.equal(batch.index, indices)
    assert torch.equal(digits.train.pixels(3, 5), digits.train.pixels()[3:5])


def test_the_fingerprint_changes_with_one_pixel_or_one_label(tiny: Dataset) -> None:
    def altered(images: torch.Tensor, labels: torch.Tensor) -> str:
        return Dataset(
            tiny.spec, ImageSource(tiny.spec, images, labels), tiny.val, tiny.test
        ).fingerprint

    images, labels = tiny.train.images.clone(), tiny.train.labels.clone()
    assert altered(images, labels) == tiny.fingerprint
    images[0, 0, 0, 0] += 1
    assert altered(images, tiny.train.labels) != tiny.fingerprint
    labels[0] = (labels[0] + 1) % 10
    assert altered(tiny.train.images, labels) != tiny.fingerprint


def test_an_unknown_data_set_is_answered_with_the_names_there_are() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown data set 'svhn'\. Expected one of"):
        load_dataset("svhn")


def test_an_unknown_split_is_refused(digits: Dataset) -> None:
    with pytest.raises(InvalidInputError, match="Split 'dev' received; expected train, val or"):
        digits.split("dev")


def test_an_epoch_visits_each_item_once() -> None:
    plan = epoch_plan(101, seed=3, epoch=0)
    assert plan.dtype == torch.int64
    assert torch.equal(plan.sort().values, torch.arange(101))


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    orders = {
        tuple(epoch_plan(50, seed, epoch).tolist()) for seed in range(3) for epoch in range(4)
    }
    assert len(orders) == 12
    assert torch.equal(epoch_plan(50, 2, 3), epoch_plan(50, 2, 3))


@pytest.mark.parametrize("world_size", [1, 2, 3, 7])
def test_the_ranks_share_an_epoch_without_overlap(world_size: int) -> None:
    parts = [epoch_plan(50, 1, 2, rank, world_size) for rank in range(world_size)]
    assert torch.equal(torch.cat(parts).sort().values, torch.arange(50))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
