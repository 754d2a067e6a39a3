"""Single steps, and what is kept of each: Step, slow motion, and the wishes that end it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from tests.unit._runs import small, until, weights
from vae_core import runs, worker
from vae_core.anatomy import read_anatomy
from vae_core.frames import read_frame
from vae_core.jobs import LocalExecutor
from vae_core.runs import Run, Want
from vae_core.training import Progress, TrainEvent
from vae_core.worker import execute

STEPS = 19  # an epoch of `small`
SOON_S = 1.0  # a nap, and whatever else a shared machine has to do


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of two epochs at full speed."""
    run = runs.create(small(), folder=tmp_path_factory.mktemp("runs") / "undisturbed")
    execute(run)
    return run


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow motion without its pauses."""
    monkeypatch.setattr(worker, "SLOW_STEP_S", 0.0)


def slow_run() -> Run:
    run = runs.create(small())
    run.ask("slow")
    return run


def at_step(step: int, act: Callable[[], None]) -> Callable[[TrainEvent], None]:
    def on_event(event: TrainEvent) -> None:
        if isinstance(event, Progress) and event.step == step:
            act()

    return on_event


# Step


def test_a_single_step_leaves_its_own_anatomy() -> None:
    run = runs.create(small())
    for step in range(1, STEPS + 2):
        execute(run, max_steps=1)
        seen = read_anatomy(run.folder / "anatomy.npz")
        row = [row for row in run.metrics() if row["kind"] == "progress"][-1]
        assert seen.step == run.record().num_done == row["step"] == step
        for name in ("recon_nats", "kl_nats", "loss_nats"):
            assert seen.terms[name] == pytest.approx(row[name], rel=1e-4)


def test_of_several_steps_the_last_one_is_kept() -> None:
    run = runs.create(small())
    execute(run, max_steps=5)
    assert read_anatomy(run.folder / "anatomy.npz").step == 5


def test_a_step_that_a_crash_undid_is_forgotten() -> None:
    run = runs.create(small())
    execute(run, max_steps=3)
    before = (run.folder / "resume.safetensors").read_bytes()
    execute(run, max_steps=2)
    (run.folder / "resume.safetensors").write_bytes(before)  # as if killed before it was saved
    run.ask("pause")
    execute(run)
    assert run.record().num_done == 3
    assert not (run.folder / "anatomy.npz").exists()


def test_a_run_at_full_speed_looks_into_no_step(undisturbed: Run) -> None:
    assert not (undisturbed.folder / "anatomy.npz").exists()


# Slow motion


@pytest.mark.usefixtures("quick")
def test_every_step_of_slow_motion_has_its_anatomy_and_its_frame() -> None:
    run = slow_run()
    seen: list[tuple[int, int]] = []

    def look(event: TrainEvent) -> None:
        if isinstance(event, Progress):
            seen.append((event.step, read_anatomy(run.folder / "anatomy.npz").step))

    execute(run, on_event=look)
    assert seen == [(step, step) for step in range(1, 2 * STEPS + 1)]
    assert [read_frame(path).step for path in run.frame_paths()] == list(range(2 * STEPS + 1))


@pytest.mark.usefixtures("quick")
def test_slow_motion_ends_with_the_weights_of_full_speed(undisturbed: Run) -> None:
    whole, part = slow_run(), runs.create(small())
    execute(whole)
    execute(part, on_event=at_step(3, lambda: part.ask("slow")))
    assert weights(whole) == weights(part) == weights(undisturbed)
    assert whole.record().summary == undisturbed.record().summary


def test_slow_motion_takes_its_time_and_keeps_the_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "SLOW_STEP_S", 1.2)
    run = slow_run()
    steps: list[float] = []

    def note(event: TrainEvent) -> None:
        if isinstance(event, Progress):
            steps.append(time.monotonic())
            assert run.record().status == "running"
            if event.step == 2:
                run.ask("stop")

    execute(run, on_event=note)
    first, second = steps
    assert second - first >= 1.2


@contextmanager
def waiting_after_a_step(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """A run in slow motion that would wait for ten minutes after each step."""
    monkeypatch.setattr(worker, "SLOW_STEP_S", 600.0)
    run = slow_run()
    thread = Thread(target=execute, args=(run,))
    thread.start()
    try:
        until(run.metrics)
        yield run
    finally:
        thread.join(20)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("want", "status", "num_done"),
    [("pause", "paused", 1), ("stop", "stopped", 1), ("run", "finished", 2 * STEPS)],
)
def test_a_wish_ends_the_wait_between_two_steps(
    monkeypatch: pytest.MonkeyPatch, undisturbed: Run, want: Want, status: str, num_done: int
) -> None:
    with waiting_after_a_step(monkeypatch) as run:
        run.ask("slow")  # asked again it hurries nothing
        time.sleep(2 * worker.NAP_S)
        assert len(run.metrics()) == 1
        began = time.monotonic()
        run.ask(want)
        until(lambda: want == "stop" or run.record().status == "paused" or len(run.metrics()) > 1)
        assert time.monotonic() - began < SOON_S
    assert (run.record().status, run.record().num_done) == (status, num_done)
    run.ask("run")
    if status != "finished":
        execute(run)
    assert weights(run) == weights(undisturbed)


def test_a_single_step_in_slow_motion_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "SLOW_STEP_S", 600.0)
    run = slow_run()
    execute(run, max_steps=1)
    assert (run.record().status, run.record().num_done) == ("paused", 1)


@pytest.mark.usefixtures("quick")
def test_a_paused_run_goes_on_as_it_was_asked_to(undisturbed: Run) -> None:
    run = slow_run()
    execute(run, on_event=at_step(3, lambda: run.ask("pause")))
    run.ask("slow")
    execute(run, on_event=at_step(5, lambda: run.ask("pause")))
    assert [read_frame(path).step for path in run.frame_paths()] == list(range(6))
    assert read_anatomy(run.folder / "anatomy.npz").step == 5
    run.ask("run")
    execute(run)
    assert read_anatomy(run.folder / "anatomy.npz").step == 5
    assert weights(run) == weights(undisturbed)


# In the queue


@pytest.mark.parametrize(("want", "expected"), [({}, "run"), ({"want": "slow"}, "slow")])
def test_a_run_submitted_anew_goes_at_the_speed_asked_for_then(
    monkeypatch: pytest.MonkeyPatch, want: dict[str, Want], expected: Want
) -> None:
    """Slow motion is a wish of the moment: Resume means full speed unless it says otherwise."""
    monkeypatch.setattr(LocalExecutor, "_serve", lambda self, number: None)  # nobody trains
    run = slow_run()
    run.update(status="paused")
    executor = LocalExecutor(1)
    executor.submit(run, **want)
    assert run.asked() == expected
    executor.shutdown()
