"""`POST /api/restore/report`: what `/api/restore` answers, as a file to keep."""

from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from urllib.parse import urlencode

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ui import cache, restoring
from ui.api.asked import MAX_BODY_BYTES, Asked, Found, Prepared, methods_of, prepared, read
from ui.api.models import posted_body
from ui.api.refusal import refusal
from ui.api.restoring import is_idle, labels_of, remarks_on
from ui.restoring_setting import Setting, parameters
from ui.restoring_words import INVENTS
from vae_core.corruption import CORRUPTIONS
from vae_core.errors import UnknownNameError, VAELabError
from vae_core.export.restoring import Results, Row, as_csv, as_html, as_png
from vae_core.restoration import DAMAGED, Scored, compare
from vae_core.restoration.comparing import IDLE

_AT_ONCE = CapacityLimiter(1)
_LIBRARIES = ("torch", "scikit-image", "scipy", "numpy", "pillow")
FORMATS: dict[str, tuple[str, Callable[[Results], bytes]]] = {
    "html": ("text/html; charset=utf-8", lambda found: _encoded(as_html(found))),
    "csv": ("text/csv; charset=utf-8", lambda found: _encoded(as_csv(found))),
    "png": ("image/png", as_png),
}


async def report(request: Request) -> Response:
    """Restore what is asked for once more, and answer a file: `?as=` html, csv or png."""
    body = await posted_body(request, MAX_BODY_BYTES)
    if body is None:
        return refusal(f"More than {MAX_BODY_BYTES:,} bytes received; send fewer pictures.", 413)
    wanted = request.query_params.get("as", "html")
    try:
        if wanted not in FORMATS:
            raise UnknownNameError("kind of file", wanted, FORMATS)
        media_type, write = FORMATS[wanted]
        asked = read(body)
        found = await to_thread.run_sync(lambda: write(results(asked)), limiter=_AT_ONCE)
    except VAELabError as error:
        return refusal(error, 400)
    name = f"restored-{asked.kind}-{asked.level:g}.{wanted}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(found, media_type=media_type, headers=headers)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def results(asked: Asked) -> Results:
    """Restore pictures by all methods that are asked for.

    Raises:
        VAELabError: see `ui.api.restoring.answered`.
    """
    ready = prepared(asked)
    found = methods_of(asked, ready)
    methods = [method for method, _ in found.values()]
    clean = ready.clean
    limits = tuple(_limits(asked, ready, found))
    scored = compare(methods, clean.images, ready.damaged, clean.conditions, asked.noise)
    kind = CORRUPTIONS[asked.kind]
    by_hand = asked.hidden is not None
    how = "scribbled by hand" if by_hand else f"level {asked.level:g} ({kind.levels.unit})"
    return Results(
        title=f"{kind.title}, {how}",
        pictures=_pictures(asked, ready),
        rows=tuple(_rows(ready, found, scored)),
        labels=tuple(labels_of(ready) or ()),
        settings=_settings(asked, ready, found),
        remarks=tuple(said for said in remarks_on(ready, scored, found) if said not in limits),
        limits=limits,
        made_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        versions={name: version(name) for name in _LIBRARIES},
    )


def _pictures(asked: Asked, ready: Prepared) -> str:
    num, spec = len(ready.clean.images), ready.spec
    many = f"{num} picture" if num == 1 else f"{num} pictures"
    if asked.own is not None:
        return f"{many} of one's own, prepared like {spec.title}"
    if ready.clean.is_drawn:
        return f"{many} drawn by VAE Lab, since {spec.title} was not there"
    return f"{many} of {spec.title}'s test split"


def _rows(ready: Prepared, found: Found, scored: dict[str, Scored]) -> list[Row]:
    rows = [Row("clean", "Original", "what was damaged", ready.clean.images)]
    known = ready.damaged.known
    for name, one in scored.items():
        title, note = "Damaged", "what every method is given"
        if name != DAMAGED:
            method, choice = found[name]
            title, note = method.title, method.note
            if choice is not None:
                title, note = restoring.titled(choice, method), restoring.noted(choice, method)
            note = IDLE if is_idle(name, scored, found) else note
        elapsed_ms = None if name == DAMAGED else 1000 * one.elapsed_s
        numbers = tuple(one.psnr_db.tolist()), tuple(one.ssim.tolist())
        hidden = ~known if name == DAMAGED and known is not None else None
        spread = one.restored.spread
        rows.append(Row(name, title, note, one.images, *numbers, elapsed_ms, spread, hidden))
    return rows


def _settings(asked: Asked, ready: Prepared, found: Found) -> dict[str, str]:
    kind = CORRUPTIONS[asked.kind]
    told = {"Data set": ready.spec.title, "Damage": kind.title}
    if asked.hidden is None:
        told |= {"Level": f"{asked.level:g}", "Unit of the level": kind.levels.unit}
    else:
        told["Hidden pixels"] = asked.hidden
    told["Pictures"] = _pictures(asked, ready)
    if asked.own is None:
        told["Seed of the pictures"] = str(asked.images)
    told["Seed of the damage"] = str(asked.noise)
    models = {choice.id: _model(choice) for _, choice in found.values() if choice is not None}
    told["Models"] = "; ".join(models.values()) or "none"
    if asked.own is None:
        told["Open it again"] = _address(asked)
    return told


def _address(asked: Asked) -> str:
    """Of the lab as it was asked, after the server's own."""
    setting = Setting(
        kind=asked.kind,
        level=asked.level,
        images=asked.images,
        noise=asked.noise,
        rows=asked.methods or None,
        hidden=asked.hidden,
    )
    query = {"model": asked.model} | parameters(setting)
    return f"/denoise?{urlencode(query, safe=',:')}"


def _model(choice: cache.Choice) -> str:
    name = choice.title if choice.title == choice.id else f"{choice.title} ({choice.id})"
    return f"{name}, {restoring.training(choice)}"


def _limits(asked: Asked, ready: Prepared, found: Found) -> list[str]:
    limits = [
        "PSNR and SSIM compare brightness, pixel by pixel and patch by patch. They do not say "
        "whether a picture still shows the same thing.",
        "Other pictures, another seed or another level give other numbers; times are of one "
        "computer at one moment.",
    ]
    if any(method.family != "classical" for method, _ in found.values()):
        limits.insert(0, INVENTS)
    if asked.own is not None:
        limits.append(
            "The original is each picture as it was brought and prepared: whatever was wrong with "
            "it before counts as right."
        )
    if ready.clean.is_own or ready.clean.is_drawn:
        limits.append("No model was trained on pictures like these.")
    return limits


ROUTES = [Route("/api/restore/report", report, methods=["POST"])]
