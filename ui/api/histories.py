"""`GET /api/runs/{run_id}/frames`: the time machine of a run, for whoever knows its id."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ui.api.assets import FOR_EVER
from ui.api.following import frame_json, json_text
from vae_core import runs
from vae_core.errors import RunError
from vae_core.history import read_history, read_moment


def index(request: Request) -> Response:
    """List the kept frames: steps, and the axes that all of them share."""
    try:
        history = read_history(runs.open_run(request.path_params["run_id"]))
    except RunError as error:
        return JSONResponse({"error": str(error)}, status_code=404)
    axes = {"limit": history.limit, "axis_labels": list(history.axis_labels)}
    headers = {"Cache-Control": "no-store"}
    return JSONResponse({"steps": list(history.steps), **axes}, headers=headers)


def moment(request: Request) -> Response:
    """Answer one frame as the stream does, seen as all frames up to `newest` are."""
    try:
        run = runs.open_run(request.path_params["run_id"])
        numbers = (request.path_params[name] for name in ("step", "newest"))
        frame = read_moment(run, *numbers)
    except RunError as error:
        return JSONResponse({"error": str(error)}, status_code=404)
    return Response(json_text(frame_json(frame)), media_type="application/json", headers=FOR_EVER)


ROUTES = [
    Route("/api/runs/{run_id}/frames", index),
    Route("/api/runs/{run_id}/frames/{step:int}/{newest:int}", moment),
]
