"""A model as one HTML file that works from disk: map, decoder, sliders, results."""

import base64
import hashlib
import json
import re
from html import escape
from typing import Any

from ui import cache, latent_map, latent_sliders, settings, theme, told
from ui.components import FOLDER, SCRIPTS
from vae_core.checkpoints import Checkpoint
from vae_core.export import export_decoder
from vae_core.metrics import METRICS
from vae_core.recipes import RECIPES
from vae_core.record import RunRecord

ENTRY = "take_away.js"
MAX_SLIDERS = 8
STYLES = ("map", "take_away")
_IMPORT = re.compile(r'from "\./([a-z_]+\.js)"')
_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; "
    "img-src data: blob:; base-uri 'none'; form-action 'none'"
)


def page(choice: cache.Choice) -> bytes:
    """Write the file.

    Raises:
        NotExportableError: for a model that a browser cannot run.
    """
    found = cache.checkpoint(choice.key)
    data = _described(choice, found)
    spec = found.record.spec
    styles = "".join((FOLDER / f"{name}.css").read_text("utf-8") for name in STYLES)
    title = escape(choice.title)
    body = [
        f"<title>{title} \N{MIDDLE DOT} VAE Lab</title>",
        f"<style>{theme.style_sheet()}{styles}</style></head><body><main>",
        f"<h1>{title}</h1>",
        f'<p class="lead">Every dot is a {escape(spec.item)}. Move over the map: the decoder draws '
        "every place. It runs in this page, without a network.</p>",
        '<div class="vl-page"><div id="vl-map"></div><div id="vl-side"></div></div>',
        _results(found.record),
        _origin(found.record),
        "</main>",
        f'<script type="application/json" id="vl-data">{_inside_script(data)}</script>',
    ]
    nonce = _nonce("\n".join(body))
    imports = _inside_script({"imports": _modules()})
    head = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY.format(nonce=nonce)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
    ]
    scripts = [
        f'<script type="importmap" nonce="{nonce}">{imports}</script>',
        f'<script type="module" nonce="{nonce}">import "vl/{ENTRY}";</script></body></html>',
    ]
    return "\n".join([*head, *body, *scripts]).encode()


def _nonce(body: str) -> str:
    """What lets our own scripts run, and the modules that they import, and nothing else.

    It follows from all that a model's maker can put into the page, so that none of it can hold it.
    """
    return base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()


def _described(choice: cache.Choice, found: Checkpoint) -> dict[str, Any]:
    """What `take_away.js` is given."""
    view, flat = latent_map.whole_view(choice), latent_map.whole_view(choice).projection
    stored, config = found.latents, found.record.config.model
    latents = stored.encoded.mean.numpy().astype("<f4").tobytes()
    inline = {
        "decoder": export_decoder(found.model),
        "latents": latents + stored.label.numpy().astype("u1").tobytes(),
    }
    return {
        "model": {
            "shape": list(found.model.event_shape),
            "latentDim": found.model.latent_dim,
            "num": len(stored),
            "runsHere": True,
            "hasSpread": False,
            "hasOriginals": False,
            "inline": {name: base64.b64encode(file).decode() for name, file in inline.items()},
        },
        "limit": view.limit,
        "labels": list(flat.labels),
        "flat": {
            "origin": flat.origin.tolist(),
            "axes": flat.axes.tolist(),
            "isStrip": flat.is_strip,
            "limit": view.limit,
        },
        "isStrip": flat.is_strip,
        "hasMany": found.model.latent_dim > 2,
        "prior": latent_map.prior_mean(found, view),
        "classNames": list(found.record.spec.class_names),
        "isMixed": told.CLASS in told.names(config),
        "conditions": told.names(config),
        "told": told.default(found),
        "palettes": {"light": theme.class_colours(False), "dark": theme.class_colours(True)},
        "sliders": _sliders(found),
    }


def _sliders(found: Checkpoint) -> list[dict[str, float]]:
    """Those that carry most, each as far as on the Sliders page."""
    used, collapsed = latent_sliders.order(found)
    limits = latent_sliders.ranges(found)
    return [
        {"dim": dim, "low": limits[dim].low, "high": limits[dim].high}
        for dim in [*used, *collapsed][:MAX_SLIDERS]
    ]


def _modules() -> dict[str, str]:
    """The entry's module and all that it needs, each as an address that holds the module itself.

    A page on disk may not import files beside it, and an address like these has no "beside".
    """
    modules: dict[str, str] = {}
    waiting = [ENTRY]
    while waiting:
        name = waiting.pop()
        text = SCRIPTS[name].decode()
        waiting += [one for one in _IMPORT.findall(text) if f"vl/{one}" not in modules]
        here = base64.b64encode(_IMPORT.sub(r'from "vl/\1"', text).encode()).decode()
        modules[f"vl/{name}"] = f"data:text/javascript;base64,{here}"
    return modules


def _inside_script(data: Any) -> str:
    """JSON that cannot end the element that it stands in."""
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _results(record: RunRecord) -> str:
    if record.summary is None:
        return ""
    rows = ""
    for name, value in record.summary.model_dump().items():
        if name in METRICS:
            shown = "none" if value is None else f"{value:.3f}".replace("-", "\N{MINUS SIGN}")
            unit = f" {METRICS[name].unit}" if value is not None else ""
            rows += (
                f"<tr><th>{escape(METRICS[name].title)}</th><td>{escape(shown + unit)}</td></tr>"
            )
    where = escape(f"{record.summary.num_images:,} pictures of the {record.summary.split} split")
    return f'<section><h2>Results</h2><p class="muted">{where}</p><table>{rows}</table></section>'


def _origin(record: RunRecord) -> str:
    """Where it comes from, and how to have it again."""
    config = record.config
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    lines = [settings.sentence(config), record.story, f"{versions}; {record.created_at}"]
    told_so = "".join(f"<p>{escape(line)}</p>" for line in lines if line)
    same = (name for name, made in RECIPES.items() if made == config)
    recipe = next(same, None) if record.is_repeatable else None
    command = (
        "" if recipe is None else f"<pre>python -m vae_core train --recipe {escape(recipe)}</pre>"
    )
    full = escape(config.model_dump_json(indent=1))
    return (
        f"<section><h2>How it was made</h2>{told_so}{command}<details><summary>All settings"
        f"</summary><pre>{full}</pre></details></section>"
    )
