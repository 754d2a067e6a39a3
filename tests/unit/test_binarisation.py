"""Binarised data sets: fair coins, drawn once or anew."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch.nn.utils import parameters_to_vector

from vae_core.config import RunConfig
from vae_core.data import DATASETS, SPLITS, Dataset, binarise, load_dataset
from vae_core.data.binarisation import CHUNK, binarised_spec
from vae_core.data.coins import flip_coins
from vae_core.errors import DatasetError, InvalidInputError
from vae_core.training import Finished, Progress, Started, train

Seeded = Callable[[int], torch.Generator]
MNIST_MEAN = 0.1307  # of its training pixels, known to everyone who ever normalised them


@pytest.fixture(scope="module")
def static(digits: Dataset) -> Dataset:
    return binarise(digits, "static")


@pytest.fixture(scope="module")
def dynamic(digits: Dataset) -> Dataset:
    return binarise(digits, "dynamic")


# Coins


@pytest.mark.parametrize("p", [0.1, 1 / 3, 0.5, 1 / 255, 254 / 255])
def test_a_coin_falls_on_one_as_often_as_asked(p: float, seeded: Seeded) -> None:
    num = 400_000
    share = flip_coins(torch.full((num,), p), seeded(1)).mean().item()
    assert share == pytest.approx(p, abs=4.5 * (p * (1 - p) / num) ** 0.5 + 2**-16)


def test_black_and_white_are_certain(seeded: Seeded) -> None:
    certain = torch.tensor([0.0, 1.0]).repeat(1_000_000)
    assert torch.equal(flip_coins(certain, seeded(0)), certain)


@pytest.mark.parametrize("shape", [(1,), (3, 5), (2, 1, 8, 8), (0, 1, 8, 8)])
def test_coins_keep_any_shape_and_their_seed(shape: tuple[int, ...], seeded: Seeded) -> None:
    p = torch.full(shape, 0.5)
    coins = flip_coins(p, seeded(3))
    assert coins.shape == shape
    assert coins.dtype == torch.float32
    assert set(coins.unique().tolist()) <= {0.0, 1.0}
    assert torch.equal(coins, flip_coins(p, seeded(3)))


def test_neighbouring_coins_know_nothing_of_each_other(seeded: Seeded) -> None:
    # Four coins share one draw of the generator.
    coins = flip_coins(torch.full((200_000, 4), 0.5), seeded(0))
    correlation = torch.corrcoef(coins.T) - torch.eye(4)
    assert float(correlation.abs().max()) < 4.5 / 200_000**0.5


# Data sets


@pytest.mark.parametrize("how", ["static", "dynamic"])
def test_every_pixel_is_black_or_white_and_the_labels_stay(digits: Dataset, how: str) -> None:
    binary = binarise(digits, how)
    assert binary.spec.levels == 2
    assert (binary.spec.name, binary.spec.event_shape) == (f"digits-{how}", (1, 8, 8))
    for name in SPLITS:
        source, grey = binary.split(name), digits.split(name)
        assert source.spec == binary.spec
        assert source.images.dtype == torch.uint8
        assert source.images.unique().tolist() == [0, 1]
        assert source.pixels().unique().tolist() == [0.0, 1.0]
        assert torch.equal(source.labels, grey.labels)
        # Pixels that are black or white in every picture are no matter of chance.
        for level, value in ((0, 0), (16, 1)):
            assert bool((source.images[grey.images == level] == value).all())


def test_the_share_of_white_pixels_is_the_mean_brightness(digits: Dataset, static: Dataset) -> None:
    for name in SPLITS:
        grey, binary = digits.split(name).pixels(), static.split(name).pixels()
        spread = (grey * (1 - grey)).sum().sqrt() / grey.numel()
        assert abs(float(binary.mean() - grey.mean())) < 4.5 * float(spread)


def test_the_same_seed_gives_the_same_draw_and_another_seed_another(digits: Dataset) -> None:
    prints = [binarise(digits, "static", seed).fingerprint for seed in (0, 1, 2, 0)]
    assert prints[0] == prints[3]
    assert len(set(prints)) == 3


def test_a_draw_is_the_same_on_every_machine(static: Dataset) -> None:
    """If this fails, binarised numbers can no longer be compared with older ones."""
    assert static.fingerprint == "b8869604d49849e24b82bd0080223f92"


def test_splits_are_drawn_apart(tiny: Dataset) -> None:
    grey = torch.full_like(tiny.train.images, 8)
    alike = [type(tiny.train)(tiny.spec, grey, tiny.train.labels) for _ in SPLITS]
    binary = binarise(Dataset(tiny.spec, *alike), "static")
    assert not torch.equal(binary.train.images, binary.val.images)
    assert not torch.equal(binary.val.images, binary.test.images)


def test_dynamic_validates_and_tests_on_the_static_images(
    static: Dataset, dynamic: Dataset
) -> None:
    for name in SPLITS:
        assert torch.equal(static.split(name).images, dynamic.split(name).images)
    assert dynamic.val.grey is None
    assert dynamic.test.grey is None
    assert dynamic.fingerprint != static.fingerprint


def test_dynamic_training_batches_are_drawn_anew_and_only_they(
    digits: Dataset, dynamic: Dataset, static: Dataset, seeded: Seeded
) -> None:
    rows = torch.tensor([5, 0, 5, 700])
    generator = seeded(1)
    first, second = (dynamic.train.batch(rows, generator) for _ in range(2))
    assert not torch.equal(first.x, second.x)
    assert not torch.equal(first.x[0], first.x[2])
    assert torch.equal(first.x, first.target)
    assert torch.equal(first.x, dynamic.train.batch(rows, seeded(1)).x)
    assert set(first.x.unique().tolist()) == {0.0, 1.0}
    # Without a generator, and wherever nothing is drawn anew, the images are what they are.
    assert torch.equal(dynamic.train.batch(rows).x, static.train.batch(rows).x)
    untouched = seeded(7)
    before = untouched.get_state()
    for source in (static.train, dynamic.val, dynamic.test, digits.train):
        here = rows[:3]
        assert torch.equal(source.batch(here, untouched).x, source.pixels()[here])
    assert torch.equal(untouched.get_state(), before)


def test_draws_average_to_the_grey_picture(
    digits: Dataset, dynamic: Dataset, seeded: Seeded
) -> None:
    generator = seeded(0)
    rows = torch.arange(20).repeat(100)
    mean = sum(
        dynamic.train.batch(rows, generator).x.view(100, 20, 1, 8, 8).mean(0) for _ in range(20)
    )
    assert float((mean / 20 - digits.train.pixels(0, 20)).abs().max()) < 4.5 * 0.5 / 2000**0.5


def test_conditions_and_places_come_with_a_drawn_batch(dynamic: Dataset, seeded: Seeded) -> None:
    rows = torch.tensor([3, 1])
    batch = dynamic.train.batch(rows, seeded(0))
    assert torch.equal(batch.index, rows)
    assert torch.equal(batch.conditions["class"], dynamic.train.labels[rows])


def test_training_draws_anew_in_each_epoch_and_resumes_to_the_bit(
    tiny: Dataset, tiny_config: RunConfig
) -> None:
    def weights(data: Dataset, resume_at: int | None = None) -> torch.Tensor:
        events = train(tiny_config, data)
        for event in events:
            if isinstance(event, Started):
                learner = event.learner
            elif isinstance(event, Progress) and event.step == resume_at:
                events = train(tiny_config, data, resume=learner.state_dict())
                begun, *_, event = events
                assert begun.learner.num_done == event.step == 9
                break
        else:
            assert resume_at is None
        assert isinstance(event, Finished)
        return parameters_to_vector(event.model.parameters())

    dynamic, static = (binarise(tiny, how) for how in ("dynamic", "static"))
    trained = weights(dynamic)
    assert torch.equal(weights(dynamic), trained)
    assert torch.equal(weights(dynamic, resume_at=4), trained)
    assert not torch.equal(weights(static), trained)
    # The draws alone make the difference.
    frozen = Dataset(dynamic.spec, replace(dynamic.train, grey=None), dynamic.val, dynamic.test)
    assert torch.equal(weights(frozen), weights(static))


def test_an_unknown_way_is_refused(digits: Dataset) -> None:
    with pytest.raises(InvalidInputError, match="Binarisation 'soft' received; expected static or"):
        binarise(digits, "soft")


def test_chunks_change_nothing_but_memory(
    digits: Dataset, static: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert CHUNK * 64 % 4 == 0  # a chunk uses whole draws, so that its size does not matter
    monkeypatch.setattr("vae_core.data.binarisation.CHUNK", 256)
    assert binarise(digits, "static").fingerprint == static.fingerprint


# The registry


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("mnist-static", "MNIST, binarised once"),
        ("mnist-dynamic", "MNIST, binarised anew"),
    ],
)
def test_binary_mnist_is_told_by_name_and_shares_the_files_of_mnist(
    name: str, title: str, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path))
    entry, mnist = DATASETS[name], DATASETS["mnist"]
    assert entry.spec == binarised_spec(mnist.spec, name.removeprefix("mnist-"))
    assert (entry.spec.title, entry.spec.levels) == (title, 2)
    assert entry.spec.class_names == mnist.spec.class_names
    assert not entry.is_present()
    assert entry.download == mnist.download
    with pytest.raises(DatasetError, match=r"MNIST is not on this computer.*MNIST/raw"):
        load_dataset(name)


@pytest.mark.parametrize("name", ["mnist-static", "mnist-dynamic"])
def test_the_real_mnist_is_binarised_whole(name: str, mnist: Dataset, seeded: Seeded) -> None:
    binary = load_dataset(name)
    assert binary.spec == DATASETS[name].spec
    assert [len(binary.split(split)) for split in SPLITS] == [55_000, 5_000, 10_000]
    assert binary.train.images.unique().tolist() == [0, 1]
    assert binary.train.images.sum().item() / (55_000 * 784) == pytest.approx(MNIST_MEAN, abs=5e-4)
    assert torch.equal(binary.test.labels, mnist.test.labels)
    rows = torch.arange(0, 55_000, 7)
    drawn = binary.train.batch(rows, seeded(0)).x
    assert torch.equal(drawn, binary.train.batch(rows).x) == (name == "mnist-static")
    assert drawn.mean().item() == pytest.approx(MNIST_MEAN, abs=1e-3)
