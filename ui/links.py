"""Links from page to page."""

from pathlib import Path

import streamlit as st

PAGES = Path(__file__).resolve().parents[1] / "pages"


def to_page(name: str, label: str, **parameters: str) -> None:
    """Draw a link to pages/NAME.py with these parameters, and none of this page's address."""
    st.page_link(PAGES / f"{name}.py", label=label, query_params=parameters)
