"""`evaluate` and `denoise` on the command line."""

import re
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.unit._cli import cli, finish, start
from tests.unit._runs import ROOT
from tests.unit.test_metrics import ABSENT_FOR_AUTOENCODERS
from vae_core import compare, corrupt, damage, evaluate, load_checkpoint
from vae_core.data import Dataset
from vae_core.metrics import METRICS, QUICK, mean_psnr_db
from vae_core.restoration import classical_methods, model_methods

FACTS = [
    *("kl_per_dim", "num_images", "split", "seed", "num_samples", "extractor"),
    *("num_feature_images", "training_s", "training_images_per_s"),
]


def test_evaluating_prints_every_metric_and_what_it_rests_on(
    trained: Path, digits: Dataset
) -> None:
    output = cli("evaluate", trained, "--samples", 7, "--seed", 3, "--json")
    assert output.code == 0, output
    assert list(output.json) == [*METRICS, *FACTS]
    checkpoint = load_checkpoint(trained)
    measured = evaluate(checkpoint.model, digits, metrics=METRICS, seed=3, num_samples=7)
    assert output.json == measured.as_dict() | {
        "training_s": checkpoint.record.elapsed_s,
        "training_images_per_s": pytest.approx(2 * 1197 / checkpoint.record.elapsed_s),
    }
    assert (output.json["num_images"], output.json["split"]) == (300, "test")
    assert (output.json["num_samples"], output.json["seed"]) == (7, 3)
    assert (output.json["extractor"], output.json["num_feature_images"]) == ("mnist-conv-64", 300)
    assert output.json["elbo_nats"] == pytest.approx(
        -(output.json["recon_nats"] + output.json["kl_nats"])
    )
    assert sum(output.json["kl_per_dim"]) == pytest.approx(output.json["kl_nats"])
    for name, value in measured.values.items():
        assert re.search(rf"│ {name} +│ {re.escape(f'{value:.4f}')} ", output.stdout), name
    assert "importance samples 7; feature extractor mnist-conv-64" in output.stdout


def test_the_quick_metrics_are_those_of_the_runs_description(trained: Path) -> None:
    output = cli("evaluate", trained, "--quick", "--json")
    assert list(output.json) == [*QUICK, *FACTS]
    summary = load_checkpoint(trained).record.summary
    assert summary is not None
    assert summary.model_dump().items() <= output.json.items()
    assert output.json["extractor"] is None


def test_single_metrics_are_measured_on_request(trained: Path) -> None:
    words = ("--metric", "ssim", "--metric", "active_units", "--json")
    assert list(cli("evaluate", trained, *words).json) == ["ssim", "active_units", *FACTS]


def test_evaluating_a_bundled_autoencoder_gives_null_for_what_it_does_not_have() -> None:
    output = cli("evaluate", "digits-ae-2d", "--samples", 2, "--json")
    absent = {name for name in METRICS if output.json[name] is None}
    assert absent == ABSENT_FOR_AUTOENCODERS
    assert output.json["kl_per_dim"] == []
    assert output.stdout.count("not defined") == len(absent)


def test_evaluating_another_split_says_which() -> None:
    output = cli("evaluate", "digits-2d", "--split", "val", "--quick", "--json")
    assert (output.json["split"], output.json["num_images"]) == ("val", 300)
    assert output.json["knn_accuracy"] > 0.8


def test_ctrl_c_while_measuring_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_INTERACTIVE", "1")  # the bar is drawn as on a terminal
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    words = ("evaluate", ROOT / "checkpoints" / "digits-2d", "--metric", "nll_nats")
    with start(tmp_path, *words, "--samples", 1_000_000) as process:
        assert process.stderr is not None
        said = ""
        while "Negative" not in said:  # what is being measured is said at once
            said += process.stderr.read(1)
        process.send_signal(signal.SIGINT)
        try:
            output = finish(process)
        finally:
            process.kill()
    assert output.code == 130
    assert output.stdout == ""
    assert "Traceback" not in output.stderr


@pytest.mark.parametrize("noise", ["gaussian", "salt-and-pepper", "masked-square"])
def test_denoising_compares_the_model_with_a_median_filter(
    trained: Path, digits: Dataset, noise: str, seeded: Any
) -> None:
    words = ("--noise", noise, "--level", 0.4, "--num-images", 40, "--seed", 5)
    output = cli("denoise", trained, *words, "--json")
    assert output.code == 0
    assert list(output.json) == [
        *("noisy", "median_filter", "restored"),
        *("noise", "level", "num_images", "seed"),
    ]
    model, clean = load_checkpoint(trained).model, digits.test.pixels(0, 40)
    methods = [classical_methods("digits")["median"], model_methods(model)["one-pass"]]
    rows = compare(methods, clean, damage(clean, noise, 0.4, seeded(5)))
    names = {"damaged": "noisy", "median": "median_filter", "one-pass": "restored"}
    for name, row in rows.items():
        expected = {"psnr_db": mean_psnr_db(row.psnr_db), "ssim": float(row.ssim.mean())}
        assert output.json[names[name]] == expected
    assert (output.json["noise"], output.json["level"]) == (noise, 0.4)
    assert (output.json["num_images"], output.json["seed"]) == (40, 5)
    assert "trained on clean images, not to remove noise" in output.stdout


def test_the_noisy_row_is_that_of_the_clipped_image(digits: Dataset, seeded: Any) -> None:
    output = cli("denoise", "digits-denoise-16d", "--num-images", 20, "--json")
    clean = digits.test.pixels(0, 20)
    noisy = corrupt(clean, "gaussian", 0.5, seeded(0))
    psnr_db = -10 * (noisy - clean).square().mean((1, 2, 3)).log10().mean()
    assert output.json["noisy"]["psnr_db"] == pytest.approx(float(psnr_db), abs=1e-3)
    assert "trained to remove noise: Gaussian noise, level 0.3" in output.stdout
