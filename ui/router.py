"""The frame around every page: navigation, model picker, style."""

import sys
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).parent.parent
if str(ROOT) not in sys.path:  # Streamlit puts this script's own folder there
    sys.path.insert(0, str(ROOT))

from ui import cache, listening, picker, theme  # noqa: E402
from ui.components import scheme  # noqa: E402
from ui.texts import plain  # noqa: E402

STATIC = Path(__file__).parent / "static"

page = st.navigation(
    [
        st.Page(ROOT / "pages" / "explore.py", title="Explore", url_path="", default=True),
        st.Page(ROOT / "pages" / "train.py", title="Train", url_path="train"),
        st.Page(ROOT / "pages" / "sliders.py", title="Sliders", url_path="sliders"),
        st.Page(ROOT / "pages" / "denoise.py", title="Denoise", url_path="denoise"),
        st.Page(ROOT / "pages" / "compare.py", title="Compare", url_path="compare"),
    ],
    position="top",
)
st.set_page_config(
    page_title=f"{page.title} · VAE Lab", page_icon=STATIC / "icon.png", layout="wide"
)
st.logo(str(STATIC / f"wordmark-{'dark' if theme.is_dark() else 'light'}.svg"), size="large")
theme.inject()
scheme.watch()
listening.show_notice()

offered, problems = cache.choices()
st.session_state["offered"] = offered
picker.show(offered, page.title)
for problem in problems:
    st.warning(plain(problem))
page.run()
