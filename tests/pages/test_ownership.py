"""A person controls only their own runs, whatever their page shows or sends; others watch."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import Open
from tests.pages.reading import text
from tests.pages.training import AGAIN, StubExecutor, has_live, labels, press
from ui import cache, directing, ownership, run_controls, run_saving, sliders_setting
from ui.components import map_panel
from ui.owner import COOKIE, hash_of
from ui.server_settings import server_settings
from vae_core import default_config, runs
from vae_core.directions import Direction, add_direction, directions_of
from vae_core.errors import RunError
from vae_core.record import RunRecord

pytestmark = pytest.mark.usefixtures("executor")

ANN = hash_of("a" * 43)


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> None:
    """Visitors come from another computer."""
    monkeypatch.setattr("ui.listening.is_from_here", lambda: False)


def of_ann(status: str) -> runs.Run:
    run = runs.create(default_config("digits"), owner=ANN)
    run.update(status=status, num_done=10, num_steps=20)
    if status in ("queued", "running"):
        run.renew_lease()
    return run


def as_ann(app: AppTest) -> AppTest:
    app.session_state["owner"] = ANN
    return app.run()


def test_a_run_belongs_to_whoever_starts_it(open_page: Open, executor: StubExecutor) -> None:
    app = press(open_page("train"), "Train")
    record = runs.open_run(executor.submitted[0][0]).record()
    assert record.owner == app.session_state["owner"]
    assert labels(app)[-1] == "Stop"


def test_the_cookie_says_who_somebody_is(
    open_page: Open, executor: StubExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streamlit.runtime.context.ContextProxy.cookies", {COOKIE: "a" * 43})
    press(open_page("train"), "Train")
    assert runs.open_run(executor.submitted[0][0]).record().owner == ANN


def test_whoever_has_no_cookie_is_somebody_of_their_own(open_page: Open) -> None:
    owners = set()
    for _ in range(2):
        app = press(open_page("train"), "Train")
        owners.add(app.session_state["owner"])
    assert len(owners) == 2


@pytest.mark.parametrize(
    ("status", "own"),
    [
        ("queued", ["Pause", "Step", "Slow motion", "Stop"]),
        ("running", ["Pause", "Step", "Slow motion", "Stop"]),
        ("paused", ["Resume", "Step", "Slow motion", "Stop"]),
        ("failed", ["Resume", AGAIN]),
        ("stopped", [AGAIN, "Resume", "New seed"]),
    ],
)
def test_others_watch_a_run_and_start_their_own(
    open_page: Open,
    executor: StubExecutor,
    status: str,
    own: list[str],
) -> None:
    run = of_ann(status)
    app = open_page("train", run=run.id)
    assert labels(app) == ["Train my own", "New seed"]
    assert ownership.NOT_YOURS in text(app)
    assert has_live(app)
    assert labels(as_ann(app)) == own
    assert ownership.NOT_YOURS not in text(app)
    app = press(open_page("train", run=run.id), "Train my own")
    mine = runs.open_run(executor.submitted[-1][0])
    assert mine.id != run.id
    assert mine.record().config == run.record().config
    assert mine.record().owner == app.session_state["owner"] != ANN


@pytest.mark.parametrize("label", ["Pause", "Stop", "Slow motion", "Step", "Resume"])
@pytest.mark.parametrize("status", ["running", "paused", "failed"])
def test_a_forged_press_does_nothing_to_anothers_run(
    open_page: Open,
    executor: StubExecutor,
    label: str,
    status: str,
) -> None:
    run = of_ann(status)
    app = open_page("train", run=run.id)
    app.session_state["pressed"] = [label]
    app.run()
    assert (executor.submitted, run.asked(), run.record().status) == ([], "run", status)


@pytest.mark.parametrize(
    "act",
    [
        lambda run: run_controls._ask(run, "pause"),
        lambda run: run_controls._go_on(run),
        lambda run: run_controls._submit(run, max_steps=1),
        lambda run: run_controls._stop(run),
        lambda run: run_saving._save(run),
        lambda run: run_saving._delete(run, "name"),
    ],
)
def test_what_is_carried_out_asks_once_more_whose_run_it_is(
    executor: StubExecutor, monkeypatch: pytest.MonkeyPatch, act: Callable[[runs.Run], None]
) -> None:
    kept: dict[str, Any] = {"save_as": "mine now"}
    monkeypatch.setattr("streamlit.session_state", kept)
    run = of_ann("paused")
    before = run.record()
    try:
        act(run)
    except RunError as error:
        kept["kept_error"] = str(error)
    assert kept["kept_error"].startswith("This run belongs to somebody else")
    assert (run.record(), run.asked(), executor.submitted) == (before, "run", [])


def test_anothers_saved_run_is_explored_but_not_deleted(
    open_page: Open, save_model: Callable[..., RunRecord]
) -> None:
    record = save_model("of ann")
    runs.open_run(record.id).update(owner=ANN)
    app = open_page("train", run=record.id)
    assert "Saved as **of ann**" in text(app)
    assert "Delete" not in labels(app)
    assert "Delete" in labels(as_ann(app))


def test_anothers_run_is_not_saved(open_page: Open, save_model: Callable[..., RunRecord]) -> None:
    record = save_model("of ann")
    runs.open_run(record.id).update(owner=ANN, name=None)
    app = open_page("train", run=record.id)
    assert not app.text_input
    assert as_ann(app).text_input


def test_only_the_owner_takes_a_deletion_back(
    open_page: Open, save_model: Callable[..., RunRecord]
) -> None:
    record = save_model("of ann")
    run = runs.open_run(record.id)
    run.update(owner=ANN)
    app = press(as_ann(open_page("train", run=record.id)), "Delete")
    app.session_state["owner"] = "somebody else"
    press(app, "Undo")
    assert runs.saved() == []
    press(as_ann(app), "Undo")
    assert [saved.name for saved in runs.saved()] == ["of ann"]


def test_a_run_of_nobody_is_controlled_on_the_servers_own_computer(open_page: Open) -> None:
    run = of_ann("paused")
    run.update(owner=None)
    assert "Resume" in labels(open_page("train", run=run.id))


@pytest.mark.usefixtures("far")
def test_a_run_of_nobody_is_only_watched_from_elsewhere(open_page: Open) -> None:
    run = of_ann("paused")
    run.update(owner=None)
    assert labels(open_page("train", run=run.id)) == ["Train my own", "New seed"]


@pytest.mark.usefixtures("far")
def test_a_bundled_model_belongs_to_nobody_and_is_open_to_all(open_page: Open) -> None:
    app = open_page("train", run="digits-2d")
    assert ownership.NOT_YOURS not in text(app)
    assert "comes with VAE Lab" in text(app)


def test_a_bundled_model_is_not_changed_by_a_forged_message(bundled: Any) -> None:
    with pytest.raises(RunError, match="comes with VAE Lab"):
        ownership.check(runs.Run(bundled / "digits-2d"))


@pytest.mark.parametrize("is_owner", [False, True])
def test_directions_of_a_model_are_its_owners_to_change(
    monkeypatch: pytest.MonkeyPatch, save_model: Callable[..., RunRecord], is_owner: bool
) -> None:
    run = runs.open_run(save_model("of ann").id)
    run.update(owner=ANN)
    wide, choice = ("wide", [1.0, 0.5], 3, 4), cache.choice_of(run.id)
    add_direction(run.folder, 2, *wide)
    asked = {"name": "tall", "vector": [0.5, 1.0], "num_a": 3, "num_b": 4}
    kept: dict[str, Any] = {
        "owner": ANN if is_owner else "somebody else",
        map_panel.KEY: {"direction": asked},
        sliders_setting.key(choice): {"forget": "wide"},
    }
    monkeypatch.setattr("streamlit.session_state", kept)
    monkeypatch.setattr("ui.state.chosen", lambda: choice)
    directing.keep()
    directing.forget()
    found = [one.name for one in directions_of(run.folder)]
    assert found == (["tall"] if is_owner else ["wide"])
    assert kept["direction_told"]["isError"] == (not is_owner)
    assert ("belongs to somebody else" in kept.get("kept_error", "")) == (not is_owner)
    directing._undo(choice, 0, Direction(name="old", vector=(1.0, 1.0), num_a=1, num_b=1))
    assert ("old" in [one.name for one in directions_of(run.folder)]) == is_owner


def test_the_page_says_when_anybody_on_the_network_can_use_it(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "Anyone on this network can use this page"
    assert said not in text(open_page("explore"))
    monkeypatch.setattr("ui.listening.listens_elsewhere", lambda: True)
    for page in ("explore", "train", "compare"):
        assert said in text(open_page(page))
    monkeypatch.setenv("VAELAB_ACCESS_CODE", "tiger lily")
    server_settings.cache_clear()
    assert said not in text(open_page("explore"))


@pytest.mark.usefixtures("far")
def test_the_page_says_so_behind_a_proxy_too(open_page: Open) -> None:
    assert "Anyone on this network" in text(open_page("sliders"))
