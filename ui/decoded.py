"""What the sliders make: the picture, where it came from, and its place among all others."""

from html import escape

import streamlit as st
from torch import Tensor

from ui import cache, charts, latent_sliders, originals, picker, pictures, told
from ui.texts import a
from vae_core.checkpoints import Checkpoint
from vae_core.inference import decode

WHERE = 236  # the small map's side in pixels


def show(choice: cache.Choice, found: Checkpoint, z: Tensor, given: told.Told) -> None:
    """The picture that the sliders make, and the one they started from."""
    with st.container(key="decoded"):
        alt = f"The {picker.noun(choice)} that the sliders make"
        pictures.show(
            pictures.img(pictures.sprite(decode(found.model, z[None], given)), alt, "280px")
        )
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


def show_where(choice: cache.Choice, z: Tensor, given: dict[str, Tensor], words: str) -> None:
    """The sliders' place among all others: only two numbers have such a picture."""
    view = cache.map_view(choice.key, (0, 1))
    alt = "Pictures decoded from a grid of places; a cross marks the sliders' place"
    picture = charts.manifold_img(
        cache.manifold_png(choice.key, (0, 1), given),
        charts.z_mark(z, view.limit),
        view.limit,
        alt,
        WHERE,
    )
    pictures.show(
        f'<div class="vl-row vl-where">{picture}<p>What the decoder draws at each place'
        f"{f', told {escape(words)}' if words else ''}: number 1 from left to right, number 2 "
        'upwards. <b class="z">The cross is where the sliders are.</b></p></div>'
    )
