"""The Denoise page's one part: pictures damaged and restored while a hand moves."""

from collections.abc import Mapping
from typing import Any

from ui import cache, latent_map, restoring, theme, told
from ui.components import register
from ui.components.model import describe, framing_of
from ui.restoring_setting import KEY, MAX_SEED, Setting
from ui.restoring_words import CLOSER_HELP, INVENTS
from vae_core.corruption import CORRUPTIONS
from vae_core.metrics import MOST_DB, WHOLE_DB

_LAB = register("lab", "map", "lab_own")
PSNR_HELP = (
    "How close to the clean pictures, pixel by pixel, in decibels: higher is better, and 10 dB "
    "more means a tenth of the squared error. Identical pictures have \N{INFINITY}; in a mean with "
    f"others each picture counts for {MOST_DB:g} dB at most."
)
SSIM_HELP = (
    "How alike the shapes are: compares brightness, contrast and pattern patch by patch. 1 means "
    "identical, 0 nothing in common."
)
# What levels are a share of, which is read in per cent.
SHARES = {
    "salt-and-pepper": "of the pixels",
    "masked-square": "of the side",
    "half": "of the height",
    "scribble": "of the pixels",
    "drop-out": "of the pixels",
}


def show(choice: cache.Choice, rows: Mapping[str, restoring.Offered], setting: Setting) -> None:
    """Draw the lab where `setting` says.

    It moves by itself, without a run of the page. Once a hand lets go it says what it shows, as
    "at" under `restoring_setting.KEY` in the session; `restoring_setting.kept` reads it.
    """
    spec = choice.record.spec
    data = {
        "model": describe(choice),
        "id": choice.id,
        "title": choice.title,
        "dataset": spec.name,
        "levels": spec.levels,
        "framing": framing_of(spec.name),
        "noun": spec.item.removeprefix("handwritten "),
        "at": setting.model_dump(),
        "maxSeed": MAX_SEED,
        "num": restoring.NUM_IMAGES,
        "kinds": [_kind(name, choice, rows) for name in CORRUPTIONS],
        "methods": [_method(row) for row in rows.values()],
        "map": _map(choice),
        "decibels": {"most": MOST_DB, "whole": WHOLE_DB},
        "invents": INVENTS,
        "help": {"psnr": PSNR_HELP, "ssim": SSIM_HELP, "closer": CLOSER_HELP},
    }
    _LAB(key=KEY, data=data)


def _kind(name: str, choice: cache.Choice, rows: Mapping[str, restoring.Offered]) -> dict[str, Any]:
    """One kind of damage, and the rows that stand for it until somebody chooses others."""
    kind = CORRUPTIONS[name]
    return {
        "name": name,
        "title": kind.title,
        "unit": kind.levels.unit,
        "share": SHARES.get(name),
        "choices": list(kind.levels.choices),
        "default": kind.levels.default,
        "isRandom": kind.is_random,
        "rows": restoring.default_rows(choice, rows, name),
    }


def _method(row: restoring.Offered) -> dict[str, Any]:
    return {
        "name": row.name,
        "title": row.title,
        "note": row.note,
        "family": row.family,
        "kinds": list(row.kinds),
        "isSlow": row.is_slow,
        "group": row.group,
    }


def _map(choice: cache.Choice) -> dict[str, Any]:
    """The map of the picker's model, as `map_scene.js` and `map_shown.js` take it."""
    found, view = cache.checkpoint(choice.key), latent_map.whole_view(choice)
    flat = view.projection
    return {
        "palette": theme.class_colours(),
        "limit": view.limit,
        "labels": list(flat.labels),
        "flat": {
            "origin": flat.origin.tolist(),
            "axes": flat.axes.tolist(),
            "isStrip": flat.is_strip,
            "limit": view.limit,
        },
        "classNames": list(found.record.spec.class_names),
        "isMixed": told.CLASS in told.names(found.record.config.model),
    }
