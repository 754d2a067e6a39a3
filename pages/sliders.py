"""Sliders: what does each number do?"""

import streamlit as st
import torch

from ui import (
    cache,
    decoded,
    errors,
    latent_sliders,
    picker,
    pictures,
    state,
    telling,
    told,
)
from ui.latent_sliders import Range
from ui.texts import a
from vae_core.checkpoints import Checkpoint


def show_start(choice: cache.Choice, limits: list[Range]) -> None:
    """Where the sliders can start from."""
    noun = picker.noun(choice)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Start from",
            latent_sliders.starts(choice),
            format_func=lambda name: (
                f"{name} {noun}" if name in latent_sliders.NOT_CLASSES else a(name)
            ),
            key="start_class",
            width=130,
        )
        arguments = (choice, limits)
        st.button(
            "Start",
            key="start",
            type="primary",
            on_click=latent_sliders.start_from_picture,
            args=arguments,
        )
        st.button("Reset", key="reset", on_click=latent_sliders.reset, args=arguments)


def show_slider(
    choice: cache.Choice,
    found: Checkpoint,
    z: torch.Tensor,
    given: told.Told,
    dim: int,
    limit: Range,
    num: int,
    explained: bool,
) -> None:
    """One slider, and below it what its places give while the others stay."""
    st.slider(
        latent_sliders.label(found, dim),
        limit.low,
        limit.high,
        step=limit.step,
        format=limit.format,
        key=latent_sliders.key(choice, dim),
        persist_state="session",
        help=latent_sliders.KL_HELP if explained else None,
    )
    pictures.show(latent_sliders.traversal(found, z, dim, limit, num, given))


with errors.shown():
    choice = state.chosen()
    found = cache.checkpoint(choice.key)
    limits = latent_sliders.ranges(found)
    given = told.chosen(choice, found)
    z = latent_sliders.values(choice, limits)
    used, collapsed = latent_sliders.order(found)
    left, right = st.columns([300, 650], gap="large")
    with left, st.container(key="still"):
        decoded.show(choice, found, z, given)
        show_start(choice, limits)
    with right:
        many = len(limits) > latent_sliders.MAX_NATURAL_ORDER
        names = told.names(found.record.config.model)
        beside = f", and is told its {' and its '.join(names)}" if names else ""
        st.markdown(
            f"The model keeps {len(limits)} numbers of a picture{beside}. Each slider changes one; "
            "the strip below it shows what that does while the others stay. "
            + latent_sliders.ends(found, limits[0])
            + (" Those that carry most come first." if many and found.record.kl_per_dim else "")
        )
        telling.show(choice, found, z, given)
        first, num = (used + collapsed)[0], 9 if many else 11
        for group in (used, collapsed):
            if used and group and group is collapsed:  # else the strip above says it
                these, they = (
                    ("this number", "it carries")
                    if len(group) == 1
                    else (f"these {len(group)} numbers", "they carry")
                )
                st.markdown(f"The decoder ignores {these}: {they} almost nothing.")
            with st.container(key="collapsed" if group is collapsed else "used"):
                for pair in (group[i : i + 2] for i in range(0, len(group), 2)):
                    cells = st.columns(2, gap="medium") if many else [st.container()] * 2
                    for cell, dim in zip(cells, pair, strict=False):
                        with cell:
                            explained = bool(found.record.kl_per_dim) and dim == first
                            show_slider(choice, found, z, given, dim, limits[dim], num, explained)
        if len(limits) == 2:
            decoded.show_where(choice, z, given, told.in_words(found, given))
