"""Learning-rate schedules, against torch's own."""

import pytest
import torch

from vae_core.schedules import SCHEDULES, constant, one_cycle


@pytest.mark.parametrize("num_steps", [1, 2, 3, 4, 7, 10, 100, 1001])
def test_one_cycle_is_that_of_torch_step_by_step(num_steps: int) -> None:
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=1.0, total_steps=num_steps, cycle_momentum=False
    )
    for step in range(num_steps):
        assert one_cycle(step, num_steps) == pytest.approx(scheduler.get_last_lr()[0], rel=1e-9)
        optimiser.step()
        if step < num_steps - 1:
            scheduler.step()


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("num_steps", [1, 2, 5, 1000])
def test_factors_stay_above_zero_and_reach_one_at_most(name: str, num_steps: int) -> None:
    factors = [SCHEDULES[name](step, num_steps) for step in range(num_steps)]
    assert all(0.0 < factor <= 1.0 for factor in factors)


def test_constant_is_one() -> None:
    assert {constant(step, 9) for step in range(9)} == {1.0}
