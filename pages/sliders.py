"""Sliders: what does each number do?"""

import streamlit as st
import torch

from ui import cache, charts, errors, latent_sliders, originals, picker, pictures, state
from ui.latent_sliders import Range
from ui.texts import a
from vae_core.checkpoints import Checkpoint
from vae_core.inference import decode

WHERE = 236  # the small map's side in pixels


def show_decoded(choice: cache.Choice, found: Checkpoint, z: torch.Tensor) -> None:
    """The picture that the sliders make, and the one they started from."""
    with st.container(key="decoded"):
        alt = f"The {picker.noun(choice)} that the sliders make"
        pictures.show(pictures.img(pictures.sprite(decode(found.model, z[None])), alt, "280px"))
    started = latent_sliders.start(choice)
    if started is None:
        return
    position, clipped = started
    label = found.record.spec.class_names[int(found.latents.label[position])]
    image = cache.original(found, position)
    text = f"Started from this {label}."
    if image is None:
        text, thumb = f"Started from {a(label)}. {originals.MISSING}.", ""
    else:
        thumb = pictures.img(
            pictures.sprite(image), f"the original, {a(label)}", "48px", "original"
        )
    if clipped:
        text += f" {clipped} of its numbers lie beyond the sliders and stand at their ends."
    pictures.show(f'<div class="vl-row vl-line">{thumb}<p>{text}</p></div>')
    if image is None:
        originals.offer_download(found.record.spec)


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
    pictures.show(latent_sliders.traversal(found, z, dim, limit, num))


def show_where(choice: cache.Choice, z: torch.Tensor) -> None:
    """The sliders' place among all others: only two numbers have such a picture."""
    view = cache.map_view(choice.key, (0, 1))
    alt = "Pictures decoded from a grid of places; a cross marks the sliders' place"
    picture = charts.manifold_img(
        cache.manifold_png(choice.key, (0, 1)), charts.z_mark(z, view.limit), view.limit, alt, WHERE
    )
    pictures.show(
        f'<div class="vl-row vl-where">{picture}<p>What the decoder draws at each place: number 1 '
        'from left to right, number 2 upwards. <b class="z">The cross is where the sliders '
        "are.</b></p></div>"
    )


with errors.shown():
    choice = state.chosen()
    found = cache.checkpoint(choice.key)
    limits = latent_sliders.ranges(found)
    z = latent_sliders.values(choice, limits)
    used, collapsed = latent_sliders.order(found)
    left, right = st.columns([300, 650], gap="large")
    with left, st.container(key="still"):
        show_decoded(choice, found, z)
        show_start(choice, limits)
    with right:
        many = len(limits) > latent_sliders.MAX_NATURAL_ORDER
        st.markdown(
            f"The model keeps {len(limits)} numbers of a picture. Each slider changes one; the "
            "strip below it shows what that does while the others stay. "
            + latent_sliders.ends(found, limits[0])
            + (" Those that carry most come first." if many and found.record.kl_per_dim else "")
        )
        first, num = (used + collapsed)[0], 9 if many else 11
        for group in (used, collapsed):
            if used and group and group is collapsed:  # else the strip above says it
                st.markdown(
                    f"The decoder ignores these {len(group)} numbers: they carry almost nothing."
                )
            with st.container(key="collapsed" if group is collapsed else "used"):
                for pair in (group[i : i + 2] for i in range(0, len(group), 2)):
                    cells = st.columns(2, gap="medium") if many else [st.container()] * 2
                    for cell, dim in zip(cells, pair, strict=False):
                        with cell:
                            explained = bool(found.record.kl_per_dim) and dim == first
                            show_slider(choice, found, z, dim, limits[dim], num, explained)
        if len(limits) == 2:
            show_where(choice, z)
