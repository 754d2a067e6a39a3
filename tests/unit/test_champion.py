"""The U-Net restorers that come with the repository."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from vae_core.corruption import CORRUPTIONS, damage, hide
from vae_core.data import Dataset
from vae_core.errors import CheckpointError, InvalidInputError, UnknownNameError
from vae_core.metrics import mean_psnr_db, psnr_db
from vae_core.restoration import champion as files
from vae_core.restoration import champion_method, classical_methods, compare, load_champion
from vae_core.restoration.champion import CHAMPION_OF, CHAMPIONS, read_champion
from vae_core.restoration.champion_training import RECIPES, TESTED

Seeded = Callable[[int], torch.Generator]
LEVELS = {kind: corruption.levels.default for kind, corruption in CORRUPTIONS.items()}


# What lies in the repository


@pytest.mark.parametrize("name", CHAMPIONS)
def test_each_is_smaller_than_4_mb_and_its_card_says_what_it_is(name: str) -> None:
    champion, folder = read_champion(name), files.RESTORERS / name
    assert sum(path.stat().st_size for path in folder.iterdir()) < 4_000_000
    weights = load_file(folder / "model.safetensors")
    assert {value.dtype for value in weights.values()} == {torch.float16}
    card = champion.card
    assert (card.name, card.training) == (name, RECIPES[name][1])
    assert card.num_parameters == sum(value.numel() for value in weights.values())
    assert card.num_bytes == (folder / "model.safetensors").stat().st_size
    assert card.test_psnr_db.keys() == {f"{kind}-{level:g}" for kind, level in TESTED}


def test_each_data_set_has_the_one_that_was_trained_on_its_pictures() -> None:
    names = {dataset: load_champion(dataset) for dataset in (*CHAMPION_OF, "fashion-mnist")}
    found = {dataset: one.card.name if one else None for dataset, one in names.items()}
    assert found == {
        "digits": "digits-unet",
        "mnist": "mnist-unet",
        "mnist-static": "mnist-unet",
        "mnist-dynamic": "mnist-unet",
        "fashion-mnist": None,
    }
    assert champion_method("kmnist") == {}


def test_it_is_never_called_a_vae() -> None:
    method = champion_method("digits")["champion"]
    assert (method.name, method.title, method.family) == ("champion", "U-Net restorer", "champion")
    assert "skips" in method.note
    assert "not a VAE" in method.note
    assert all(method.fits(kind) for kind in CORRUPTIONS)
    assert not method.is_slow


# What it does


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_it_restores_in_the_range_purely_and_keeps_known_pixels(
    kind: str, digits: Dataset, seeded: Seeded
) -> None:
    champion = read_champion("digits-unet")
    clean = digits.test.pixels(0, 9)
    damaged = damage(clean, kind, LEVELS[kind], seeded(0))
    before = damaged.images.clone()
    restored = champion.restore(damaged)
    assert restored.shape == clean.shape
    assert (restored.min() >= 0, restored.max() <= 1) == (True, True)
    assert torch.equal(restored, champion.restore(damaged))
    assert torch.equal(damaged.images, before)
    if damaged.known is not None:
        assert torch.equal(restored[damaged.known], clean[damaged.known])


def test_each_image_is_restored_alone(digits: Dataset, seeded: Seeded) -> None:
    champion = read_champion("digits-unet")
    damaged = damage(digits.test.pixels(0, 260), "scribble", 0.3, seeded(0))
    together = champion.restore(damaged)  # in two batches
    assert len(together) == 260
    for place in (0, 255):
        part = slice(place, place + 1)
        torch.testing.assert_close(champion.restore(damaged.rows(part)), together[part])
    assert champion.restore(damaged.rows(slice(0))).shape == (0, 1, 8, 8)


def test_it_is_told_which_pixels_are_missing(digits: Dataset) -> None:
    # A hole over ink: black pixels that are known stay black, missing ones are filled.
    clean = digits.test.pixels(0, 50)
    is_missing = torch.zeros(1, 1, 8, 8, dtype=torch.bool)
    is_missing[..., 3:5, 2:6] = True
    champion, damaged = read_champion("digits-unet"), hide(clean, is_missing)
    filled = champion.restore(damaged)
    hole = is_missing.expand_as(clean)
    assert (filled - clean)[hole].square().mean() < 0.3 * clean[hole].square().mean()
    known = torch.ones_like(hole)
    told_nothing = champion.restore(hide(damaged.images, ~known))
    assert torch.equal(told_nothing, damaged.images)


@pytest.mark.parametrize("shape", [(2, 3, 8, 8), (2, 1, 28, 28), (1, 1, 8, 9)])
def test_images_of_another_size_are_refused_in_words(
    shape: tuple[int, ...], seeded: Seeded
) -> None:
    damaged = damage(torch.zeros(shape), "gaussian", 0.5, seeded(0))
    with pytest.raises(InvalidInputError, match=r"digits-unet expects \(N, 1, 8, 8\)"):
        read_champion("digits-unet").restore(damaged)


# How well


@pytest.mark.parametrize(("kind", "level"), TESTED)
def test_mnist_figures_of_the_card_are_found_again(
    kind: str, level: float, mnist: Dataset, seeded: Seeded
) -> None:
    champion = read_champion("mnist-unet")
    clean = mnist.test.pixels(0, 200)
    restored = champion.restore(damage(clean, kind, level, seeded(0)))
    found = mean_psnr_db(psnr_db(restored, clean))
    # 200 images instead of 1,000, and other damage: so much may their mean differ.
    assert found == pytest.approx(champion.card.test_psnr_db[f"{kind}-{level:g}"], abs=0.7)


@pytest.mark.parametrize(("kind", "level"), TESTED)
def test_digits_figures_of_the_card_are_found_again_on_all_its_images(
    kind: str, level: float, digits: Dataset, seeded: Seeded
) -> None:
    champion = read_champion("digits-unet")
    clean = digits.test.pixels(0, champion.card.num_test_images)
    restored = champion.restore(damage(clean, kind, level, seeded(0)))
    found = mean_psnr_db(psnr_db(restored, clean))
    assert found == pytest.approx(champion.card.test_psnr_db[f"{kind}-{level:g}"], abs=0.02)


def test_it_is_far_better_than_a_median_filter(mnist: Dataset, seeded: Seeded) -> None:
    clean = mnist.test.pixels(0, 200)
    damaged = damage(clean, "gaussian", 0.5, seeded(0))
    methods = classical_methods("mnist") | champion_method("mnist")
    scores = compare([methods["median"], methods["champion"]], clean, damaged)
    means = {name: float(scored.psnr_db.mean()) for name, scored in scores.items()}
    assert means["champion"] > 20
    assert means["champion"] > means["median"] + 6


# Its files


@pytest.mark.parametrize("name", ["model.safetensors", "restorer.json"])
@pytest.mark.parametrize("content", [b"", b"{}", None])
def test_a_damaged_or_missing_one_says_how_to_make_it_again(
    restorers: Path, name: str, content: bytes | None
) -> None:
    path = restorers / "mnist-unet" / name
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(CheckpointError, match="checkpoints --rebuild mnist-unet"):
        load_champion("mnist")
    with pytest.raises(CheckpointError, match="U-Net restorer"):
        champion_method("mnist-static")


def test_weights_of_another_network_are_refused(restorers: Path) -> None:
    shutil.copy(restorers / "digits-unet" / "model.safetensors", restorers / "mnist-unet")
    with pytest.raises(CheckpointError, match="checkpoints --rebuild mnist-unet"):
        load_champion("mnist")


def test_an_unknown_one_names_those_there_are() -> None:
    with pytest.raises(UnknownNameError, match="Unknown restorer 'kmnist-unet'"):
        read_champion("kmnist-unet")
