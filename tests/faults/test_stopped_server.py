"""SIGTERM with open streams: the server goes at once, and all that it has started with it."""

import time
from contextlib import ExitStack, closing
from pathlib import Path

from tests.faults.listening import Stream, listening
from tests.faults.making import BEGUN, begun, step_of
from tests.faults.serving import PATIENCE_S, served
from tests.faults.visiting import visit
from tests.unit._runs import until

STOPS_WITHIN_S = 5.0
NUM_STREAMS = 6
SEARCH = {
    "model": "digits-2d",
    "kind": "half",
    "level": 0.5,
    "noise": 3,
    "methods": ["search:digits-2d"],
}


def test_a_server_that_is_told_to_stop_does_within_five_seconds_and_leaves_no_process(
    token: str, tmp_path: Path
) -> None:
    root, log = tmp_path / "runs", tmp_path / "server.log"
    at_work, waiting = begun(root, token, 1), begun(root, token, 2)
    with ExitStack() as open_:
        server = open_.enter_context(served(root, log, VAELAB_WORKERS="1"))
        page = open_.enter_context(visit(server, "train", token, run=at_work.id))
        page.press("Slow motion")
        until(lambda: step_of(at_work) > BEGUN, PATIENCE_S, "training")
        open_.enter_context(visit(server, "train", token, run=waiting.id)).press("Resume")
        lab = open_.enter_context(visit(server, "denoise", token))
        lab.press("Measure")
        streams = [
            open_.enter_context(listening(server, run.id))
            for run in (at_work, waiting)
            for _ in range(NUM_STREAMS // 2)
        ]
        until(lambda: all(stream.statuses for stream in streams), PATIENCE_S, "all streams")
        film = open_.enter_context(closing(Stream(server, "/api/restore/search", SEARCH)))
        until(lambda: "step" in film.kinds, PATIENCE_S, "a picture of the search")
        modules = [command.split("\0")[-2] for command in server.processes().values()]
        assert {"vae_core.worker", "vae_core.levels_worker"} < set(modules)
        assert all(stream.is_open for stream in (film, *streams))

        began = time.monotonic()
        server.process.terminate()
        server.process.wait(PATIENCE_S)
        assert time.monotonic() - began < STOPS_WITHIN_S
        until(lambda: not server.processes(), STOPS_WITHIN_S, "the end of all its processes")
        until(lambda: not any(s.is_open for s in (film, *streams)), STOPS_WITHIN_S, "all ends")
    for run in (at_work, waiting):
        assert run.record().status == "interrupted"
    assert "Traceback" not in log.read_text()
