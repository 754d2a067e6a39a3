"""What the Train page offers in each state of a run, and gives its script; drawing is in e2e."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import ROOT, Open
from tests.pages.reading import component_data, text
from ui import live
from vae_core import (
    DATASETS,
    RunConfig,
    TrainConfig,
    build_model,
    default_config,
    load_dataset,
    parcel,
    runs,
)
from vae_core.checkpoints import RESUME_FILE
from vae_core.errors import RunError
from vae_core.frames import make_frame, make_probe
from vae_core.jobs import Waiting
from vae_core.models import ConditionConfig
from vae_core.record import RECORD_FILE, RunRecord

AGAIN = "Start again (same seed)"


class StubExecutor:
    """Takes every run and trains none, or refuses all."""

    def __init__(self) -> None:
        self.submitted: list[tuple[str, int | None, str]] = []
        self.refusal: str | None = None

    def submit(
        self, run: runs.Run, *, owner: str = "", max_steps: int | None = None, want: str = "run"
    ) -> None:
        if self.refusal:
            raise RunError(self.refusal)
        self.submitted.append((run.id, max_steps, want))
        run.renew_lease()
        run.update(status="queued")

    def withdraw(self, run: runs.Run) -> bool:
        return False

    def waiting(self, run_id: str) -> Waiting:
        return Waiting(place=2, expected_s=14.2)


@pytest.fixture(autouse=True)
def executor(monkeypatch: pytest.MonkeyPatch) -> StubExecutor:
    stub = StubExecutor()
    monkeypatch.setattr("ui.run_controls.executor", lambda: stub)
    monkeypatch.setattr("ui.run_controls.BEGIN_S", 0.0)
    monkeypatch.setattr("ui.run_controls.STEP_S", 0.0)
    return stub


def given(app: AppTest) -> dict[str, Any]:
    """What `live.js` is given."""
    return component_data(app, "live")


def said(app: AppTest) -> str:
    """What the page says above the map."""
    return given(app)["sentence"]


def press(app: AppTest, label: str) -> AppTest:
    (button,) = [button for button in app.button if button.label == label]
    button.click().run()
    assert not app.exception
    return app


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def possible(app: AppTest) -> list[str]:
    return [button.label for button in app.button if not button.disabled]


def folders(tmp_path: Path) -> list[Path]:
    return [path.parent for path in (tmp_path / "runs").glob(f"*/{RECORD_FILE}")]


def ended(config: RunConfig, status: str, **changes: object) -> runs.Run:
    run = runs.create(config)
    run.update(status=status, **changes)
    return run


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


def test_train_submits_what_the_drawer_says(
    open_page: Open, executor: StubExecutor, tmp_path: Path
) -> None:
    app = open_page("train")
    app.number_input(key="set_latent_dim").set_value(3)
    app.number_input(key="set_beta").set_value(4.0)
    app.number_input(key="set_epochs_digits_mlp").set_value(7)
    app.selectbox(key="set_noise").set_value("masked-square")
    app.run()
    press(app, "Train")
    (folder,) = folders(tmp_path)
    config = runs.Run(folder).record().config
    assert executor.submitted == [(folder.name, None, "run")]
    assert (config.model.latent_dim, config.train.beta, config.train.epochs) == (3, 4.0, 7)
    assert config.train.corruption.kind == "masked-square"
    assert app.query_params["run"] == folder.name
    assert "place 2, about 14 s" in said(app)
    assert possible(app) == ["Stop"]


def test_a_conditional_model_is_a_switch_that_a_runs_settings_set(
    open_page: Open, executor: StubExecutor
) -> None:
    app = open_page("train")
    assert not app.toggle(key="set_tell_class").value
    app.toggle(key="set_tell_class").set_value(True).run()
    assert "told the class" in given(app)["settings"]
    assert given(app)["isMixed"]
    press(app, "Train")
    run = runs.open_run(executor.submitted[0][0])
    (condition,) = run.record().config.model.conditions
    assert (condition.name, condition.into) == ("class", ("encoder", "decoder"))
    run.update(status="stopped")
    again = open_page("train", run=run.id)
    assert again.toggle(key="set_tell_class").value
    again.toggle(key="set_tell_class").set_value(False).run()
    press(again, "Train")
    assert runs.open_run(executor.submitted[1][0]).record().config.model.conditions == ()


def test_the_drawer_keeps_conditions_that_it_does_not_show(
    open_page: Open, executor: StubExecutor
) -> None:
    base = default_config("digits")
    conditions = [
        ConditionConfig(name="class", into=("prior",), null_rate=0.0, classifier_weight=2.0),
        ConditionConfig(name="strokes", size=3),
    ]
    config = base.evolve(model=base.model.evolve(conditions=conditions))
    press(open_page("train", run=ended(config, "diverged", error="x").id), AGAIN)
    assert runs.open_run(executor.submitted[0][0]).record().config == config


def test_another_data_set_brings_its_own_number_of_epochs(
    open_page: Open, without_data: None
) -> None:
    app = open_page("train")
    app.number_input(key="set_epochs_digits_mlp").set_value(7).run()
    app.selectbox(key="set_dataset").set_value("mnist").run()
    epochs = default_config("mnist").train.epochs
    assert app.number_input(key="set_epochs_mnist_mlp").value == epochs
    app.selectbox(key="set_dataset").set_value("digits").run()
    assert app.number_input(key="set_epochs_digits_mlp").value == 7


def test_data_sets_are_offered_by_titles_that_tell_them_apart(open_page: Open) -> None:
    box = open_page("train").selectbox(key="set_dataset")
    assert box.options == [entry.spec.title for entry in DATASETS.values()]
    assert len(set(box.options)) == len(box.options)
    assert {"MNIST", "MNIST, binarised once", "MNIST, binarised anew"} <= set(box.options)


def test_binary_mnist_asks_for_the_files_of_mnist(open_page: Open, without_data: None) -> None:
    app = open_page("train")
    app.selectbox(key="set_dataset").set_value("mnist-dynamic").run()
    assert "MNIST is not on this computer" in app.error[0].value
    assert "Get MNIST, binarised anew" in labels(app)
    assert "MNIST, binarised anew, " in text(app)


def test_an_absent_data_set_is_told_with_folder_variable_and_way_out(
    open_page: Open, without_data: None, tmp_path: Path
) -> None:
    app = open_page("train")
    app.selectbox(key="set_dataset").set_value("kmnist").run()
    said = app.error[0].value
    assert "KMNIST is not on this computer" in said
    for part in ("empty/KMNIST/raw", "VAELAB", "'digits'"):
        assert part in said
    assert "Get KMNIST" in labels(app)
    press(app, "Train")
    assert "KMNIST is not on this computer" in app.error[0].value
    assert folders(tmp_path) == []


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


def test_start_again_keeps_what_the_drawer_does_not_show(
    open_page: Open, executor: StubExecutor
) -> None:
    train = TrainConfig(epochs=9, batch_size=16, learning_rate=0.004, beta=500.0)
    config = default_config("digits").evolve(train=train, seed=5)
    app = open_page("train", run=ended(config, "diverged", error="x").id)
    press(app, AGAIN)
    assert runs.open_run(executor.submitted[0][0]).record().config == config


def test_new_seed_changes_the_seed_alone_and_the_drawer_follows(
    open_page: Open, executor: StubExecutor
) -> None:
    config = default_config("digits")
    app = press(open_page("train", run=ended(config, "diverged", error="x").id), "New seed")
    run = runs.open_run(executor.submitted[0][0])
    again = run.record().config
    assert again.seed != config.seed
    assert again.evolve(seed=config.seed) == config
    assert app.number_input(key="set_seed").value == again.seed
    run.update(status="stopped")
    app.run()
    assert labels(app)[:2] == [AGAIN, "Resume"]


def test_a_saved_run_is_chosen_deleted_and_brought_back(
    open_page: Open, save_model: Callable[..., RunRecord]
) -> None:
    record = save_model("first try")
    runs.open_run(record.id).update(name=None)
    app = open_page("train", run=record.id)
    app.text_input[0].set_value("digits-2d")
    press(app, "Save")
    assert "already a model called 'digits-2d'" in app.error[0].value
    app.text_input[0].set_value("second *try*")
    press(app, "Save")
    assert app.selectbox(key="model").value == record.id
    press(app, "Delete")
    assert app.selectbox(key="model").value == "digits-2d"
    assert runs.saved() == []
    press(app, "Undo")
    assert [saved.name for saved in runs.saved()] == ["second *try*"]


@pytest.mark.usefixtures("without_data")
def test_a_bundled_model_shows_how_it_learned_where_its_data_are_not(open_page: Open) -> None:
    app = open_page("train", run="mnist-2d")
    data = component_data(app, "live")
    assert data["framesUrl"] == "/api/runs/mnist-2d/frames"
    assert (data["originals"], data["before"], data["status"]) == (None, None, "finished")
    assert "comes with VAE Lab" in text(app)
    assert "Get MNIST" in [button.label for button in app.button]


def test_no_bundled_model_can_be_renamed_or_deleted(open_page: Open) -> None:
    app = open_page("train", run="digits-2d")
    assert not app.text_input
    assert not {"Save", "Delete"} & {button.label for button in app.button}


@pytest.mark.parametrize("status", ["queued", "running", "paused"])
def test_the_picker_does_not_take_a_run_under_way_from_the_page(
    open_page: Open, status: str
) -> None:
    run = ended(default_config("digits"), status)
    run.renew_lease()
    app = open_page("train", run=run.id)
    app.selectbox(key="model").set_value("digits-ae-2d").run()
    assert app.query_params["run"] == run.id


def test_the_picker_turns_the_page_to_a_model_when_no_run_is_under_way(open_page: Open) -> None:
    app = open_page("train", run=ended(default_config("digits"), "finished").id)
    app.selectbox(key="model").set_value("digits-ae-2d").run()
    assert app.query_params["run"] == "digits-ae-2d"


def test_the_picker_turns_to_the_model_whose_training_is_on_the_page(open_page: Open) -> None:
    app = open_page("train", run="mnist-2d")
    assert app.selectbox(key="model").value == "mnist-2d"
    assert given(app)["files"]["id"] == "mnist-2d"
    del app.query_params["run"]  # as in a browser: another page has its own address
    app.switch_page(str(ROOT / "pages" / "explore.py")).run()
    app.selectbox(key="model").set_value("digits-ae-2d").run()
    app.switch_page(str(ROOT / "pages" / "train.py")).run()
    assert app.selectbox(key="model").value == app.query_params["run"] == "digits-ae-2d"


def test_share_is_given_the_files_of_the_run_or_none_before_it_has_a_model(
    open_page: Open, save_model: Callable[..., RunRecord]
) -> None:
    run = ended(default_config("digits"), "paused")
    files = given(open_page("train", run=run.id))["files"]
    assert files == {"title": run.record().title, "id": run.id, "url": None}
    record = save_model("first try")
    runs.open_run(record.id).update(name=None)
    runs.open_run(record.id).keep_frame(live.untrained(record.config))
    files = given(open_page("train", run=record.id))["files"]
    assert files["url"].startswith(f"/api/models/{record.id}/")


def test_an_uploaded_model_says_that_it_has_no_film(open_page: Open, bundled: Path) -> None:
    run = parcel.unpack(parcel.pack(bundled / "digits-2d"))
    app = open_page("train", run=run.id)
    assert "without the film of its training" in app.info[0].value
    assert not _has_live(app)
    assert AGAIN in labels(app)


def _has_live(app: AppTest) -> bool:
    return any(part.proto.component_name.endswith("vl_live") for part in app.get("bidi_component"))
