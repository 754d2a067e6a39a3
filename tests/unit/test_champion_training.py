"""How the U-Net restorers are trained, and trained again."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.unit._cli import cli
from vae_core.corruption import CORRUPTIONS, damage
from vae_core.data import Dataset
from vae_core.restoration import load_champion
from vae_core.restoration.champion import Champion, read_champion
from vae_core.restoration.champion_trainer import RestorerTrainer, learning_rate
from vae_core.restoration.champion_training import (
    RECIPES,
    Advanced,
    save_champion,
    train_champion,
)
from vae_core.restoration.mixed_damage import KINDS, draw_batch, draw_damage

Seeded = Callable[[int], torch.Generator]


def cut_short(data: Dataset, num_steps: int = 3, seed: int = 0) -> Champion:
    """The recipe for digits, cut short."""
    card = RECIPES["digits-unet"][1].evolve(num_steps=num_steps, batch_size=16, seed=seed)
    *steps, champion = train_champion(data, "digits-unet", card)
    assert [event.step for event in steps if isinstance(event, Advanced)] == [num_steps]
    assert isinstance(champion, Champion)
    return champion


def test_its_recipe_gives_the_same_weights_again(tiny: Dataset) -> None:
    first, again, other = (cut_short(tiny, seed=seed) for seed in (0, 0, 1))
    assert first.card == again.card

    def same(one: Champion, two: Champion) -> bool:
        pairs = zip(one.network.parameters(), two.network.parameters(), strict=True)
        return all(torch.equal(a, b) for a, b in pairs)

    assert same(first, again)
    assert not same(first, other)


def test_training_goes_on_to_the_bit_from_its_state(tiny: Dataset) -> None:
    network, card = RECIPES["digits-unet"]
    card = card.evolve(num_steps=4, batch_size=16)
    whole, half, rest = (RestorerTrainer(tiny, network, card) for _ in range(3))
    losses = [float(whole.step()) for _ in range(4)]
    assert [float(half.step()) for _ in range(2)] == losses[:2]
    rest.resume(half.state())
    assert [float(rest.step()) for _ in range(2)] == losses[2:]
    for one, two in zip(whole.average.parameters(), rest.average.parameters(), strict=True):
        assert torch.equal(one, two)


def test_it_learns_a_single_batch_by_heart(
    tiny: Dataset, monkeypatch: pytest.MonkeyPatch, seeded: Seeded
) -> None:
    drawn = draw_batch(tiny.train, 8, seeded(0))
    where = "vae_core.restoration.champion_trainer.draw_batch"
    monkeypatch.setattr(where, lambda *_: drawn)
    network, card = RECIPES["digits-unet"]
    trainer = RestorerTrainer(tiny, network, card.evolve(num_steps=100, batch_size=8))
    losses = [float(trainer.step()) for _ in range(100)]
    assert losses[0] > -3.5  # 15 dB
    assert losses[-1] < -6.5  # 28 dB


def test_the_rate_rises_to_its_highest_and_ends_at_nothing() -> None:
    card = RECIPES["mnist-unet"][1].evolve(num_steps=1000)
    rates = [learning_rate(step, card) for step in range(1000)]
    assert max(rates) == pytest.approx(card.learning_rate, rel=1e-3)
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[-1] == pytest.approx(0.0, abs=1e-12)


def test_it_is_trained_on_every_kind_at_levels_that_there_are(seeded: Seeded) -> None:
    assert KINDS.keys() == CORRUPTIONS.keys()
    generator = seeded(0)
    drawn = [draw_damage(generator) for _ in range(2000)]
    assert {kind for kind, _ in drawn} == CORRUPTIONS.keys()
    assert {level for kind, level in drawn if kind == "down-sample"} == {2.0, 4.0}
    for kind, level in drawn:
        CORRUPTIONS[kind].levels.check(level)
    noisy = [level for kind, level in drawn if kind == "gaussian"]
    assert len(noisy) > 400
    assert min(noisy) < 0.1
    assert max(noisy) > 0.8


def test_what_is_saved_is_what_is_read(tiny: Dataset, restorers: Path, seeded: Seeded) -> None:
    champion = cut_short(tiny)
    save_champion(champion)
    read = load_champion("digits")
    assert read is not None
    assert read.card == champion.card
    damaged = damage(tiny.test.pixels(), "half", 0.5, seeded(0))
    assert torch.equal(read.restore(damaged), champion.restore(damaged))


def test_the_command_line_trains_one_again(
    restorers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, card = RECIPES["digits-unet"]
    monkeypatch.setattr("vae_core.restoration.champion_training.NUM_TEST_IMAGES", 20)
    monkeypatch.setitem(RECIPES, "digits-unet", (network, card.evolve(num_steps=2)))
    output = cli("checkpoints", "--rebuild", "digits-unet")
    assert output.code == 0
    read = read_champion("digits-unet")
    assert read.card.training.num_steps == 2
    assert f"to {read.card.test_psnr_db['gaussian-0.5']:.2f} dB" in output.stderr
