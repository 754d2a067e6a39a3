"""Whose turn it is, and when: pure functions of who waits and who is at work."""

import math
from pathlib import Path

from vae_core.runs import Run
from vae_core.turns import Job, schedule


def job(name: str, owner: str, epochs: float = 10.0) -> Job:
    return Job(Run(Path(name)), owner, None, "digits mlp", epochs)


def told(queue: list[Job], at_work: list[tuple[str, float]], **limits: int) -> list[tuple]:
    allowed = {"num_workers": 1, "max_running": 9} | limits
    order = schedule(queue, at_work, {}, lambda one: one.epochs, **allowed)
    return [(one.run.id, seconds) for one, seconds in order]


def test_each_begins_when_those_before_it_have_ended() -> None:
    queue = [job("a", "ann", 10), job("b", "bob", 20), job("c", "cy", 30)]
    assert told(queue, [("dan", 4.0)]) == [("a", 4.0), ("b", 14.0), ("c", 34.0)]


def test_two_workers_serve_whoever_is_next_as_soon_as_one_of_them_is_free() -> None:
    queue = [job("a", "ann", 10), job("b", "bob", 1), job("c", "cy", 5)]
    at_work = [("dan", 6.0), ("eve", 2.0)]
    assert told(queue, at_work, num_workers=2) == [("a", 2.0), ("b", 6.0), ("c", 7.0)]


def test_a_worker_that_has_nothing_to_do_takes_the_first_at_once() -> None:
    queue = [job("a", "ann", 10), job("b", "bob", 10)]
    assert told(queue, [("dan", 7.0)], num_workers=2) == [("a", 0.0), ("b", 7.0)]


def test_whoever_has_as_many_at_work_as_allowed_waits_for_one_of_their_own() -> None:
    queue = [job("a", "ann", 10), job("b", "bob", 10)]
    at_work = [("ann", 9.0)]
    order = told(queue, at_work, num_workers=3, max_running=1)
    assert order == [("b", 0.0), ("a", 9.0)]


def test_what_nobody_knows_is_not_made_up() -> None:
    queue = [job("a", "ann", math.inf), job("b", "bob", 1)]
    assert told(queue, [("dan", 3.0)]) == [("a", 3.0), ("b", math.inf)]
    assert told(queue, [("dan", math.inf)]) == [("a", math.inf), ("b", math.inf)]


def test_thirty_people_are_served_one_by_one_before_anybody_has_a_second_turn() -> None:
    queue = [job(f"{name} {turn}", f"{name}") for name in range(30) for turn in range(3)]
    names = [f"{name} {turn}" for turn in range(3) for name in range(30)]
    assert told(queue, []) == [(name, 10.0 * place) for place, name in enumerate(names)]
