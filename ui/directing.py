"""Directions of the picker's model: kept from a map, removed on Sliders, with a way back."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from ui import cache, errors, ownership, state
from ui.components import map_panel
from ui.sliders_setting import key
from ui.texts import plain
from vae_core.checkpoints import Checkpoint
from vae_core.directions import (
    Direction,
    add_direction,
    directions_of,
    put_back,
    remove_direction,
)
from vae_core.errors import InvalidInputError, RunError, VAELabError
from vae_core.runs import Run


def listed(choice: cache.Choice, found: Checkpoint) -> list[Direction]:
    """The model's directions; those of another size, from before it was trained anew, are left out.

    Raises:
        InvalidInputError: when their file is damaged.
    """
    known = directions_of(choice.folder)
    return [one for one in known if len(one.vector) == found.model.latent_dim]


def keep() -> None:
    """Keep the direction that somebody made on the map's panel."""
    asked = st.session_state[map_panel.KEY]["direction"]
    choice = state.chosen()
    told: map_panel.Told
    try:
        _check(choice)
        latent_dim = cache.checkpoint(choice.key).model.latent_dim
        made = add_direction(choice.folder, latent_dim, *_read(asked))
        said = f"\N{LEFT DOUBLE QUOTATION MARK}{made.name}\N{RIGHT DOUBLE QUOTATION MARK}"
        told = {"text": f"{said} is a slider now: open Sliders to use it.", "isError": False}
    except VAELabError as error:
        told = {"text": errors.without_folders(str(error)), "isError": True}
    st.session_state["direction_told"] = told


def _check(choice: cache.Choice) -> None:
    """Refuse to change the directions of somebody else's model; those of bundled ones are all's."""
    if ownership.is_anothers(Run(choice.folder), choice.record):
        raise RunError(
            "This model belongs to somebody else, and so do its directions. Train it yourself, or "
            "upload its checkpoint (Share), to have it with directions of your own."
        )


def _read(asked: Any) -> tuple[str, list[float], int, int]:
    """What the page's script sent, which may be anything."""
    if isinstance(asked, Mapping):
        name, vector = asked.get("name"), asked.get("vector")
        nums = [asked.get("num_a"), asked.get("num_b")]
        is_vector = isinstance(vector, list) and all(isinstance(v, int | float) for v in vector)
        if isinstance(name, str) and is_vector and all(isinstance(num, int) for num in nums):
            return name, [float(value) for value in vector], *nums
    raise InvalidInputError("A direction is a name and numbers; something else was received.")


def forget() -> None:
    """Remove the direction that somebody pressed away on Sliders."""
    choice = state.chosen()
    name = st.session_state[key(choice)]["forget"]
    with errors.kept():
        _check(choice)
        st.session_state["forgotten"] = choice.id, *remove_direction(choice.folder, str(name))


def show_undo(choice: cache.Choice) -> None:
    """Offer to bring back the direction that was removed last, while its model is chosen."""
    model_id, *removed = st.session_state.get("forgotten", (None,))
    if model_id != choice.id:
        return
    place, direction = removed
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"The direction **{plain(direction.name)}** was removed.", width="content")
        st.button("Undo", key="undo_direction", on_click=_undo, args=(choice, place, direction))


def _undo(choice: cache.Choice, place: int, direction: Direction) -> None:
    with errors.kept():
        _check(choice)
        put_back(choice.folder, place, direction)
    st.session_state.pop("forgotten", None)
