"""The map of a model's latents: pan, zoom, decode under the cursor, pick, select, draw a path."""

from collections.abc import Callable
from typing import Any

from ui import cache, charts, latent_map, picker, state, theme, told
from ui.api.assets import PLOTLY_URL
from ui.components import register
from ui.components.model import describe, framing_of
from ui.picked import Picked
from vae_core.checkpoints import Checkpoint

_MAP = register("latent_map", "map")
KEY = "latent_map"
MAX_HEIGHT = 900  # in pixels; the style sheet makes it fit the window


def show(choice: cache.Choice, picked: Picked, on_pick: Callable[[], None]) -> None:
    """Draw the map with one dot picked; what is found on it is shown by `map_panel.show`.

    Args:
        choice: the model.
        picked: which dot, on which map.
        on_pick: called before the page runs again because somebody picked another dot; its
            position is then `st.session_state[KEY]["pick"]`.
    """
    _MAP(key=KEY, data=_described(choice, picked), on_pick_change=on_pick)


def _described(choice: cache.Choice, picked: Picked) -> dict[str, Any]:
    """What `latent_map.js` is given."""
    found, view = picked.found, picked.view
    flat = view.projection
    return {
        "model": describe(choice),
        "figure": charts.axes_figure(view.limit, flat.labels, MAX_HEIGHT),
        "plotlyUrl": PLOTLY_URL,
        "limit": view.limit,
        "flat": {
            "origin": flat.origin.tolist(),
            "axes": flat.axes.tolist(),
            "isStrip": flat.is_strip,
            "limit": view.limit,
        },
        "isStrip": flat.is_strip,
        "hasMany": found.model.latent_dim > 2,
        "prior": latent_map.prior_mean(found, view),
        "pick": picked.position,
        "at": state.place(),
        "conditions": [{"name": name} for name in told.names(found.record.config.model)],
        "told": told.to_json(picked.told),
        "tellable": _tellable(found),
        "words": told.in_words(found, picked.told),
        "noun": picker.noun(choice),
        "classNames": list(found.record.spec.class_names),
        "framing": framing_of(found.record.config.dataset),
        "levels": found.record.spec.levels,
        "errors": list(found.record.error_quantiles),
        "isMixed": told.CLASS in told.names(found.record.config.model),
        "palette": theme.class_colours(),
    }


def _tellable(found: Checkpoint) -> list[int]:
    """The classes that a drawing can be told to be; none where the model is not told any."""
    names = told.names(found.record.config.model)
    return told.labels(found, told.CLASS) if told.CLASS in names else []
