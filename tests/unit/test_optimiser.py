"""Adam over long vectors, against torch's Adam over the tensors themselves."""

import copy

import pytest
import torch
from torch import nn

from vae_core.optimiser import Vector, VectorAdam


@pytest.fixture
def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(5, 7), nn.SiLU(), nn.Conv1d(1, 2, 3), nn.Flatten(), nn.Linear(10, 1)
    )


def loss_of(model: nn.Module, step: int) -> torch.Tensor:
    x = torch.randn(4, 1, 5, generator=torch.Generator().manual_seed(step))
    return model(x).square().mean()


@pytest.mark.parametrize("weight_decay", [0.0, 0.2])
def test_it_takes_the_steps_of_torch_s_own(model: nn.Module, weight_decay: float) -> None:
    other = copy.deepcopy(model)
    groups = [
        {"params": [p for p in other.parameters() if p.ndim >= 2], "weight_decay": weight_decay},
        {"params": [p for p in other.parameters() if p.ndim < 2], "weight_decay": 0.0},
    ]
    theirs = torch.optim.AdamW(groups, lr=1e-2)
    ours = VectorAdam(model, weight_decay, 0.0, None)
    assert len(ours.vectors) == (2 if weight_decay else 1)
    for step in range(5):
        loss_of(model, step).backward()
        ours.gather()
        ours.step(1e-2)
        theirs.zero_grad()
        loss_of(other, step).backward()
        theirs.step()
    for a, b in zip(model.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_parameters_keep_their_values_and_share_the_vector(model: nn.Module) -> None:
    before = [p.detach().clone() for p in model.parameters()]
    vector = Vector(model.parameters())
    assert all(torch.equal(p, b) for p, b in zip(model.parameters(), before, strict=True))
    vector.data.zero_()
    assert not any(bool(p.any()) for p in model.parameters())
    model.load_state_dict(copy.deepcopy(model.state_dict()))
    vector.data.fill_(2.0)
    assert all(bool((p == 2.0).all()) for p in model.parameters())  # loading copies in place


def test_a_parameter_without_a_gradient_has_a_gradient_of_zero(model: nn.Module) -> None:
    vector = Vector(model.parameters())
    model[4](torch.ones(1, 10)).sum().backward()
    gradient = vector.gather()
    assert gradient.shape == vector.data.shape
    assert not gradient[:-11].any()
    assert bool((gradient[-11:] == 1).all())
    assert all(p.grad is None for p in model.parameters())


def test_its_state_comes_back_and_that_of_another_model_is_refused(model: nn.Module) -> None:
    ours = VectorAdam(model, 0.1, 0.0, None)
    loss_of(model, 0).backward()
    ours.gather()
    ours.step(1e-2)
    state = ours.state_dict()
    assert set(state) == {f"{v}.{n}" for v in (0, 1) for n in ("step", "exp_avg", "exp_avg_sq")}
    fresh = VectorAdam(copy.deepcopy(model), 0.1, 0.0, None)
    fresh.load_state_dict(state)
    assert all(torch.equal(value, state[name]) for name, value in fresh.state_dict().items())
    with pytest.raises(ValueError, match="optimiser for another model"):
        VectorAdam(nn.Linear(2, 2), 0.1, 0.0, None).load_state_dict(state)
