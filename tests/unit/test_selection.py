"""What validation decides, against torch's own scheduler and by hand."""

import torch

from vae_core.selection import PLATEAU_EPOCHS, PLATEAU_FACTOR, Selection

WEIGHTS = {"w": torch.zeros(2)}


def test_patience_counts_the_epochs_since_the_best_one() -> None:
    selection = Selection(3, halves=False)
    for score, num_worse, stops in [
        (-5.0, 0, False),
        (-4.0, 0, False),
        (-4.5, 1, False),
        (-4.0, 2, False),  # as good is not better
        (-9.0, 3, True),
    ]:
        selection.see(score, WEIGHTS)
        assert (selection.num_worse, selection.says_stop) == (num_worse, stops)
    assert selection.best == -4.0


def test_the_best_weights_are_copies() -> None:
    selection = Selection(2, halves=False)
    weights = {"w": torch.ones(2)}
    selection.see(1.0, weights)
    weights["w"].zero_()
    selection.see(0.0, weights)
    assert selection.weights["w"].tolist() == [1.0, 1.0]


def test_epochs_in_which_beta_still_rises_are_not_held_against_a_run() -> None:
    selection = Selection(1, halves=True)
    selection.see(-1.0, WEIGHTS)
    for _ in range(20):
        selection.see(-2.0, WEIGHTS, counts=False)
    assert not selection.says_stop
    assert selection.factor == 1.0
    selection.see(-2.0, WEIGHTS)
    assert selection.says_stop


def test_without_patience_nothing_stops_and_nothing_is_kept() -> None:
    selection = Selection(None, halves=False)
    for score in range(100, 0, -1):
        selection.see(float(score), WEIGHTS)
    assert not selection.says_stop
    assert selection.weights == {}
    assert selection.factor == 1.0


def test_a_plateau_halves_the_rate_as_torch_does() -> None:
    selection = Selection(None, halves=True)
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimiser, mode="max", factor=PLATEAU_FACTOR, patience=PLATEAU_EPOCHS - 1, threshold=0.0
    )
    scores = [1.0, 2.0, *[1.5] * 12, 3.0, *[2.9] * 4, 3.1, *[0.0] * 11]
    for score in scores:
        selection.see(score, WEIGHTS)
        scheduler.step(score)
        assert selection.factor == optimiser.param_groups[0]["lr"]
    assert selection.factor == 0.5**4


def test_its_state_comes_back() -> None:
    first = Selection(2, halves=True)
    for score in (1.0, 0.5, 2.0, 1.0):
        first.see(score, {"w": torch.full((2,), score)})
    second = Selection(2, halves=True)
    second.load_state_dict(first.state_dict())
    assert second.state_dict() == first.state_dict()
    fresh = Selection(2, halves=True)
    fresh.load_state_dict(Selection(2, halves=True).state_dict())
    assert fresh.best is None
