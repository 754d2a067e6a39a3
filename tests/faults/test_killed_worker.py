"""kill -9 of a worker in mid-epoch."""

import os
import signal
from pathlib import Path

from tests.faults.listening import listening
from tests.faults.making import BEGUN, begun, each_once, step_of, steps_of, undisturbed, worker_of
from tests.faults.serving import PATIENCE_S, Server
from tests.faults.visiting import visit
from tests.unit._runs import STEPS, leftovers, until, weights

EPOCHS = 40


def test_a_run_whose_worker_is_killed_in_mid_epoch_resumes_to_the_weights_of_an_undisturbed_one(
    house: Server, token: str, tmp_path: Path
) -> None:
    run = begun(house.runs, token, 1, epochs=EPOCHS)
    (run.folder / ".resume.safetensors.0123abcd").write_bytes(b"half")  # killed while it wrote
    with visit(house, "train", token, run=run.id) as page:
        with listening(house, run.id) as before:
            page.press("Resume")
            until(lambda: step_of(run) > BEGUN + 20, PATIENCE_S, "training")
            worker = worker_of(run)
            os.kill(worker, signal.SIGKILL)
            until(lambda: before.has_ended, PATIENCE_S, "the news that it was interrupted")
        assert before.statuses[-1] == "interrupted"
        assert step_of(run) < EPOCHS * STEPS
        page.draw()
        assert page.sentence.startswith("Interrupted at or after step")
        page.press("Resume")
        with listening(house, run.id) as after:
            until(lambda: run.record().status == "finished", PATIENCE_S, "the end")
            until(lambda: after.has_ended, PATIENCE_S, "the news of the end")
        assert worker not in house.workers()
    assert weights(run) == undisturbed(run, tmp_path / "whole")
    assert steps_of(run) == after.steps
    assert each_once(after.steps, EPOCHS * STEPS)
    assert leftovers(run.folder) == []
