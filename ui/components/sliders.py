"""The Sliders page's one part: the picture, a slider for each number, blends of pictures."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ui import cache, latent_sliders, picker, told
from ui.components import register
from ui.components.model import describe
from ui.sliders_setting import Setting, key
from vae_core.checkpoints import Checkpoint
from vae_core.data import CategorySpec
from vae_core.directions import Direction

_SLIDERS = register("sliders")
PLACES, PLACES_OF_MANY = 11, 9  # pictures of a strip


def sliders(
    choice: cache.Choice,
    found: Checkpoint,
    setting: Setting,
    directions: list[Direction],
    on_forget: Callable[[], None],
) -> None:
    """Draw the sliders where `setting` says, and one for each of the model's directions.

    They move by themselves, without the server. Once a hand lets go they say where they stand, as
    "at" under `sliders_setting.key(choice)` in the session; `sliders_setting.kept` reads it.

    Args:
        choice: the model.
        found: the same, loaded.
        setting: where they stand.
        directions: of the model.
        on_forget: called when somebody removes a direction, whose name is then "forget" under the
            same key.
    """
    data = _described(choice, found, setting)
    data["directions"] = [one.model_dump() for one in directions]
    _SLIDERS(key=key(choice), data=data, on_forget_change=on_forget)


def _described(choice: cache.Choice, found: Checkpoint, setting: Setting) -> dict[str, Any]:
    """What `sliders.js` is given."""
    used, collapsed = latent_sliders.order(found)
    limits = latent_sliders.ranges(found)
    has_map = found.model.latent_dim == 2
    return {
        "model": describe(choice),
        "at": setting.model_dump(),
        "intro": latent_sliders.intro(found),
        "noun": picker.noun(choice),
        "classNames": list(found.record.spec.class_names),
        "limits": [asdict(limit) for limit in limits],
        "kl": found.record.kl_per_dim or None,
        "used": used,
        "collapsed": collapsed,
        "places": PLACES_OF_MANY if _are_many(found) else PLACES,
        "columns": 2 if _are_many(found) else 1,
        "toldDefault": told.default(found),
        "conditions": [_condition(found, name) for name in setting.told],
        "mapLimit": cache.map_view(choice.key, (0, 1)).limit if has_map else None,
        "picked": latent_sliders.picked_position(choice),
    }


def _are_many(found: Checkpoint) -> bool:
    return found.model.latent_dim > latent_sliders.MAX_NATURAL_ORDER


def _condition(found: Checkpoint, name: str) -> dict[str, Any]:
    """One thing that the decoder is told: its options (-1: not told), or its numbers."""
    spec = found.model.conditioning.specs[name]
    if isinstance(spec, CategorySpec):
        options = told.labels(found, name)
        return {"name": name, "options": options, "classNames": list(spec.class_names)}
    return {
        "name": name,
        "entries": list(spec.entries),
        "canOmit": told.knows_null(found, name),
        "reach": told.REACH,
        "step": told.STEP,
    }
