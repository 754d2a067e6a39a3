"""A clock that jumps, forward and back, under the server and its workers."""

import os
import signal
import time
from pathlib import Path

from tests.e2e.stage import ROOT
from tests.faults.listening import listening
from tests.faults.making import begun, undisturbed, worker_of
from tests.faults.serving import PATIENCE_S, served
from tests.faults.visiting import visit
from tests.unit._runs import until, weights
from vae_core.files import write_atomically

HOUR = 3_600
SKEWED = Path(__file__).parent / "skewed"


def test_a_clock_that_jumps_interrupts_nobody_and_keeps_no_dead_run_alive(
    token: str, tmp_path: Path
) -> None:
    root, skew = tmp_path / "runs", tmp_path / "skew"

    def jump(hours: float) -> None:
        write_atomically(skew, f"{hours * HOUR}".encode())

    jump(0)
    at_work, waiting = begun(root, token, 1), begun(root, token, 2)
    clock = {"PYTHONPATH": f"{SKEWED}{os.pathsep}{ROOT}", "SKEW_FILE": str(skew)}
    with (
        served(root, tmp_path / "server.log", VAELAB_WORKERS="1", **clock) as server,
        visit(server, "train", token, run=at_work.id) as page,
        visit(server, "train", token, run=waiting.id) as other,
        listening(server, at_work.id) as heard,
        listening(server, waiting.id) as heard_of_other,
    ):
        page.press("Slow motion")
        until(lambda: "running" in heard.statuses, PATIENCE_S, "training")
        other.press("Resume")
        for hours in (24 * 365, 5, -5):
            jump(hours)
            page.draw()
            assert abs(page.given["answeredAt"] - time.time() - hours * HOUR) < HOUR
            seen = len(heard.steps)
            until(lambda seen=seen: len(heard.steps) >= seen + 2, PATIENCE_S, "two more steps")
        for listener, status in ((heard, "running"), (heard_of_other, "queued")):
            assert listener.statuses[-1] == status
            assert "interrupted" not in listener.statuses
            assert not listener.has_ended

        os.kill(worker_of(at_work), signal.SIGKILL)  # its last heartbeat is of the future now
        jump(-10)
        until(lambda: heard.has_ended, PATIENCE_S, "the news that it was interrupted")
        assert heard.statuses[-1] == "interrupted"
        until(lambda: waiting.record().status == "finished", PATIENCE_S, "the other's turn")
        page.draw()
        page.press("Resume")
        until(lambda: at_work.record().status == "finished", PATIENCE_S, "the end")
    for run in (at_work, waiting):
        assert weights(run) == undisturbed(run, tmp_path / run.id)
