"""Two servers on one folder of runs."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier

from tests.e2e.stage import ROOT
from tests.faults.listening import listening
from tests.faults.making import BEGUN, begun, each_once, step_of, steps_of, undisturbed
from tests.faults.serving import PATIENCE_S, Server, served
from tests.faults.visiting import Page, visit
from tests.unit._runs import STEPS, until, weights

UNDER_WAY = "This run is already under way, on another server or a command line."
# Processes that all reach for one lease after another, at the same moments, and tell what they got.
# The parent claims nothing and ends last: a lease is taken over from a parent.
RIVALS = """
import json, os, sys, time
from pathlib import Path
from vae_core import leases
from vae_core.errors import RunError
folders = sorted(Path(sys.argv[1]).iterdir())
begin = time.monotonic() + 0.5
children = []
for _ in range(int(sys.argv[2])):
    pid = os.fork()
    if not pid:
        for number, folder in enumerate(folders):
            time.sleep(max(0.0, begin + number * 0.02 - time.monotonic()))
            try:
                leases.claim(folder)
                os.write(1, f"{folder.name}\\n".encode())
            except RunError:
                pass
        time.sleep(0.5)  # whoever has a lease lives until all have reached for it
        os._exit(0)
    children.append(pid)
for pid in children:
    os.waitpid(pid, 0)
"""


def test_of_many_processes_that_reach_for_a_run_at_once_one_gets_it(tmp_path: Path) -> None:
    names = [f"{number:02}" for number in range(30)]
    for name in names:
        (tmp_path / name).mkdir()
    got = subprocess.run(
        [sys.executable, "-c", RIVALS, str(tmp_path), "6"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(got.stdout.split()) == names


def test_each_run_of_two_servers_is_trained_by_one_and_both_show_all_of_it(
    house: Server, token: str, tmp_path: Path
) -> None:
    three = [begun(house.runs, token, seed) for seed in range(3)]
    at_once = Barrier(2)

    def press(pages: list[Page]) -> None:
        for page in pages:
            at_once.wait(PATIENCE_S)
            page.press("Slow motion")
            assert set(page.alerts) <= {UNDER_WAY}

    with ExitStack() as open_:
        second = served(house.runs, tmp_path / "second.log", VAELAB_WORKERS="1")
        servers = [house, open_.enter_context(second)]
        heard = [
            [open_.enter_context(listening(server, run.id)) for server in servers] for run in three
        ]
        pages = [
            [open_.enter_context(visit(server, "train", token, run=run.id)) for run in three]
            for server in servers
        ]
        with ThreadPoolExecutor(2) as hands:
            list(hands.map(press, pages))
        for number, run in enumerate(three):
            until(lambda run=run: step_of(run) > BEGUN + 1, PATIENCE_S, "two steps of each")
            for here in pages:
                here[number].draw()
                assert "Full speed" in here[number].buttons
            pages[number % 2][number].press("Full speed")
            for listener in heard[number]:
                until(lambda one=listener: one.has_ended, PATIENCE_S, "the news of the end")
    for number, run in enumerate(three):
        assert weights(run) == undisturbed(run, tmp_path / f"whole-{number}")
        assert each_once(steps_of(run), 4 * STEPS)
        for listener in heard[number]:
            assert listener.rows == run.metrics()
            assert listener.statuses[-1] == "finished"
