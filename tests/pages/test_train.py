"""What the Train page offers in each state of a run, and gives its script; drawing is in e2e."""

import base64
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.pages.conftest import Open
from tests.pages.training import (
    AGAIN,
    StubExecutor,
    ended,
    folders,
    given,
    labels,
    possible,
    press,
    said,
)
from ui import live
from vae_core import (
    build_model,
    default_config,
    load_dataset,
    runs,
)
from vae_core.checkpoints import RESUME_FILE
from vae_core.frames import make_frame, make_probe
from vae_core.record import RECORD_FILE, RunRecord

pytestmark = pytest.mark.usefixtures("executor")


def test_the_page_opens_on_the_untrained_network_and_one_button(open_page: Open) -> None:
    app = open_page("train")
    assert labels(app) == ["Train"]
    assert "puts every picture in one place" in said(app)


def test_before_the_first_run_the_script_gets_the_untrained_networks_map(open_page: Open) -> None:
    page = given(open_page("train"))
    assert (page["url"], page["status"]) == (None, "none")
    config = default_config("digits")
    data = load_dataset("digits")
    frame = make_frame(build_model(config.model, data.spec).eval(), make_probe(data), 0, {})
    points = np.frombuffer(base64.b64decode(page["before"]["points"]), "<f4").reshape(-1, 2)
    np.testing.assert_allclose(points, frame.points, atol=1e-5)
    assert page["before"]["step"] == 0


def test_a_run_without_a_frame_is_watched_on_the_untrained_networks_map(
    open_page: Open, executor: StubExecutor
) -> None:
    app = press(open_page("train"), "Train")
    run = runs.open_run(executor.submitted[0][0])
    page = given(app)
    assert (page["url"], page["status"]) == (f"/api/events/{run.id}", "queued")
    assert page["before"] is not None
    run.keep_frame(live.untrained(run.record().config))
    assert given(app.run())["before"] is None  # the stream has it


def test_an_autoencoder_is_shown_without_a_kl(open_page: Open) -> None:
    base = default_config("digits")
    config = base.evolve(model=base.model.evolve(posterior="point"))
    page = given(open_page("train", run=ended(config, "diverged", error="x").id))
    assert not page["hasKl"]
    assert page["before"]["kl_per_dim"] == []


def test_a_run_that_the_queue_refuses_leaves_nothing_behind(
    open_page: Open, executor: StubExecutor, tmp_path: Path
) -> None:
    executor.refusal = "3 of your runs are waiting already"
    app = press(open_page("train"), "Train")
    assert app.error[0].value == executor.refusal
    assert folders(tmp_path) == []


def test_a_half_written_run_is_told_and_does_not_lock_the_page(open_page: Open) -> None:
    run = ended(default_config("digits"), "finished")
    path = run.folder / RECORD_FILE
    path.write_text(path.read_text()[:100])
    app = open_page("train", run=run.id)
    assert "cannot be read" in app.warning[0].value
    app.run()
    assert labels(app) == ["Train"]


def test_a_run_that_is_not_here_is_told(open_page: Open) -> None:
    app = open_page("train", run="../../etc/passwd")
    assert "This run is not here" in app.warning[0].value


@pytest.mark.parametrize(
    ("status", "error", "sentence", "buttons"),
    [
        ("paused", None, "Paused at step 10 of 20", ["Resume", "Step", "Slow motion", "Stop"]),
        ("running", None, "Interrupted at or after step 10 of 20", ["Resume", AGAIN]),
        ("diverged", "Lower the rate", "Lower the rate", [AGAIN, "New seed"]),
        ("failed", "The disk is full", "The disk is full", ["Resume", AGAIN]),
        ("stopped", None, "Stopped before it began", [AGAIN, "Resume", "New seed"]),
    ],
)
def test_each_state_says_one_sentence_and_the_next_action(
    open_page: Open, status: str, error: str | None, sentence: str, buttons: list[str]
) -> None:
    run = ended(default_config("digits"), status, error=error, num_done=10, num_steps=20)
    app = open_page("train", run=run.id)
    assert sentence in said(app)
    assert labels(app) == possible(app) == buttons


def test_a_stopped_run_that_was_brought_here_has_nothing_to_resume(
    open_page: Open, save_model: Callable[..., RunRecord]
) -> None:
    run = runs.open_run(save_model("brought").id)
    run.update(status="stopped", num_done=10, num_steps=20)
    app = open_page("train", run=run.id)
    assert "stopped at step 10 of 20." in app.info[0].value
    assert "Resume" not in labels(app)
    (run.folder / RESUME_FILE).touch()
    assert "Resume" in labels(open_page("train", run=run.id))


def test_buttons_stay_where_they_are_while_a_run_trains_and_pauses(open_page: Open) -> None:
    run = ended(default_config("digits"), "running", num_done=10, num_steps=20)
    run.renew_lease()
    app = open_page("train", run=run.id)
    assert labels(app) == ["Pause", "Step", "Slow motion", "Stop"]
    assert possible(app) == ["Pause", "Slow motion", "Stop"]
    press(app, "Slow motion")
    assert run.asked() == "slow"
    assert given(app)["isSlow"]
    assert labels(app) == ["Pause", "Step", "Full speed", "Stop"]
    press(app, "Full speed")
    assert run.asked() == "run"
    press(app, "Pause")
    assert run.asked() == "pause"
    assert labels(app) == ["Pause", "Step", "Slow motion", "Stop"]


def test_step_slow_motion_and_stop_of_a_paused_run_ask_for_just_that(
    open_page: Open, executor: StubExecutor
) -> None:
    run = ended(default_config("digits"), "paused", num_done=10, num_steps=20)
    for label in ("Step", "Slow motion", "Stop"):
        press(open_page("train", run=run.id), label)
        run.update(status="paused")
    assert executor.submitted == [
        (run.id, 1, "run"),
        (run.id, None, "slow"),
        (run.id, None, "stop"),
    ]


def test_two_buttons_pressed_before_the_page_answers_are_both_carried_out(
    open_page: Open, executor: StubExecutor
) -> None:
    run = ended(default_config("digits"), "paused", num_done=10, num_steps=20)
    app = open_page("train", run=run.id)
    app.button(key="do_step").click()
    app.button(key="do_stop").click()
    app.run()
    assert executor.submitted == [(run.id, 1, "run")]
    assert run.asked() == "stop"


def test_a_second_button_does_nothing_to_the_run_that_the_first_one_started(
    open_page: Open, executor: StubExecutor
) -> None:
    run = ended(default_config("digits"), "diverged", error="x", num_done=10, num_steps=20)
    app = open_page("train", run=run.id)
    app.button(key="do_start_again_same_seed").click()
    app.button(key="do_new_seed").click()
    app.run()
    assert len(executor.submitted) == 1
    assert app.query_params["run"] == executor.submitted[0][0] != run.id
