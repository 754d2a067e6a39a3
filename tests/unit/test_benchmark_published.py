"""Rows of published tables, trained again."""

from pathlib import Path

import pytest

from benchmarks import (
    common,
    published,
)
from vae_core import RunConfig
from vae_core.checkpoints import save_resume
from vae_core.data import Dataset


@pytest.mark.parametrize("row", published.ROWS)
def test_a_published_row_is_trained_as_the_paper_says(row: str) -> None:
    config = published.config_of(row, seed=4)
    train_config = config.train
    assert config.model.hidden == (256, 128)
    assert config.model.activation == "relu"
    assert config.model.latent_dim == int(row.removeprefix("nvae-d"))
    assert (train_config.batch_size, train_config.learning_rate) == (64, 1e-3)
    assert (train_config.schedule, train_config.beta) == ("constant", 1.0)
    assert (train_config.warmup_epochs, train_config.patience) == (100, 50)
    assert (config.seed, config.matmul_precision) == (4, "highest")
    assert config.dataset == "mnist-dynamic"


@pytest.fixture
def short_row(tiny_config: RunConfig) -> RunConfig:
    return tiny_config.evolve(train=tiny_config.train.evolve(epochs=5, patience=2))


def test_a_published_seed_that_was_killed_goes_on_to_the_same_number(
    short_row: RunConfig, tiny: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = published.one(tmp_path / "whole", short_row, tiny, num_samples=20)

    def save_then_die(folder: Path, state: dict[str, object]) -> None:
        save_resume(folder, state)
        if state["num_done"] == 6:  # two epochs of three steps
            raise KeyboardInterrupt

    monkeypatch.setattr(published, "SAVE_INTERVAL_S", 0.0)
    monkeypatch.setattr(published, "save_resume", save_then_die)
    with pytest.raises(KeyboardInterrupt):
        published.one(tmp_path / "killed", short_row, tiny, num_samples=20)
    resumed = published.one(tmp_path / "killed", short_row, tiny, num_samples=20)
    times = {"seconds", "nll_seconds"}
    assert {k: v for k, v in resumed.items() if k not in times} == {
        k: v for k, v in undisturbed.items() if k not in times
    }


def test_a_published_seed_that_is_finished_is_not_trained_again(
    short_row: RunConfig, tiny: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = published.one(tmp_path, short_row, tiny, num_samples=20)
    monkeypatch.setattr(published, "train", None)
    assert published.one(tmp_path, short_row, tiny, num_samples=20) == first
    assert first["epochs"] <= 5
    assert first["nll_nats"] <= -first["test_elbo_nats"]


def test_shortened_runs_of_a_published_row_never_touch_the_whole_ones() -> None:
    whole = published.config_of("nvae-d2", 0)
    folders = {
        published.folder_of("nvae-d2", config, num_samples)
        for config, num_samples in (
            (whole, 500),
            (whole, 5),
            (published.config_of("nvae-d2", 0, max_epochs=2), 500),
            (published.config_of("nvae-d2", 1), 500),
            (published.config_of("nvae-d5", 0), 500),
        )
    }
    assert len(folders) == 5


def test_a_published_row_stands_beside_the_papers_number() -> None:
    each = {"epochs": 300, "seconds": 60.0, "test_elbo_nats": -134.0, "ran_out_of_patience": True}
    told = [each | {"nll_nats": 132.0}, each | {"nll_nats": 133.0}]
    result = published.summary("nvae-d2", [0, 1], told)
    assert list(result)[:5] == ["row", "nll_nats", "paper_nats", "epochs", "seconds"]
    assert result["nll_nats"] == [132.0, 133.0]
    assert result["mean_nll_nats"] == 132.5
    described = {"machine": common.machine(2), "versions": {"torch": "2.0"}}
    text = published.table(result | described)
    assert "Mean NLL 132.50 nats; the paper says 135.73 +- 0.83." in text
    assert "| 1 | 133.0 | -134.0 | 300 | 60.0 |" in text


def test_an_unknown_row_is_told_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        published.arguments(["--row", "nvae-d3"])
    assert "choose from" in capsys.readouterr().err
