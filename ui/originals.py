"""Data sets that are not on this computer: say so, and fetch them when asked."""

import streamlit as st

from ui import errors
from vae_core.data import DataSpec, dataset_entry

MISSING = "Original not on this computer"


def offer_download(spec: DataSpec, key: str = "get_data") -> None:
    """A button that fetches a data set, shows how far it is, and what went wrong."""
    entry = dataset_entry(spec.name)
    if entry.download is None or not st.button(f"Get {spec.title}", key=key):
        return
    bar = st.progress(0.0, f"Fetching {spec.title}")

    def tell(done: int, total: int) -> None:
        text = f"Fetching {spec.title}: {done / 1e6:.1f} of {total / 1e6:.1f} MB"
        bar.progress(min(1.0, done / max(1, total)), text)

    with errors.shown():
        entry.download(tell)
        st.rerun()
    bar.empty()
