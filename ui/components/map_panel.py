"""Beside the map of `latent_map`: what lies under its cursor, in its lasso, along its path."""

from ui.components import register

_PANEL = register("map_panel")


def show(is_small: bool) -> None:
    """Draw the panel. The map on the same page tells it what it shows, without the server.

    Args:
        is_small: with smaller pictures, to leave room below.
    """
    _PANEL(key="map_panel", data={"isSmall": is_small})
