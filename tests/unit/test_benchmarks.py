"""Benchmarks: what they compute from times, and what they say; times themselves are not tested."""

import argparse
import contextlib
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from benchmarks import (
    common,
    evaluator,
    gpu,
    memory,
    overhead,
    profiling,
    published,
    time_to_map,
    training,
)
from benchmarks.contestants import mapping, ours
from benchmarks.contestants.process import Contestant
from benchmarks.peers import PEERS, REQUIREMENTS, ROOT, BenchmarkError, python_of
from vae_core import ConvConfig, MLPConfig, RunConfig, build_model
from vae_core.checkpoints import save_resume
from vae_core.data import Dataset, DataSpec, ImageSource
from vae_core.metrics import elbo

CONTESTANT = "tests.unit._contestant"


def pins(path: Path) -> dict[str, str]:
    lines = [line.strip() for line in path.read_text().splitlines()]
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {name.lower().replace("_", "-"): number for name, number in pairs}


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


def measured(*speeds: float, loss: float = 120.0) -> training.Measured:
    result = training.Measured()
    for speed in speeds:
        seconds = 120_000 / speed
        reply = {"num_images": 120_000, "seconds": seconds, "cpu_s": 2 * seconds, "details": {}}
        result.add(reply | {"train_loss_nats": loss}, loss)
    return result


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


def test_every_peer_is_pinned_and_no_pin_contradicts_the_projects() -> None:
    bench, project = pins(REQUIREMENTS), pins(ROOT / "constraints.txt")
    for packages in PEERS.values():
        assert set(packages) <= set(bench)
    shared = set(bench) & set(project)
    assert {name: bench[name] for name in shared} == {name: project[name] for name in shared}


def test_an_unknown_peer_is_named() -> None:
    with pytest.raises(BenchmarkError, match="Unknown peer 'keras'"):
        python_of("keras")


@pytest.fixture
def contestant() -> Iterator[Contestant]:
    with Contestant("test", CONTESTANT, threads=1) as child:
        yield child


def test_a_contestant_answers_whatever_its_libraries_print(contestant: Contestant) -> None:
    assert contestant.versions == {"nothing": "1.0"}
    for number in (1, 2):
        reply = contestant.ask("echo", number=number)
        assert reply.pop("cpu_s") >= 0
        assert reply == {"given": {"number": number}, "threads": 1}


def test_a_contestant_that_fails_says_why_and_goes_on(contestant: Contestant) -> None:
    with pytest.raises(
        BenchmarkError, match=r"test failed: ValueError: no such batch\. .*test.log"
    ):
        contestant.ask("fail")
    assert contestant.ask("echo")["threads"] == 1


def test_a_contestant_that_dies_does_not_hang_the_benchmark(contestant: Contestant) -> None:
    with pytest.raises(BenchmarkError, match="test failed: it ended"):
        contestant.ask("die")
    with pytest.raises(BenchmarkError, match="test failed: it ended"):
        contestant.ask("echo")


def test_a_number_type_names_itself_in_errors() -> None:
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--n", type=common.at_least(2))
    assert parser.parse_args(["--n", "2"]).n == 2
    with pytest.raises(argparse.ArgumentError, match="1 received; expected 2 or more"):
        parser.parse_args(["--n", "1"])


def looked_at(*accuracies: float, limit_s: float | None = None) -> mapping.Watch:
    """Train in steps of 4,000 images under a watch that sees these accuracies, one a look."""
    seen = iter(accuracies)
    watch = mapping.Watch(lambda: next(seen), target=0.75, limit_s=limit_s)
    watch.start()
    with contextlib.suppress(mapping.ReachedError):
        while True:
            watch.trained(4_000)
    return watch


def test_a_map_is_looked_at_every_ten_thousand_images_until_it_is_good() -> None:
    watch = looked_at(0.5, 0.7, 0.76, 0.9)
    assert watch.is_reached
    assert [accuracy for _, accuracy in watch.curve] == [0.5, 0.7, 0.76]
    assert watch.num_images == 32_000  # the first step at or past 10,000, 20,000 and 30,000
    assert watch.result()["accuracy"] == 0.76


def test_looking_at_a_map_costs_no_training_time() -> None:
    def slow() -> float:
        time.sleep(0.2)
        return 0.8

    watch = mapping.Watch(slow, target=0.75, limit_s=None)
    watch.start()
    with pytest.raises(mapping.ReachedError):
        watch.trained(10_000)
    assert watch.seconds < 0.1


def test_a_peer_that_takes_too_long_is_stopped_and_has_not_arrived() -> None:
    watch = looked_at(0.1, 0.2, limit_s=0.0)
    assert not watch.is_reached
    assert watch.result()["reached"] is False
    assert len(watch.curve) == 1


def test_a_map_is_judged_by_the_nearest_training_means() -> None:
    # Brightness is the latent; classes are dark and bright, and one test image is mislabelled.
    dark, bright = (torch.full((20, 1, 28, 28), value, dtype=torch.uint8) for value in (10, 200))
    train = torch.cat([dark, bright]), torch.tensor([0] * 20 + [1] * 20)
    test = torch.cat([dark[:2], bright[:2]]), torch.tensor([0, 1, 1, 1])
    assert mapping.accuracy(lambda x: x.flatten(1)[:, :2], train, test) == 0.75


def told(seconds: float, reached: bool = True) -> dict[str, object]:
    return {"seconds": seconds, "reached": reached, "num_images": 90_000, "accuracy": 0.75}


def test_the_time_to_a_map_is_a_ratio_of_medians() -> None:
    result = time_to_map.summary(
        {
            "ours": [told(5.0), told(7.0), told(6.0)],
            "ours, 3 epochs": [told(4.0), told(4.0), told(4.0)],
            "pythae": [told(40.0), told(30.0), told(42.0)],
        }
    )
    assert result["seconds"] == {"ours": 6.0, "pythae": 40.0}
    assert result["ratio"] == pytest.approx(40 / 6, abs=1e-3)
    assert result["variants"] == {"ours, 3 epochs": 4.0}
    assert result["only_a_bound_for"] == []
    assert result["epochs_by_seed"]["ours"] == [1.5, 1.5, 1.5]


def test_a_peer_that_never_got_there_is_told_as_a_bound() -> None:
    result = time_to_map.summary({"ours": [told(6.0)], "pythae": [told(120.0, reached=False)]})
    assert result["ratio"] == 20.0
    assert result["only_a_bound_for"] == ["pythae"]
    described = {"machine": common.machine(2), "versions": {"torch": "2.0"}, "target": 0.75}
    assert "| pythae | more than 120.0 | 120.0 | 1.5 | more than 20.00 x sooner |" in (
        time_to_map.table(result | described)
    )


def test_every_epoch_of_a_training_is_timed_once_events_and_all(
    tiny: Dataset, tiny_config: RunConfig
) -> None:
    seconds = list(overhead.epochs_of(tiny_config, tiny))
    assert len(seconds) == tiny_config.train.epochs
    assert all(wall > 0 and cpu >= 0 for wall, cpu in seconds)


def test_the_bare_step_by_hand_has_the_gradients_of_the_library(
    digits: Dataset, tiny_config: RunConfig
) -> None:
    x = digits.train.pixels(0, 32)
    bare, model = overhead.bare_step(tiny_config, digits)
    # The noise is what the bare step draws from its own generator, seeded with 0.
    output = model(x, generator=torch.Generator().manual_seed(0))
    kl = output.latents[0].kl()
    recon = -model.likelihood.log_prob(output.params, x)
    expected = torch.autograd.grad((recon + kl.sum(1)).mean(), list(model.parameters()))
    bare(x)
    for parameter, gradient in zip(model.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient)


def test_overhead_is_a_ratio_of_medians_a_step() -> None:
    result = overhead.summary([0.020, 0.030, 0.024], [0.020, 0.010, 0.021], steps=20)
    assert result == {"us_per_step": {"ours": 1200.0, "bare": 1000.0}, "ratio": 1.2}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("aten::addmm", "matrix products"),
        ("aten::mm", "matrix products"),
        ("aten::convolution_backward", "convolutions"),
        ("aten::_fused_adamw_", "optimiser"),
        ("aten::silu_backward", "activations"),
        ("aten::threshold_backward", "activations"),
        ("aten::log_sigmoid_forward", "loss"),
        ("aten::binary_cross_entropy_with_logits", "loss"),
        ("aten::index_select", "gather and convert"),
        ("aten::normal_", "random numbers"),
        ("aten::mul", "other operations"),
    ],
)
def test_operations_are_gathered_into_kinds(name: str, kind: str) -> None:
    assert profiling.kind_of(name) == kind


def test_what_no_operation_explains_is_outside_of_them() -> None:
    shares = profiling.gathered({"aten::mm": 500.0, "aten::addmm": 100.0, "aten::mul": 100.0}, 1e3)
    assert shares == {"matrix products": 0.6, "outside operations": 0.3, "other operations": 0.1}


def test_operations_on_several_threads_leave_nothing_outside() -> None:
    assert profiling.gathered({"aten::mm": 1500.0}, 1e3) == {"matrix products": 1.5}


def test_memory_is_read_as_bytes_an_image_and_a_constant() -> None:
    result = memory.summary({size: 500_000_000 + 800 * size for size in memory.SIZES})
    assert result["bytes_per_image"] == [800.0, 800.0]
    assert result["constant_bytes"] == 500_000_000
    assert result["is_under_2_gb"]
    assert result["is_constant_per_image"]


def test_memory_that_grows_faster_in_large_sets_is_seen() -> None:
    result = memory.summary({250_000: 700_000_000, 500_000: 900_000_000, 1_000_000: 2_100_000_000})
    assert result["bytes_per_image"] == [800.0, 2400.0]
    assert not result["is_under_2_gb"]
    assert not result["is_constant_per_image"]


def test_a_slope_needs_two_sizes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        memory.arguments(["--sizes", "1000", "1000"])
    assert "two different --sizes" in capsys.readouterr().err


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


def test_a_card_and_a_processor_that_differ_by_a_nat_are_not_compared() -> None:
    near = {"cuda": {"elbo_nats": -140.2, "nll_nats": 133.0}}
    near["cpu"] = {"elbo_nats": -140.9, "nll_nats": 133.5}
    gpu.check(near)
    far = near | {"cpu": {"elbo_nats": -141.3, "nll_nats": 133.5}}
    with pytest.raises(
        BenchmarkError, match=r"do not agree: elbo_nats -140.2 and -141.3; expected"
    ):
        gpu.check(far)


def test_the_contests_of_a_card_are_those_of_the_processor_but_for_jax() -> None:
    options, usual = gpu.arguments(["--rounds", "3"]), training.arguments([])
    assert (options.device, usual.device) == ("cuda", "cpu")
    assert options.only == [name for name in usual.only if name != "jax"]
    assert (options.rounds, options.batch, options.conv) == (3, usual.batch, usual.conv)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card")
def test_without_a_card_its_benchmark_says_so() -> None:
    with pytest.raises(BenchmarkError, match="finds no NVIDIA card on this computer"):
        gpu.measure(gpu.arguments([]))
