"""The benchmark of a graphics card, as far as it can be tested without one."""

import pytest
import torch

from benchmarks import (
    gpu,
    training,
)
from benchmarks.peers import BenchmarkError


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
