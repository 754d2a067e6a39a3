"""What the Train page shows of a data set and a network before the first frame of a run."""

import streamlit as st

from ui.pictures import sprite
from vae_core.config import RunConfig
from vae_core.data import load_dataset
from vae_core.frames import NUM_PICTURES, Frame, make_frame, make_probe
from vae_core.models import build_model


@st.cache_resource(max_entries=4, show_spinner=False)
def originals(dataset: str) -> bytes:
    """The fixed pictures whose reconstructions every frame holds, as one PNG in a row."""
    return sprite(make_probe(load_dataset(dataset)).x[:NUM_PICTURES])


@st.cache_resource(max_entries=8, show_spinner="Looking at the untrained network")
def untrained(config: RunConfig) -> Frame:
    """What the network makes of the pictures before its first step."""
    data = load_dataset(config.dataset)
    model = build_model(config.model, data.spec, config.seed).eval()
    return make_frame(model, make_probe(data), 0, {})
