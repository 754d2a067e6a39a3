"""Sliders: what does each number do?"""

import streamlit as st

from ui import cache, directing, errors, originals, sliders_setting, state
from ui.components.sliders import sliders


@st.fragment
def show() -> None:
    """Draw all of it; a hand that lets go of a slider runs no more than this again."""
    with errors.shown():
        choice = state.chosen()
        found = cache.checkpoint(choice.key)
        setting = sliders_setting.kept(choice, found)
        errors.show_kept()
        directing.show_undo(choice)
        sliders(choice, found, setting, directing.listed(choice, found), directing.forget)
        if len(found.latents) and cache.original(found, 0) is None:
            st.caption(f"{originals.MISSING}: shown is what the model makes of it.")
            originals.offer_download(found.record.spec)


show()
