"""Denoise: what can a model restore?"""

import math

import streamlit as st

from ui import errors, limits, originals, restoring, restoring_setting, state
from ui.components import lab
from ui.texts import plain


@st.fragment
def show() -> None:
    """Draw all of it; a hand that lets go runs no more than this again."""
    with errors.shown():
        choice = state.chosen()
        spec = choice.record.spec
        clean = restoring.clean_images(spec, 0)
        if clean is None:
            st.info(f"{spec.title} is not on this computer, so there is nothing to damage.")
            originals.offer_download(spec)
            return
        if clean.is_drawn:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(
                    f"{spec.title} is not on this computer. These digits were drawn by this "
                    "program; no model has seen their like.",
                    width="content",
                )
                originals.offer_download(spec)
        if problem := restoring.problem(spec.name):
            st.warning(plain(errors.without_folders(problem)))
        rows = restoring.offered(choice, state.offered())
        setting = restoring_setting.kept(rows, math.prod(spec.event_shape[1:]))
        lab.show(choice, rows, setting)
        limits.show(choice, rows, setting)


show()
