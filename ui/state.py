"""What a person has chosen: the model, and small numbers that survive a reload."""

import math
import random

import streamlit as st

from ui import cache
from ui.owner import COOKIE, hash_of, is_token, new_token


def chosen() -> cache.Choice:
    """The model that the picker shows."""
    return offered()[st.session_state["model"]]


def offered() -> dict[str, cache.Choice]:
    """All models that the picker offers, as the router found them."""
    found: dict[str, cache.Choice] = st.session_state["offered"]
    return found


def choose_next_time(model_id: str) -> None:
    """Choose a model once the picker is drawn again: nobody may change what is on the page."""
    st.session_state["next_model"] = model_id


def number(name: str, default: int, limit: int) -> int:
    """A whole number from 0 to limit - 1, kept for the session and in the page's address.

    An address that asks for anything else gets the default.
    """
    value = st.session_state.get(f"number_{name}")
    if value is None:
        text = st.query_params.get(name, "")
        value = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default
    if not 0 <= value < limit:
        value = default
    set_number(name, value)
    return value


def set_number(name: str, value: int) -> None:
    """Choose a number for `number`, and put it into the address."""
    st.session_state[f"number_{name}"] = value
    if st.query_params.get(name) != str(value):
        st.query_params[name] = str(value)


def place() -> list[float] | None:
    """Where a shared address has the cursor of a map, `?at=0.5,-1`; None for nowhere."""
    try:
        x, y = (float(part) for part in st.query_params.get("at", "").split(","))
    except ValueError:
        return None
    return [x, y] if math.isfinite(x) and math.isfinite(y) else None


def pick(choice: cache.Choice, default: int, num: int) -> int:
    """Position of the picked picture among a model's stored latents.

    Models of one data set share it, so that the same picture stays picked; another data set
    starts at its default.
    """
    data = choice.record.config.dataset
    if st.session_state.setdefault("pick_dataset", data) != data:
        st.session_state["pick_dataset"] = data
        st.session_state["number_pick"] = default
    return number("pick", default, num)


def pick_another(choice: cache.Choice) -> None:
    """Pick any dot but the present one."""
    dots = range(len(cache.checkpoint(choice.key).latents))
    before = st.session_state.get("number_pick")
    set_number("pick", random.choice([i for i in dots if i != before]))  # noqa: S311


def watched() -> str | None:
    """The run in the address, else the one this person watched last."""
    run_id: str | None = st.query_params.get("run") or st.session_state.get("run")
    return run_id


def watch(run_id: str | None) -> None:
    """Turn the page to a run, in the address too, or away from any."""
    if run_id is None:
        st.session_state.pop("run", None)
        st.query_params.pop("run", None)
    else:
        st.session_state["run"] = run_id
        if st.query_params.get("run") != run_id:
            st.query_params["run"] = run_id
            st.query_params.pop("moment", None)  # it is one of another run's


def owner() -> str:
    """Who asks: hash of the browser's token, or without one of this session's own.

    It does not change while the page is open, whatever becomes of the cookie.
    """
    if "owner" not in st.session_state:
        token = st.context.cookies.get(COOKIE)
        st.session_state["owner"] = hash_of(token if is_token(token) else new_token())
    name: str = st.session_state["owner"]
    return name
