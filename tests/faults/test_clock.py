"""A clock that jumps, forward and back, under the server and its workers."""

import os
import signal
import time
from pathlib import Path

from tests.faults.conftest import Jump
from tests.faults.listening import listening
from tests.faults.making import begun, undisturbed, worker_of
from tests.faults.serving import PATIENCE_S, Server
from tests.faults.visiting import visit
from tests.unit._runs import until, weights

HOUR = 3_600


def test_a_clock_that_jumps_interrupts_nobody_and_keeps_no_dead_run_alive(
    house: Server, token: str, jump: Jump, tmp_path: Path
) -> None:
    at_work, waiting = begun(house.runs, token, 1), begun(house.runs, token, 2)
    with (
        visit(house, "train", token, run=at_work.id) as page,
        visit(house, "train", token, run=waiting.id) as other,
        listening(house, at_work.id) as heard,
        listening(house, waiting.id) as heard_of_other,
    ):
        page.press("Slow motion")
        until(lambda: "running" in heard.statuses, PATIENCE_S, "training")
        other.press("Resume")
        for skew_s in (365 * 24 * HOUR, 5 * HOUR, -5 * HOUR):
            jump(skew_s)
            page.draw()
            assert abs(page.given["answeredAt"] - time.time() - skew_s) < HOUR
            seen = len(heard.steps)
            until(lambda seen=seen: len(heard.steps) >= seen + 2, PATIENCE_S, "two more steps")
        for listener, status in ((heard, "running"), (heard_of_other, "queued")):
            assert listener.statuses[-1] == status
            assert "interrupted" not in listener.statuses
            assert not listener.has_ended

        jump(-10 * HOUR)  # the last heartbeat is of the future now
        os.kill(worker_of(at_work), signal.SIGKILL)
        until(lambda: heard.has_ended, PATIENCE_S, "the news that it was interrupted")
        assert heard.statuses[-1] == "interrupted"
        until(lambda: waiting.record().status == "finished", PATIENCE_S, "the other's turn")
        page.draw()
        page.press("Resume")
        until(lambda: at_work.record().status == "finished", PATIENCE_S, "the end")
    for run in (at_work, waiting):
        assert weights(run) == undisturbed(run, tmp_path / run.id)
