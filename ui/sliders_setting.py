"""Where the sliders of one model stand: kept for the session and in the address, and checked.

The page's script says where they stand; whatever comes back from it, or from an address, is
believed only after `checked`.
"""

import math
from collections.abc import Mapping
from typing import Literal

import streamlit as st
from pydantic import BaseModel, ConfigDict, FiniteFloat, ValidationError

from ui import cache, told
from ui.latent_sliders import examples, ranges
from ui.told import Value
from vae_core.checkpoints import Checkpoint

BEYOND = 4.0  # a blend of pictures may leave the sliders: so many times as far as any picture lies


class Setting(BaseModel):
    """What one page's sliders say.

    Attributes:
        z: D numbers.
        told: for each condition of the decoder a class (-1: not told), numbers, or None.
        start: the stored picture that they started from, as its position.
        asks: a stored picture whose conditions the script does not know and wants to be told.
        pictures: positions of those to blend: A and B, the ends of a way, then A, B and C of a
            sum; none for a model without stored latents.
        way: how to go from A to B.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    z: list[FiniteFloat]
    told: dict[str, Value] = {}
    start: int | None = None
    asks: int | None = None
    pictures: list[int] = []
    way: Literal["straight", "arc"] = "straight"


def key(choice: cache.Choice) -> str:
    """The name in the session of the component, which holds the newest setting as "at"."""
    return f"sliders_{choice.id}"


def kept(choice: cache.Choice, found: Checkpoint) -> Setting:
    """What the sliders said last in this session, or in its first address; call it before them."""
    mine, start = f"kept_{key(choice)}", default(choice, found)
    linked = {} if "sliders_linked" in st.session_state else _from_address(found)
    st.session_state["sliders_linked"] = True
    candidates = (
        st.session_state.get(key(choice), {}).get("at"),
        st.session_state.get(mine),
        linked,
    )
    known = (checked(given, found, start) for given in candidates if given)
    setting = _answered(next((one for one in known if one is not None), start), found)
    st.session_state[mine] = setting.model_dump()
    _to_address(setting, start)
    return setting


def default(choice: cache.Choice, found: Checkpoint) -> Setting:
    """Every slider in its middle; told the first class, or average numbers."""
    return Setting(
        z=[limit.default for limit in ranges(found)],
        told=told.default(found),
        pictures=examples(choice.key),
    )


def checked(given: object, found: Checkpoint, start: Setting) -> Setting | None:
    """What a page sent as a setting of this model; None if it is none.

    Numbers are put within reach; what there is not in this model becomes as in `start`.
    """
    try:
        setting = Setting.model_validate(given)
    except ValidationError:
        return None
    if len(setting.z) != len(start.z):
        return None
    reach, positions, pictures = _reach(found), range(len(found.latents)), setting.pictures
    are_there = len(pictures) == len(start.pictures) and all(one in positions for one in pictures)
    return setting.model_copy(
        update={
            "z": [min(reach, max(-reach, value)) for value in setting.z],
            "told": told.checked(found, setting.told),
            "start": setting.start if setting.start in positions else None,
            "asks": setting.asks if setting.asks in positions else None,
            "pictures": pictures if are_there else start.pictures,
        }
    )


def _reach(found: Checkpoint) -> float:
    """As far from the middle as a blend of pictures may lie in one number."""
    means = found.latents.encoded.mean
    stored = float(means.abs().max()) if means.numel() else 0.0
    ends = (max(abs(limit.low), abs(limit.high)) for limit in ranges(found))
    return BEYOND * max(stored, *ends)


def _answered(setting: Setting, found: Checkpoint) -> Setting:
    """Tell the model what is true of the picture that the script asked about."""
    if setting.asks is None:
        return setting
    of_it = told.to_json(told.of_pictures(found, [setting.asks]))
    given = told.checked(found, {**setting.told, **of_it})
    return setting.model_copy(update={"told": given, "asks": None})


def _from_address(found: Checkpoint) -> Mapping[str, object]:
    """A setting as a link holds it: `?z=0.5,-1&told=class:7&pictures=1-2-3-4-5&way=arc`."""
    text = st.query_params.get("z", "")
    try:
        z = [float(value) for value in text.split(",")] if text else []
        parts = [part.split(":") for part in st.query_params.get("told", "").split(";") if part]
        given = {name: told.from_text(found, name, value) for name, value in parts}
        pictures = [int(one) for one in st.query_params.get("pictures", "").split("-") if one]
    except ValueError:
        return {}
    way = "arc" if st.query_params.get("way") == "arc" else "straight"
    if not (z or given or pictures) or not all(map(math.isfinite, z)):
        return {}
    middle = [limit.default for limit in ranges(found)]
    return {"z": z or middle, "told": given, "pictures": pictures, "way": way}


def _to_address(setting: Setting, start: Setting) -> None:
    """Put the setting into the page's address, so that a reload or a friend finds it again."""
    texts = {
        "z": ",".join(f"{round(value, 4):g}" for value in setting.z),
        "told": ";".join(f"{name}:{told.to_text(v)}" for name, v in setting.told.items()),
    }
    is_default = setting.z == start.z and setting.told == start.told
    if is_default:
        texts = dict.fromkeys(texts, "")
    same = setting.pictures == start.pictures
    texts["pictures"] = "" if same else "-".join(map(str, setting.pictures))
    texts["way"] = "" if setting.way == start.way else setting.way
    for name, text in texts.items():
        if not text:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != text:
            st.query_params[name] = text
