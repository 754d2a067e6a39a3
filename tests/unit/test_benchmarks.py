"""Benchmarks: what a contest makes of times, and says; times themselves are not tested."""

import json
import re
from pathlib import Path

import pytest
import torch

from benchmarks import (
    common,
    evaluator,
    training,
)
from benchmarks.contestants import ours
from benchmarks.peers import BenchmarkError
from tests.unit._benchmarks import measured
from vae_core import ConvConfig, MLPConfig, build_model
from vae_core.data import Dataset, DataSpec, ImageSource
from vae_core.metrics import elbo


@pytest.fixture
def images() -> Dataset:
    generator = torch.Generator().manual_seed(0)
    spec = DataSpec(
        name="made",
        title="Made up",
        item="blob",
        event_shape=(1, 28, 28),
        levels=256,
        class_names=("a",),
    )
    pixels = torch.randint(0, 256, (1500, 1, 28, 28), generator=generator, dtype=torch.uint8)
    source = ImageSource(spec, pixels, torch.zeros(1500, dtype=torch.int64))
    return Dataset(spec, source, source, source)


@pytest.fixture
def contest() -> dict[str, training.Measured]:
    return {
        "ours": measured(40_000.0, 10_000.0, 44_000.0),
        "dataloader-0": measured(9_000.0, 8_000.0, 8_500.0),
        "dataloader-2": measured(10_000.0, 2_000.0, 10_500.0),
        "pythae": measured(16_000.0, 16_000.0, 15_000.0),
        "jax": measured(50_000.0, 49_000.0, 51_000.0, loss=120.9),
    }


def test_a_training_step_costs_six_operations_a_weight_less_the_images_gradient() -> None:
    weights = 784 * 400 + 400 * 40 + 20 * 400 + 400 * 784
    assert training.flops_per_image() == 6 * weights - 2 * 784 * 400
    assert training.flops_per_image(((3, 5),)) == 2 * 2 * 15


def test_the_flops_are_those_that_torch_counts() -> None:
    from torch.utils.flop_counter import FlopCounterMode

    model = build_model(
        MLPConfig(latent_dim=20, hidden=(400,)),
        DataSpec(
            name="m", title="m", item="m", event_shape=(1, 28, 28), levels=2, class_names=("a",)
        ),
    )
    with FlopCounterMode(display=False) as counter:
        model(torch.rand(7, 1, 28, 28), generator=torch.Generator()).params.sum().backward()
    assert counter.get_total_flops() == 7 * training.flops_per_image()


def test_of_two_loaders_the_faster_counts_and_remembers_the_other(
    contest: dict[str, training.Measured],
) -> None:
    merged = training.faster_loader(contest)
    assert list(merged) == ["ours", "dataloader", "pythae", "jax"]
    assert merged["dataloader"].img_per_s == [10_000.0, 2_000.0, 10_500.0]
    speeds = merged["dataloader"].details["img_per_s"]
    assert speeds == {"dataloader-0": 8_500.0, "dataloader-2": 10_000.0}


def test_a_contest_without_a_loader_stays_as_it_is() -> None:
    alone = {"ours": measured(1.0)}
    assert training.faster_loader(alone) == alone


def test_a_contest_reports_medians_ratios_and_the_share_of_the_roofline(
    contest: dict[str, training.Measured],
) -> None:
    one = training.summary(training.faster_loader(contest), gflops=200.0)
    assert one["img_per_s"] == {
        "ours": 40_000,
        "dataloader": 10_000,
        "pythae": 16_000,
        "jax": 50_000,
    }
    assert one["ratio"] == {"dataloader": 4.0, "pythae": 2.5, "jax": 0.8}
    expected = 40_000 * training.flops_per_image() / 200e9
    assert one["roofline_share"] == pytest.approx(expected, abs=5e-4)
    assert one["roofline_shares"]["jax"] == pytest.approx(expected * 1.25, abs=5e-4)
    assert one["range_img_per_s"]["ours"] == [10_000, 44_000]
    assert one["cpu_us_per_image"]["pythae"] == 125.0
    assert one["same_loss"]


def test_losses_that_differ_by_more_than_a_percent_are_not_the_same(
    contest: dict[str, training.Measured],
) -> None:
    contest["pythae"] = measured(16_000.0, loss=121.3)
    assert not training.summary(contest, gflops=None)["same_loss"]


def test_convolutions_have_no_share_of_the_roofline(
    contest: dict[str, training.Measured],
) -> None:
    assert "roofline_share" not in training.summary(contest, gflops=None)


def test_the_table_names_everybody_and_where_it_was_measured(
    contest: dict[str, training.Measured],
) -> None:
    one = training.summary(training.faster_loader(contest), gflops=200.0)
    one["roofline_gflops"] = {"float32": 200.0, "bfloat16": None}
    result = {
        "batch_512": one,
        "batch_128": one,
        "machine": common.machine(2),
        "versions": {"torch": "2.0"},
        "rounds": 3,
        "activation": "relu",
    }
    text = training.table(result)
    assert text.index("batch 128") < text.index("batch 512")
    assert "| pythae | 16,000 | 15,000 to 16,000 | 2.50 x | 120.00 | 26% |" in text
    assert "float32 200." in text
    assert "bfloat16" not in text.split("## ")[1]
    assert f"{common.machine(2)['cores']} cores" in text
    assert json.loads(json.dumps(result))["batch_128"]["ratio"]["jax"] == 0.8


def test_only_a_whole_run_is_kept() -> None:
    assert training.is_whole(training.arguments(["--rounds", "2", "--threads", "1"]))
    for partial in (["--only", "ours,jax"], ["--batch", "128"], ["--no-conv"], ["--epochs", "1"]):
        assert not training.is_whole(training.arguments(partial))


@pytest.mark.parametrize(
    ("given", "match"),
    [
        (["--only", "ours,keras"], "unknown 'keras'; expected some of: ours, dataloader"),
        (["--rounds", "0"], "0 received; expected 1 or more"),
        (["--batch", "many"], "invalid whole number value: 'many'"),
    ],
)
def test_a_wrong_option_is_told_in_a_sentence(
    given: list[str], match: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        training.arguments(given)
    assert match in capsys.readouterr().err


def test_chosen_contestants_keep_their_order() -> None:
    assert training.arguments(["--only", "jax, ours"]).only == ["ours", "jax"]


def test_the_common_evaluator_agrees_with_the_librarys_own_elbo(
    images: Dataset, tmp_path: Path
) -> None:
    model = build_model(MLPConfig(latent_dim=20, hidden=(400,)), images.spec, seed=1)
    ours._save(str(tmp_path / "w.npz"), model, "mlp")
    activation = "silu"
    nats = evaluator.mlp_loss_nats(
        tmp_path / "w.npz", images.test.pixels(), activation, training.LOGVAR_BOUND
    )
    assert nats == pytest.approx(-(elbo(model, images.test, evaluator.SEED).elbo_nats or 0.0))
    unbounded = evaluator.mlp_loss_nats(tmp_path / "w.npz", images.test.pixels(), activation)
    assert unbounded != nats


def test_the_common_evaluator_judges_convolutions_too(images: Dataset, tmp_path: Path) -> None:
    model = build_model(ConvConfig(latent_dim=20), images.spec, seed=1)
    ours._save(str(tmp_path / "w.npz"), model, "conv")
    nats = evaluator.conv_loss_nats(tmp_path / "w.npz", images)
    assert nats == pytest.approx(-(elbo(model, images.test, evaluator.SEED).elbo_nats or 0.0))


def test_results_are_kept_for_programs_and_for_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(common, "RESULTS", tmp_path / "results")
    common.keep("speed", {"img_per_s": 3.0}, "# Speed\n")
    assert json.loads((tmp_path / "results" / "speed.json").read_text()) == {"img_per_s": 3.0}
    assert (tmp_path / "results" / "speed.md").read_text() == "# Speed\n"


def test_json_is_the_last_line_and_errors_are_sentences(
    capsys: pytest.CaptureFixture[str],
) -> None:
    common.run(lambda: {"seconds": 1.5}, lambda: True)
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"seconds": 1.5}
    common.run(lambda: {"seconds": 1.5}, lambda: False)
    assert capsys.readouterr().out == ""

    def fail() -> dict[str, object]:
        raise BenchmarkError("Nothing to measure.")

    with pytest.raises(SystemExit, match="Nothing to measure"):
        common.run(fail, lambda: True)


def test_the_machine_is_described_by_what_decides_a_time() -> None:
    described = common.machine(3)
    assert described["threads"] == 3
    assert described["cores"] >= 1
    assert described["cpu"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", described["date"])
    assert set(described["flags"]) <= common.TELLING_FLAGS
