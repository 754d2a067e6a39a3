"""Explore: what did the model learn?"""

import streamlit as st

from ui import cache, charts, errors, latent_map, originals, picked, picker, pictures, state, told

MAP_HEIGHT = 560
AXES_HEIGHT = 56
GRID, GRID_WITH_MATHS = 304, 200  # sides in pixels: all of it on one screen

with errors.shown():
    choice = state.chosen()
    found = cache.checkpoint(choice.key)
    has_axes = found.model.latent_dim > 2
    left, right = st.columns([600, 350], gap="medium")
    with left:
        view = cache.map_view(choice.key, latent_map.choose_axes(found))
        default = latent_map.default_pick(choice.key, view.axes)
        position = state.pick(choice, default, len(found.latents))
        one = picked.Picked(found, position, view)
        marks = charts.spread_marks(
            view.points[position], view.projection.axes, one.logvar, view.limit
        )
        latent_map.draw(found, view, marks, MAP_HEIGHT - AXES_HEIGHT * has_axes)
        pictures.show(f'<p class="vl-foot">{latent_map.describe(found, view)}</p>')
    with right:
        st.subheader(f"Picked {picker.noun(choice)}: {one.label}")
        picked.show_pictures(one)
        picked.show_place(one)
        with st.container(horizontal=True, vertical_alignment="center"):
            wants_maths = st.toggle("Show the maths", key="maths", persist_state="session")
            if one.original is None:
                originals.offer_download(found.record.spec)
        if wants_maths:
            picked.show_maths(one)
        words = told.in_words(found, one.told)
        drawn = f"{words[:1].upper()}{words[1:]}, drawn" if words else "What the decoder draws"
        st.subheader(f"{drawn} at each place")
        content = cache.manifold_png(choice.key, view.axes, one.told)
        alt = "Pictures decoded from a grid of places, on the axes of the map"
        side = GRID_WITH_MATHS if wants_maths else GRID
        pictures.show(charts.manifold_img(content, marks, view.limit, alt, side))
