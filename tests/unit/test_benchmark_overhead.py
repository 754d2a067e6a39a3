"""What a step costs beside its arithmetic: time, operations, memory."""

import pytest
import torch

from benchmarks import (
    memory,
    overhead,
    profiling,
)
from vae_core import RunConfig
from vae_core.data import Dataset


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
