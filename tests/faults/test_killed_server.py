"""kill -9 of the server with five runs under way, and its restart."""

from contextlib import ExitStack
from pathlib import Path

from tests.faults.making import BEGUN, begun, each_once, step_of, steps_of, undisturbed
from tests.faults.serving import PATIENCE_S, served
from tests.faults.visiting import visit
from tests.unit._runs import STEPS, until, weights

ROOM = {"VAELAB_MAX_WAITING": "5"}


def test_five_runs_of_a_killed_server_are_interrupted_and_resume_to_the_weights_of_undisturbed_ones(
    token: str, tmp_path: Path
) -> None:
    root, log = tmp_path / "runs", tmp_path / "server.log"
    five = [begun(root, token, seed) for seed in range(5)]
    with served(root, log, VAELAB_WORKERS="2", **ROOM) as server, ExitStack() as pages:
        for run in five:
            page = pages.enter_context(visit(server, "train", token, run=run.id))
            page.press("Slow motion")  # one step a second: it is in mid-epoch when it dies
        for run in five[:2]:
            until(lambda run=run: step_of(run) > BEGUN, PATIENCE_S, "a step of two")
        assert [run.record().status for run in five] == ["running"] * 2 + ["queued"] * 3
        assert len(server.workers()) == 2
        server.kill()
        until(lambda: not server.processes(), 20, "the end of all its processes")
    for run in five:
        until(lambda run=run: run.record().status == "interrupted", 20, "the end of its worker")
        assert step_of(run) < 4 * STEPS

    with served(root, log, VAELAB_WORKERS="1", **ROOM) as server:
        for run in five:
            with visit(server, "train", token, run=run.id) as page:
                assert page.sentence.startswith("Interrupted at or after step")
                page.press("Resume")
        for run in five:
            until(lambda run=run: run.record().status == "finished", PATIENCE_S, "the end of all")
    for number, run in enumerate(five):
        assert weights(run) == undisturbed(run, tmp_path / f"whole-{number}")
        assert each_once(steps_of(run), 4 * STEPS)
