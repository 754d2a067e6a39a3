"""Denoise: what can a model restore?"""

import streamlit as st

from ui import cache, denoising, errors, limits, originals, pictures, state
from vae_core.corruption import CORRUPTIONS
from vae_core.restoration import compare_denoising

MAX_SEED = 1_000_000


def ask_noise() -> tuple[str, float]:
    """Kind and level of the damage."""
    kind = st.segmented_control(
        "Noise",
        list(CORRUPTIONS),
        default="gaussian",
        required=True,
        format_func=lambda name: CORRUPTIONS[name].title,
        key="noise",
        bind="query-params",
        wrap=True,
    )
    levels = CORRUPTIONS[kind].levels
    level = st.select_slider(
        f"Level: {levels.unit}",
        levels.choices,
        levels.default,
        format_func="{:g}".format,
        key=f"level_{kind}",
        bind="query-params",
        width=260,
    )
    return kind, level


def ask_seeds() -> tuple[int, int]:
    """Which pictures and which noise: buttons that draw the next."""
    images = state.number("images", 0, MAX_SEED)
    noise = state.number("noise_seed", 0, MAX_SEED)
    st.button(
        "New images",
        type="primary",
        key="new_images",
        on_click=state.set_number,
        args=("images", (images + 1) % MAX_SEED),
    )
    st.button(
        "New noise",
        key="new_noise",
        on_click=state.set_number,
        args=("noise_seed", (noise + 1) % MAX_SEED),
    )
    return images, noise


def ask_models(choice: cache.Choice) -> list[cache.Choice]:
    """Up to three models of the picker's data set."""
    offered = state.offered()
    titles = denoising.candidates(choice, offered)
    chosen = st.multiselect(
        "Restore with",
        list(titles),
        denoising.default_models(choice, offered),
        format_func=titles.get,
        key=f"restore_{choice.id}",
        max_selections=denoising.MAX_MODELS,
        placeholder="Choose up to three models",
        label_visibility="collapsed",
        bind="query-params",
        persist_state="session",
    )
    return [offered[model_id] for model_id in chosen[: denoising.MAX_MODELS]]


def show_drawn(choice: cache.Choice) -> None:
    """Say that the pictures are not the data set's, and offer those."""
    spec = choice.record.spec
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"{spec.title} is not on this computer. These digits were drawn by this program; "
            "no model has seen their like.",
            width="content",
        )
        originals.offer_download(spec)


with errors.shown():
    choice = state.chosen()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind, level = ask_noise()
        image_seed, noise_seed = ask_seeds()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Restore with", width="content")
        models = ask_models(choice)
    clean = denoising.clean_images(choice.record.spec, image_seed)
    if clean is None:
        st.info(
            f"{choice.record.spec.title} is not on this computer, so there is nothing to damage."
        )
        originals.offer_download(choice.record.spec)
        st.stop()
    if clean.is_drawn:
        show_drawn(choice)
    loaded = {model.id: cache.checkpoint(model.key).model for model in models}
    results = compare_denoising(loaded, clean.images, kind, level, noise_seed, clean.conditions)
    pictures.show(denoising.table(clean.images, results, models))
    st.markdown(" ".join(denoising.remarks(results, models, kind)))
    limits.show(choice)
