"""How pages show what went wrong."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from ui.quotas import NoRoomError
from ui.texts import plain
from vae_core import catalogue, runs
from vae_core.errors import VAELabError


def without_folders(text: str) -> str:
    """An error's text without where on this computer models lie: visitors need not know."""
    for root in (catalogue.BUNDLED, runs.runs_root(), runs.runs_root().resolve()):
        if root.is_absolute():
            text = text.replace(f"{root}{os.sep}", "")
    return text


@contextmanager
def shown() -> Iterator[None]:
    """Show an error that is meant for the person at the keyboard, and go on after the block.

    Anything else is a bug and surfaces.
    """
    try:
        yield
    except VAELabError as error:
        st.error(plain(without_folders(str(error))))


@contextmanager
def kept() -> Iterator[None]:
    """Keep such an error until `show_kept`: the page is not being drawn yet."""
    try:
        yield
    except VAELabError as error:
        if isinstance(error, NoRoomError):
            st.session_state["no_room"] = True
        st.session_state["kept_error"] = plain(without_folders(str(error)))


def show_kept() -> None:
    """Show what `kept` has kept, once."""
    if "kept_error" in st.session_state:
        st.error(st.session_state.pop("kept_error"))
