"""The drawer of the Train page: what it says is what is trained."""

from pathlib import Path

import pytest

from tests.pages.conftest import Open
from tests.pages.reading import text
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
from vae_core import (
    DATASETS,
    TrainConfig,
    default_config,
    runs,
)
from vae_core.models import ConditionConfig

pytestmark = pytest.mark.usefixtures("executor")


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
    assert "place 2, about 15 s" in said(app)
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
    again = open_page("train", run=run.id)  # as another person
    assert again.toggle(key="set_tell_class").value
    again.toggle(key="set_tell_class").set_value(False).run()
    press(again, "Train my own")
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
