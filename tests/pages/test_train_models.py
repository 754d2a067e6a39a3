"""Saved and bundled models on the Train page."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pages.conftest import ROOT, Open
from tests.pages.reading import component_data, text
from tests.pages.training import AGAIN, ended, given, has_live, labels, press
from ui import live
from vae_core import (
    default_config,
    parcel,
    runs,
)
from vae_core.record import RunRecord

pytestmark = pytest.mark.usefixtures("executor")


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
    assert not has_live(app)
    assert AGAIN in labels(app)
