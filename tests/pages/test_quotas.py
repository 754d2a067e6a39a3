"""How much one person may use, checked where runs begin and where they go on."""

from pathlib import Path

import pytest

from tests.pages.conftest import Open
from tests.pages.training import AGAIN, StubExecutor, folders, labels, press
from ui import listening, quotas
from ui.owner import hash_of
from ui.server_settings import server_settings
from ui.workers import executor as real_executor
from vae_core import RunConfig, default_config, runs
from vae_core.models import MLPConfig, build_model, num_parameters

ANN = hash_of("a" * 43)
LARGE = RunConfig(model=MLPConfig(hidden=(4_096, 2_048)))


def limit(monkeypatch: pytest.MonkeyPatch, name: str, value: int) -> None:
    monkeypatch.setenv(f"VAELAB_{name}", str(value))
    server_settings.cache_clear()


def filled(owner: str | None, mib: int, name: str | None = None) -> runs.Run:
    run = runs.create(default_config("digits"), owner=owner)
    run.update(status="stopped", name=name)
    (run.folder / "frames").mkdir()
    with (run.folder / "frames" / "large").open("wb") as file:
        file.truncate(mib * 2**20)
    return run


def test_the_defaults_take_every_recipe_and_all_that_the_drawer_offers() -> None:
    for dataset in ("digits", "mnist"):
        for model in ("mlp", "conv"):
            config = default_config(dataset, model)
            quotas.check_config(config.evolve(model=config.model.evolve(latent_dim=64)))


def test_parameters_are_those_that_training_changes(digits) -> None:  # type: ignore[no-untyped-def]
    model = build_model(LARGE.model, digits.spec)
    assert num_parameters(LARGE.model, digits.spec) == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (LARGE, "parameters received; this server trains at most 5,000,000"),
        (
            default_config("digits").evolve(train={"epochs": 301}),
            "301 epochs received; this server trains at most 300",
        ),
    ],
)
@pytest.mark.usefixtures("executor")
def test_a_training_that_is_too_large_is_refused_and_leaves_nothing(
    open_page: Open, executor: StubExecutor, tmp_path: Path, config: RunConfig, said: str
) -> None:
    run = runs.create(config)
    run.update(status="failed", error="x")
    app = press(open_page("train", run=run.id), AGAIN)
    assert said in app.error[0].value
    app = press(open_page("train", run=run.id), "Resume")
    assert said in app.error[0].value
    assert (executor.submitted, folders(tmp_path)) == ([], [run.folder])


def test_a_run_that_is_too_large_can_still_be_stopped(
    open_page: Open, executor: StubExecutor
) -> None:
    run = runs.create(LARGE)
    run.update(status="paused")
    press(open_page("train", run=run.id), "Stop")
    assert executor.submitted == [(run.id, None, "stop")]


def test_only_a_persons_own_runs_count() -> None:
    mine = filled(ANN, 3)
    filled("b" * 64, 5)
    filled(None, 7)
    broken = filled(ANN, 9)
    (broken.folder / "run.json").write_text("[")
    assert quotas.owned_by(ANN) == [mine]
    assert 3 * 2**20 < quotas.bytes_of(ANN) < 4 * 2**20
    runs.delete(mine)
    assert quotas.bytes_of(ANN) == 0


def test_whoever_has_no_room_is_told_and_can_make_some(
    open_page: Open,
    executor: StubExecutor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limit(monkeypatch, "MAX_DISK_MB", 10)
    unsaved = [filled(ANN, 4) for _ in range(2)]
    kept = [filled(ANN, 4, "kept"), filled("b" * 64, 50)]
    app = open_page("train")
    app.session_state["owner"] = ANN
    press(app, "Train")
    assert "Your runs take 12 of the 10 MiB" in app.error[0].value
    assert "Delete the 2 runs that you have not saved, for good (8 MiB)" in labels(app)
    press(app, "Delete the 2 runs that you have not saved, for good (8 MiB)")
    assert set(folders(tmp_path)) == {run.folder for run in kept}
    assert not any(run.folder.exists() for run in unsaved)
    press(app, "Train")
    assert len(executor.submitted) == 1


def test_no_run_at_work_is_deleted_to_make_room(
    open_page: Open, executor: StubExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, "MAX_DISK_MB", 10)
    paused = filled(ANN, 11)
    paused.update(status="paused")
    app = open_page("train")
    app.session_state["owner"] = ANN
    press(app, "Train")
    assert "Your runs take 11 of the 10 MiB" in app.error[0].value
    assert labels(app) == ["Train"]
    assert paused.folder.exists()


def test_a_file_that_vanishes_while_it_is_counted_does_no_harm(tmp_path: Path) -> None:
    run = filled(ANN, 1)
    (run.folder / "dangling").symlink_to(tmp_path / "nowhere")
    assert quotas.folder_bytes(run.folder) > 2**20
    assert quotas.folder_bytes(tmp_path / "nothing") == 0


def test_the_queue_gets_its_limits_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, "MAX_WAITING", 7)
    limit(monkeypatch, "MAX_RUNNING", 5)
    limit(monkeypatch, "WORKERS", 6)
    given: dict[str, int] = {}
    monkeypatch.setattr("ui.workers.LocalExecutor", lambda **limits: given.update(limits))
    real_executor.__wrapped__()
    assert given == {"num_workers": 6, "max_waiting": 7, "max_running": 5}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("localhost", True), ("127.0.0.1", True), ("127.8.0.1", True), ("[::1]", True),
     ("LOCALHOST.", True), ("0.0.0.0", False), ("192.168.0.7", False), ("lab", False),
     ("localhost.evil.example", False), ("", False)],
)  # fmt: skip
def test_loopback_is_told_from_the_rest(name: str, expected: bool) -> None:
    assert listening.is_loopback(name) == expected


def test_the_server_listens_on_this_computer_alone_by_default() -> None:
    assert not listening.listens_elsewhere()
