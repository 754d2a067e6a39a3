"""The benchmark of the time to a good map."""

import contextlib
import time

import pytest
import torch

from benchmarks import (
    common,
    time_to_map,
)
from benchmarks.contestants import mapping


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
