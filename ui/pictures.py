"""Pictures of digits and short texts as HTML: crisp pixels, alternative texts, no requests.

Pictures travel inside the page as PNG at their own size; the browser enlarges them.
"""

import base64
from html import escape

import streamlit as st
from torch import Tensor

from vae_core.images import png, tile


def data_uri(content: bytes) -> str:
    """A PNG as the address of itself."""
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def sprite(images: Tensor, columns: int | None = None, gap: int = 0) -> bytes:
    """Several pictures, (N, C, H, W) in [0, 1], as one PNG, in one row by default."""
    return png(tile(images, columns or len(images), gap))


def img(content: bytes, alt: str, width: str, name: str = "") -> str:
    """HTML of a picture.

    Args:
        content: PNG.
        alt: for people who do not see it.
        width: in CSS, such as "112px".
        name: a class by which tests find it.
    """
    return (
        f'<img class="{escape(name)}" src="{data_uri(content)}" alt="{escape(alt)}" '
        f'style="width:{width};height:auto;max-width:100%">'
    )


def tooltip(name: str, explained: str) -> str:
    """HTML of a question mark that explains something under the pointer, on a tap or a Tab."""
    text = escape(explained)
    return (
        f'<span class="vl-help" tabindex="0" role="note" data-help="{text}" '
        f'aria-label="{escape(name)}: {text}">?</span>'
    )


def show(html: str) -> None:
    """Put HTML into the page; texts in it must be escaped already."""
    st.html(f'<div class="vl">{html}</div>')
