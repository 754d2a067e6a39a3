"""`GET /api/runs/{run_id}/...`: the time machine of a run, and its film."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ui import theme
from ui.api.convertors import COUNT
from ui.api.following import frame_json, json_text
from ui.api.refusal import refusal
from vae_core import catalogue
from vae_core.errors import RunError
from vae_core.film import Look, film
from vae_core.history import read_history, read_moment

# A bundled model that is trained again has other frames at the same steps.
A_WHILE = {"Cache-Control": "private, max-age=600"}


def index(request: Request) -> Response:
    """List the kept frames: steps, and the axes that all of them share."""
    try:
        history = read_history(catalogue.open_run(request.path_params["run_id"]))
    except RunError as error:
        return refusal(error, 404)
    axes = {"limit": history.limit, "axis_labels": list(history.plane.labels)}
    headers = {"Cache-Control": "no-store"}
    return JSONResponse({"steps": list(history.steps), **axes}, headers=headers)


def moment(request: Request) -> Response:
    """Answer one frame as the stream does, seen as all frames up to `newest` are."""
    try:
        run = catalogue.open_run(request.path_params["run_id"])
        numbers = (request.path_params[name] for name in ("step", "newest"))
        frame = read_moment(run, *numbers)
    except RunError as error:
        return refusal(error, 404)
    return Response(json_text(frame_json(frame)), media_type="application/json", headers=A_WHILE)


def as_gif(request: Request) -> Response:
    """Answer the film as a GIF: `?dark=1` for dark colours, `?behind=1` with decodes behind."""
    is_dark, behind = (request.query_params.get(name) == "1" for name in ("dark", "behind"))
    look = Look(
        theme.class_colours(is_dark),
        *(theme.surface(name, is_dark) for name in ("background", "text", "line")),
    )
    try:
        run = catalogue.open_run(request.path_params["run_id"])
        content = film(run, look, behind=behind)
    except RunError as error:
        return refusal(error, 404)
    headers = {"Content-Disposition": f'attachment; filename="{run.id}.gif"'}
    return Response(content, media_type="image/gif", headers=headers)


ROUTES = [
    Route("/api/runs/{run_id}/frames", index),
    Route("/api/runs/{run_id}/film.gif", as_gif),
    Route("/api/runs/{run_id}/frames/{step" + COUNT + "}/{newest" + COUNT + "}", moment),
]
