"""Beside the map of `latent_map`: what lies under its cursor, in its lasso, along its path."""

from collections.abc import Callable
from typing import TypedDict

from ui.components import register

_PANEL = register("map_panel")


class Told(TypedDict):
    """A sentence, "" for none, and whether it says what was in the way."""

    text: str
    isError: bool


KEY = "map_panel"


def show(is_small: bool, told: Told, on_direction: Callable[[], None]) -> None:
    """Draw the panel. The map on the same page tells it what it shows, without the server.

    Args:
        is_small: with smaller pictures, to leave room below.
        told: what became of the direction that somebody made last.
        on_direction: called when somebody makes a direction, which is then
            `st.session_state[KEY]["direction"]`: name, vector, num_a, num_b.
    """
    _PANEL(key=KEY, data={"isSmall": is_small, "told": told}, on_direction_change=on_direction)
