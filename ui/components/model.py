"""A model as the browser's scripts know it: what `decoder.js` and `originals.js` are given."""

from typing import Any

import streamlit as st

from ui import cache
from vae_core.data import dataset_entry
from vae_core.export import can_export


@st.cache_resource(max_entries=64, show_spinner=False)
def _runs_here(key: cache.Key) -> bool:
    return can_export(cache.checkpoint(key).model)


def describe(choice: cache.Choice) -> dict[str, Any]:
    """Addresses and sizes of one model, as JSON.

    Returns:
        url: where its networks, latents and pictures are; runsHere: whether a page can run it;
        shape: C, H, W of its pictures; latentDim: D; num: stored latents; hasSpread: whether they
        have a logvar; hasOriginals: whether the pictures behind them are on this computer.
    """
    found = cache.checkpoint(choice.key)
    stored = found.latents
    return {
        "url": f"/api/models/{choice.id}/{choice.key[1]}",
        "runsHere": _runs_here(choice.key),
        "shape": list(found.model.event_shape),
        "latentDim": found.model.latent_dim,
        "num": len(stored),
        "hasSpread": stored.encoded.logvar is not None,
        "hasOriginals": bool(len(stored)) and cache.originals(found, [0]) is not None,
    }


def framing_of(dataset: str) -> dict[str, Any]:
    """How a data set's pictures lie in their frame, as `draw_frame.js` takes it."""
    framing = dataset_entry(dataset).framing
    return {
        "box": framing.box,
        "pen": framing.pen,
        "byMass": framing.by_mass,
        "middle": framing.middle,
    }
