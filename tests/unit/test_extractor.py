"""The feature extractor that comes with the repository."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from vae_core import catalogue, load_dataset
from vae_core.data import Dataset
from vae_core.errors import CheckpointError, InvalidInputError, UnknownNameError
from vae_core.metrics import Extractor, extractor, load_extractor
from vae_core.metrics.extractor_training import save_extractor, train_extractor

Seeded = Callable[[int], torch.Generator]


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the extractors that may be damaged."""
    folder = shutil.copytree(extractor.EXTRACTORS, tmp_path / "extractors")
    monkeypatch.setattr(extractor, "EXTRACTORS", folder)
    monkeypatch.setattr("vae_core.metrics.extractor_training.EXTRACTORS", folder)
    load_extractor.cache_clear()
    yield folder / "mnist-conv-64"
    load_extractor.cache_clear()


def test_it_reads_at_least_99_of_100_test_digits(mnist: Dataset) -> None:
    found = load_extractor()
    right = found.classify(mnist.test.pixels()) == mnist.test.labels
    accuracy = right.double().mean().item()
    assert accuracy >= 0.99
    assert found.card.test_accuracy == pytest.approx(accuracy, abs=2e-4)  # other processors


def test_its_card_says_what_it_is_and_it_is_small() -> None:
    card = load_extractor("mnist-conv-64").card
    assert (card.name, card.dataset, card.num_features) == ("mnist-conv-64", "mnist", 64)
    assert card.test_accuracy >= 0.99
    files = (extractor.EXTRACTORS / "mnist-conv-64").iterdir()
    assert sum(path.stat().st_size for path in files) < 500_000


def test_it_is_no_model_of_the_catalogue() -> None:
    assert not any("conv-64" in record.id for record in catalogue.bundled())


@pytest.mark.parametrize("shape", [(3, 1, 28, 28), (1, 1, 8, 8), (501, 1, 13, 20), (2, 1, 64, 64)])
def test_grey_images_of_any_size_have_64_features(shape: tuple[int, ...], seeded: Seeded) -> None:
    images = torch.rand(shape, generator=seeded(0))
    features = load_extractor().features(images)
    assert features.shape == (shape[0], 64)
    assert bool(torch.isfinite(features).all())
    each = load_extractor().features(images[:1])
    torch.testing.assert_close(features[:1], each)


def test_it_reads_most_of_the_small_digits_that_it_never_saw() -> None:
    source = load_dataset("digits").test
    right = load_extractor().classify(source.pixels()) == source.labels
    assert right.double().mean().item() > 0.6


@pytest.mark.parametrize("shape", [(2, 3, 28, 28), (28, 28), (0, 1, 28, 28)])
def test_other_images_are_refused(shape: tuple[int, ...]) -> None:
    for use in (load_extractor().features, load_extractor().classify):
        with pytest.raises(InvalidInputError, match="the feature extractor expects grey ones"):
            use(torch.zeros(shape))


def test_its_recipe_gives_the_same_weights_again(tiny: Dataset) -> None:
    first, again, other = (train_extractor(tiny, epochs=2, seed=seed) for seed in (0, 0, 1))
    assert first.card == again.card
    assert first.card.dataset == "digits"

    def same(one: Extractor, two: Extractor) -> bool:
        pairs = zip(one.network.parameters(), two.network.parameters(), strict=True)
        return all(torch.equal(a, b) for a, b in pairs)

    assert same(first, again)
    assert not same(first, other)


def test_its_recipe_learns(digits: Dataset) -> None:
    assert train_extractor(digits, epochs=8).card.test_accuracy > 0.9


def test_what_is_saved_is_what_is_read(tiny: Dataset, elsewhere: Path) -> None:
    trained = train_extractor(tiny, epochs=1)
    save_extractor(trained)
    read = load_extractor()
    assert read.card == trained.card
    x = tiny.test.pixels()
    assert torch.equal(read.features(x), trained.features(x))


@pytest.mark.parametrize("name", ["model.safetensors", "extractor.json"])
@pytest.mark.parametrize("damage", [b"", b"{}", None])
def test_a_damaged_or_missing_one_says_how_to_make_it_again(
    elsewhere: Path, name: str, damage: bytes | None
) -> None:
    if damage is None:
        (elsewhere / name).unlink()
    else:
        (elsewhere / name).write_bytes(damage)
    with pytest.raises(CheckpointError, match="checkpoints --rebuild mnist-conv-64"):
        load_extractor()


def test_an_unknown_one_names_those_there_are() -> None:
    with pytest.raises(UnknownNameError, match="Unknown feature extractor 'inception'"):
        load_extractor("inception")
