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
