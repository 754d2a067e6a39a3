"""The benchmark of the NLL: what it computes from times, and that both compute the same number."""

from pathlib import Path

import pytest
import torch
from torch import nn

from benchmarks import nll
from benchmarks.contestants import nll_ours
from benchmarks.contestants.torch_side import save_mlp
from benchmarks.peers import BenchmarkError
from vae_core import MLPConfig, build_model
from vae_core.data import DataSpec

SPEC = DataSpec(
    name="m", title="m", item="m", event_shape=(1, 28, 28), levels=256, class_names=("a",)
)


def told(seconds: float) -> dict[str, float]:
    return {"seconds": seconds, "cpu_s": 2 * seconds, "nll_nats": 100.0}


def test_rates_count_images_times_samples_whatever_each_was_given() -> None:
    runs = {"ours": [told(1.0), told(2.0), told(9.0)], "pythae": [told(5.0), told(1.0), told(4.0)]}
    result = nll.summary(runs, {"ours": 1000, "pythae": 100}, 500)
    assert result["images_x_samples_per_s"] == {"ours": 250_000, "pythae": 12_500}
    assert result["images_x_samples_per_cpu_s"] == {"ours": 125_000, "pythae": 6_250}
    assert result["ratio"] == 20.0
    assert result["seconds_for_10000_images"] == {"ours": 20.0, "pythae": 400.0}
    assert nll.summary({"ours": runs["ours"]}, {"ours": 10}, 5)["ratio"] is None


def test_speeds_of_different_numbers_are_not_compared() -> None:
    nll.check({"ours": 100.0, "pythae": 100.4})
    with pytest.raises(BenchmarkError, match="do not agree"):
        nll.check({"ours": 100.0, "pythae": 100.6})


def test_the_table_says_what_was_measured() -> None:
    runs = {"ours": [told(1.0)], "pythae": [told(10.0)]}
    result = nll.summary(runs, {"ours": 1000, "pythae": 100}, 500) | {
        "nll_nats": {"ours": 99.5, "pythae": 99.6},
        "machine": nll.common.machine(2),
        "versions": {"torch": "1"},
    }
    text = nll.table(result)
    assert "| ours | 500,000 | 250,000 | 10.0 | 99.50 |" in text
    assert "Ours is 100.0 times as fast as pythae." in text


def test_ours_runs_with_the_weights_that_all_share(tmp_path: Path) -> None:
    sizes = ((784, 400), (400, 20), (400, 20), (20, 400), (400, 784))
    layers = [nn.Linear(*size) for size in sizes]
    save_mlp(tmp_path / "weights.npz", layers)
    model = nll_ours.model_of(str(tmp_path / "weights.npz"), "relu", SPEC)
    other = build_model(MLPConfig(latent_dim=20, hidden=(400,), activation="relu"), SPEC, seed=9)
    assert model.state_dict().keys() == other.state_dict().keys()
    encoder, mean, logvar, hidden, pixels = layers
    x = torch.rand(5, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    features = encoder(x.flatten(1)).relu()
    posterior = model.encode(x)
    torch.testing.assert_close(posterior.mean, mean(features))
    torch.testing.assert_close(posterior.logvar, 10 * torch.tanh(logvar(features) / 10))
    z = posterior.mean
    torch.testing.assert_close(
        model.decode((z,)).flatten(1), pixels(hidden(z).relu()), rtol=1e-4, atol=1e-5
    )
