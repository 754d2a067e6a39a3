"""What the denoise lab shows: kept for the session and in the address, and checked.

The page's script says what it shows; whatever comes back from it, or from an address, is believed
only after `checked`.
"""

import re
from collections.abc import Collection, Mapping
from typing import Literal

import streamlit as st
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from ui.restoring import MAX_OWN
from vae_core.corruption import CORRUPTIONS, check_level
from vae_core.errors import VAELabError

MAX_SEED = 1_000_000
MAX_ROWS = 24
KEY = "lab"  # of the component in the session, which holds the newest setting as "at"
_KEPT = "kept_lab"
_HEX = re.compile(r"(?:[0-9a-f]{2}){1,4096}")


class Setting(BaseModel):
    """What one person's lab shows.

    Attributes:
        kind: of damage, a name in CORRUPTIONS.
        level: of it, in its own unit.
        images: seed of which pictures.
        noise: seed of the damage.
        rows: methods that stand above More methods, by name; None for the three that fit the kind.
        picture: the one that is large; the last, where there are fewer.
        shown: the method whose result is large, by name; None for the last row.
        errors: whether rows show where they are wrong, and how.
        hidden: pixels scribbled over by hand, row by row, eight in a byte, as hexadecimals.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str = "gaussian"
    level: FiniteFloat = CORRUPTIONS["gaussian"].levels.default
    images: int = Field(default=0, ge=0, lt=MAX_SEED)
    noise: int = Field(default=0, ge=0, lt=MAX_SEED)
    rows: list[str] | None = Field(default=None, max_length=MAX_ROWS)
    picture: int = Field(default=0, ge=0, lt=MAX_OWN)
    shown: str | None = None
    errors: Literal["off", "signed", "absolute"] = "off"
    hidden: str | None = Field(default=None, pattern=f"^{_HEX.pattern}$")


# Names in an address; those of `images` and `noise` are as they always were.
_NAMES = {
    "kind": "damage",
    "level": "level",
    "images": "images",
    "noise": "noise_seed",
    "rows": "methods",
    "picture": "picture",
    "shown": "shown",
    "errors": "errors",
    "hidden": "hidden",
}


def kept(methods: Collection[str], num_pixels: int) -> Setting:
    """What the lab said last in this session, or in its first address; call it before the lab.

    Args:
        methods: names of those that it can show.
        num_pixels: of one picture; a scribble over others is dropped.
    """
    linked = {} if "lab_linked" in st.session_state else _from_address(st.query_params)
    st.session_state["lab_linked"] = True
    candidates = (st.session_state.get(KEY, {}).get("at"), linked, st.session_state.get(_KEPT))
    known = (checked(given, methods, num_pixels) for given in candidates if given)
    setting = next((one for one in known if one is not None), Setting())
    st.session_state[_KEPT] = setting.model_dump()
    _to_address(setting)
    return setting


def checked(given: object, methods: Collection[str], num_pixels: int) -> Setting | None:
    """What a page sent as a setting; None if it is none.

    What there is not here (methods, a scribble over other pictures) is left out.
    """
    try:
        setting = Setting.model_validate(given)
        check_level(setting.kind, setting.level)
    except (ValidationError, VAELabError):
        return None
    rows = None if setting.rows is None else [name for name in setting.rows if name in methods]
    is_mine = setting.hidden is not None and len(setting.hidden) == 2 * -(-num_pixels // 8)
    return setting.model_copy(
        update={
            "rows": rows or None,
            "shown": setting.shown if setting.shown in methods else None,
            "hidden": setting.hidden if is_mine and setting.kind == "scribble" else None,
        }
    )


def _from_address(given: Mapping[str, str]) -> Mapping[str, object]:
    """A setting as a link holds it: each part that can be read, without those that cannot."""
    texts = {field: given[name] for field, name in _NAMES.items() if given.get(name)}
    found: dict[str, object] = dict(texts)
    if "rows" in texts:
        found["rows"] = texts["rows"].split(",")
    kind = texts.get("kind", "gaussian")
    if "level" not in texts and kind in CORRUPTIONS:
        found["level"] = CORRUPTIONS[kind].levels.default
    try:
        Setting.model_validate(found)
    except ValidationError as error:
        for problem in error.errors():
            found.pop(str(problem["loc"][0]), None)
    return found


def _to_address(setting: Setting) -> None:
    """Put the setting into the page's address, so that a reload or a friend finds it again."""
    wanted = parameters(setting)
    for name in _NAMES.values():
        if name not in wanted:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != wanted[name]:
            st.query_params[name] = wanted[name]


def parameters(setting: Setting) -> dict[str, str]:
    """What an address says of a setting, by name: all that is not as it is at first."""
    default = Setting()
    found = {}
    for field, name in _NAMES.items():
        value = getattr(setting, field)
        is_same = value == getattr(default, field) and field not in ("kind", "level")
        if is_same or value is None:
            continue
        text = ",".join(value) if isinstance(value, list) else f"{value}"
        found[name] = f"{value:g}" if isinstance(value, float) else text
    return found
