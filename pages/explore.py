"""Explore: what did the model learn?"""

import streamlit as st

from ui import cache, directing, errors, latent_map, links, originals, picked, picker, state
from ui.components import bill, map_panel
from ui.components import latent_map as map_component
from vae_core import catalogue


def on_pick() -> None:
    """Keep the dot that somebody picked on the map, for the session and in the address."""
    position = st.session_state[map_component.KEY]["pick"]
    if isinstance(position, int):  # `state.pick` looks whether it is there
        state.set_number("pick", position)


with errors.shown():
    choice = state.chosen()
    found = cache.checkpoint(choice.key)
    left, right = st.columns([600, 350], gap="medium")
    with left:
        view = cache.map_view(choice.key, latent_map.choose_axes(found))
        default = latent_map.default_pick(choice.key, view.axes)
        one = picked.Picked(found, state.pick(choice, default, len(found.latents)), view)
        map_component.show(choice, one, on_pick)
        with st.container(key="foot", horizontal=True, vertical_alignment="center"):
            st.markdown(f":gray[{latent_map.describe(found)}]", width="content")
            if catalogue.open_run(choice.id).has_frames():
                links.to_page("train", "Watch it being born", run=choice.id)
    with right:
        map_panel.show(
            is_small=st.session_state.get("maths", False),
            told=st.session_state.pop("direction_told", {"text": "", "isError": False}),
            on_direction=directing.keep,
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            wants_maths = st.toggle(
                "Show the maths", key="maths", bind="query-params", persist_state="session"
            )
            if one.original is None:
                originals.offer_download(found.record.spec)
        if wants_maths:
            bill.show(one, picker.noun(choice))
