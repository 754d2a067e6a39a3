"""Two models side by side: their maps, one cursor in both latent spaces, and samples of each."""

import json
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from torch import Tensor

from ui import cache, charts, latent_map, state, theme, told
from ui.api.assets import PLOTLY_URL
from ui.components import register
from ui.components.model import describe

_COMPARE = register("compare", "map")
MAX_SIDE = 640  # of a map, in pixels


def show(
    sides: list[tuple[cache.Choice, cache.MapView, told.Told]],
    samples: list[Tensor],
    captions: list[str],
    is_readable: bool,
) -> None:
    """Draw both maps; everything that follows a hand happens in the page.

    Args:
        sides: model, map, and what a conditional model is told everywhere, of the two.
        samples: latents to be decoded under each map, (N, D).
        captions: what is said of each model's samples.
        is_readable: whether a classifier reads this kind of pictures, so that holes can be shown.
    """
    data = {
        "plotlyUrl": PLOTLY_URL,
        "palette": theme.class_colours(),
        "isReadable": is_readable,
        "shared": _shared(),
        "sides": [_described(*side) for side in sides],
        "drawn": [
            {"samples": latents.tolist(), "caption": caption}
            for latents, caption in zip(samples, captions, strict=True)
        ],
    }
    _COMPARE(key="compare", data=data)


def _shared() -> dict[str, Any]:
    """Where a shared address has the cursor, on which map, and what lies behind the dots there."""
    given = st.query_params
    return {"at": state.place(), "on": given.get("on"), "behind": given.get("behind")}


def _described(choice: cache.Choice, view: cache.MapView, known: told.Told) -> dict[str, Any]:
    """One model as `compare_side.js` takes it."""
    found, flat = cache.checkpoint(choice.key), view.projection
    given = told.to_json(known)
    return {
        "title": choice.title,
        "model": describe(choice),
        "figure": charts.axes_figure(view.limit, flat.labels, MAX_SIDE),
        "limit": view.limit,
        "flat": {
            "origin": flat.origin.tolist(),
            "axes": flat.axes.tolist(),
            "isStrip": flat.is_strip,
            "limit": view.limit,
        },
        "prior": latent_map.prior_mean(found, view),
        "classNames": list(found.record.spec.class_names),
        "isMixed": told.CLASS in told.names(found.record.config.model),
        "told": given,
        "holesQuery": urlencode({"limit": f"{view.limit:g}", "told": json.dumps(given)}),
    }
