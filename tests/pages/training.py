"""The Train page as its tests read and press it, with an executor that trains nothing."""

from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from tests.pages.reading import component_data
from vae_core import (
    RunConfig,
    runs,
)
from vae_core.errors import RunError
from vae_core.jobs import Waiting
from vae_core.record import RECORD_FILE

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


def has_live(app: AppTest) -> bool:
    return any(part.proto.component_name.endswith("vl_live") for part in app.get("bidi_component"))
