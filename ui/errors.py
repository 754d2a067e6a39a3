"""How pages show what went wrong."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from ui.texts import plain
from vae_core.errors import VAELabError


@contextmanager
def shown() -> Iterator[None]:
    """Show an error that is meant for the person at the keyboard, and go on after the block.

    Anything else is a bug and surfaces.
    """
    try:
        yield
    except VAELabError as error:
        st.error(plain(str(error)))


@contextmanager
def kept() -> Iterator[None]:
    """Keep such an error until `show_kept`: the page is not being drawn yet."""
    try:
        yield
    except VAELabError as error:
        st.session_state["kept_error"] = plain(str(error))


def show_kept() -> None:
    """Show what `kept` has kept, once."""
    if "kept_error" in st.session_state:
        st.error(st.session_state.pop("kept_error"))
