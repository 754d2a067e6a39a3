"""A server with broken folders among its runs: every page and every address still answers."""

import random
import shutil
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from tests.faults.making import begun
from tests.faults.serving import PATIENCE_S, Server
from tests.faults.visiting import visit
from tests.unit._runs import until
from ui.api import ROUTES
from ui.owner import new_token
from vae_core.checkpoints import LATENTS_FILE, MODEL_FILE, RESUME_FILE
from vae_core.directions import DIRECTIONS_FILE, add_direction
from vae_core.frames import LIVE_FILE
from vae_core.leases import LEASE_FILE
from vae_core.record import RECORD_FILE
from vae_core.runs import CONTROL_FILE, FRAMES_FOLDER, METRICS_FILE, Run
from vae_core.worker import execute

PAGES = ("", "train", "sliders", "denoise", "compare")
FILES = (RECORD_FILE, MODEL_FILE, LATENTS_FILE, RESUME_FILE, DIRECTIONS_FILE, METRICS_FILE,
         LIVE_FILE, CONTROL_FILE, LEASE_FILE, FRAMES_FOLDER)  # fmt: skip
# What is said of a damaged file, and on which pages.
SAID = {
    MODEL_FILE: ("cannot be read as safetensors", {"", "sliders", "denoise", "compare"}),
    LATENTS_FILE: ("cannot be read as safetensors", {"", "sliders", "denoise", "compare"}),
    DIRECTIONS_FILE: ("cannot be read as directions", {"sliders"}),
}


@pytest.fixture(scope="module")
def broken(house: Server, token: str) -> Iterator[dict[str, Run]]:
    """Copies of a saved run, each with another file cut in the middle."""
    whole = begun(house.runs, token, 1)
    whole.ask("stop")
    execute(whole)
    whole.renew_lease()
    add_direction(whole.folder, 2, "thicker", (1.0, 2.0), 3, 4)
    chance, made = random.Random(0), {}
    for number, name in enumerate(FILES):
        run = Run(shutil.copytree(whole.folder, house.runs / f"{number:024x}"))
        run.update(id=run.id, name=f"cut {name}")
        path = run.frame_paths()[-1] if name == FRAMES_FOLDER else run.folder / name
        path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size)])
        made[name] = run
    yield made
    for run in made.values():
        shutil.rmtree(run.folder)


def status_of(server: Server, path: str) -> int:
    connection = HTTPConnection("localhost", server.port, timeout=PATIENCE_S)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def addresses(run: Run) -> list[str]:
    """Of all that can be read of a run."""
    paths = [route.path for route in ROUTES if "GET" in (getattr(route, "methods", None) or ())]
    values = {"{id}": run.id, "{run_id}": run.id, "{version}": "0", "{number:int}": "0",
              "{step:int}": "30", "{newest:int}": "30"}  # fmt: skip
    found = []
    for path in paths:
        if "{id}" in path or "{run_id}" in path:
            for name, value in values.items():
                path = path.replace(name, value)
            found.append(f"{path}?limit=3")
    return found


@pytest.mark.parametrize("name", FILES)
def test_pages_and_addresses_of_a_broken_run_answer_in_words(
    house: Server, token: str, broken: dict[str, Run], name: str
) -> None:
    run = broken[name]
    with visit(house, "train", token, run=run.id) as page:
        assert page.faults == []
        assert [f"{name} cannot be read" in alert for alert in page.alerts] == (
            [True] if name == RECORD_FILE else []
        )
    for path in addresses(run):
        assert status_of(house, path) < 500, path


@pytest.mark.parametrize("page_name", PAGES)
def test_every_page_opens_with_broken_folders_in_the_list(
    house: Server, broken: dict[str, Run], page_name: str
) -> None:
    with visit(house, page_name, new_token()) as page:
        assert page.faults == []
        offered = page.options("Model")
    names = [f"cut {name}" for name in broken if name != RECORD_FILE]
    assert set(names) < set(offered)
    assert f"cut {RECORD_FILE}" not in offered


@pytest.mark.parametrize("page_name", PAGES)
@pytest.mark.parametrize("name", SAID)
def test_a_page_that_is_asked_for_a_broken_model_says_so(
    house: Server, broken: dict[str, Run], page_name: str, name: str
) -> None:
    with visit(house, page_name, new_token(), model=f"cut {name}") as page:
        assert page.faults == []
        said, where = SAID[name]
        alerts = [f"{name} {said}" in alert for alert in page.alerts]
        assert alerts == ([True] if page_name in where else [])


def test_a_worker_refuses_a_broken_resume_point_and_the_page_says_so(
    house: Server, token: str, broken: dict[str, Run]
) -> None:
    run = broken[RESUME_FILE]
    with visit(house, "train", token, run=run.id) as page:
        page.press("Resume")
        until(lambda: run.record().status == "failed", PATIENCE_S, "the worker's refusal")
        page.draw()
        assert f"{RESUME_FILE} cannot be read as safetensors" in page.sentence


def test_nothing_of_it_was_a_fault_of_the_server(house: Server, broken: dict[str, Run]) -> None:
    assert "Traceback" not in house.log.read_text()
