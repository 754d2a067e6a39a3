"""Every route of ours as hostile tests ask it: what is right of it, so that one thing is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from starlette.routing import Route

from tests.pages.watching import append
from tests.unit._runs import small
from ui import cache as models
from ui.api import ROUTES
from ui.api.assets import PLOTLY_URL
from ui.api.models import MODEL
from ui.components import VERSION
from vae_core import runs

MODEL_ID = "digits-cvae-2d"
ROWS = {"z": [[0.5, -1.0]], "told": {"class": 3}}
ASKED = {
    "model": "digits-2d",
    "kind": "gaussian",
    "level": 0.5,
    "images": 0,
    "noise": 0,
    "methods": ["median"],
}


@dataclass(frozen=True)
class Takes:
    """What a route takes.

    Attributes:
        params: good values of those in its path.
        query: names that it reads.
        body: a good one, where it is JSON.
        limit: bytes of a body that are read, where it reads one.
    """

    params: Mapping[str, str] = field(default_factory=dict)
    query: tuple[str, ...] = ()
    body: Mapping[str, Any] | None = None
    limit: int | None = None


ELSEWHERE = "/api/{path:rest}"
OF_MODEL = {"id": MODEL_ID, "version": "VERSION"}
OF_RUN = {"run_id": "RUN"}
MIB = 2**20

TAKES: dict[str, Takes] = {
    "/api/js/{version}/{name}": Takes({"version": VERSION, "name": "net.js"}),
    PLOTLY_URL: Takes(),
    MODEL + "/encoder": Takes(OF_MODEL),
    MODEL + "/decoder": Takes(OF_MODEL),
    MODEL + "/latents": Takes(OF_MODEL),
    MODEL + "/pictures/{number:count}.png": Takes(OF_MODEL | {"number": "0"}),
    MODEL + "/readable.png": Takes(OF_MODEL, query=("limit", "told")),
    MODEL + "/decode": Takes(OF_MODEL, body=ROWS, limit=MIB),
    MODEL + "/film": Takes(OF_MODEL, body=ROWS, limit=MIB),
    MODEL + "/encode": Takes(OF_MODEL, body={"z": [[0.5] * 64]}, limit=MIB),
    MODEL + "/nearest": Takes(OF_MODEL, body=ROWS, limit=MIB),
    MODEL + "/take-away.html": Takes(OF_MODEL),
    MODEL + "/checkpoint.safetensors": Takes(OF_MODEL),
    MODEL + "/notebook.ipynb": Takes(OF_MODEL),
    "/api/ink": Takes(limit=10 * MIB),
    "/api/prepare": Takes(query=("dataset", "way", "invert"), limit=10 * MIB),
    "/api/restore": Takes(body=ASKED, limit=MIB),
    "/api/restore/search": Takes(body=ASKED | {"methods": ["search:digits-2d"]}, limit=MIB),
    "/api/restore/report": Takes(query=("as",), body=ASKED, limit=MIB),
    "/api/qr.svg": Takes(query=("text",)),
    "/api/checkpoints": Takes(limit=MIB),  # as the tests set it
    "/api/events/{run_id}": Takes(OF_RUN, query=("after",)),
    "/api/runs/{run_id}/frames": Takes(OF_RUN),
    "/api/runs/{run_id}/film.gif": Takes(OF_RUN, query=("dark", "behind")),
    "/api/runs/{run_id}/frames/{step:count}/{newest:count}": Takes(
        OF_RUN | {"step": "1", "newest": "1"}
    ),
    ELSEWHERE: Takes({"path": "nothing"}),
}
BY_PATH: dict[str, Route] = {route.path: route for route in ROUTES}


@cache
def version() -> str:
    """The version of the model that is asked for."""
    key = models.key_of(MODEL_ID)
    assert key is not None
    return str(key[1])


def address(route: str, **params: str) -> str:
    """A route's address: good, but for the parameters that are given."""
    path = route
    given = {"VERSION": version(), "RUN": "0" * 23 + "1"}
    good = {name: given.get(value, value) for name, value in TAKES[route].params.items()}
    for name, value in (good | params).items():
        for form in (f"{{{name}}}", f"{{{name}:count}}", f"{{{name}:rest}}"):
            path = path.replace(form, value)
    return path


def methods(path: str) -> set[str]:
    """Those that a route takes."""
    return set(BY_PATH[path].methods or ())


def make_run() -> None:
    """A finished run without frames, which `address` names."""
    run = runs.create(small(), folder=runs.runs_root() / ("0" * 23 + "1"))
    append(run, 1, 2)
    run.update(status="finished")
