"""Interactive parts of pages: NAME.py is the Python face, NAME.js runs it, NAME.css is its look.

The scripts are plain modules that import each other by relative addresses, so they are served as
files; what Streamlit gets is one line that loads the component's own module.
"""

import hashlib
from pathlib import Path

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

FOLDER = Path(__file__).parent
SCRIPTS = {path.name: path.read_bytes() for path in sorted(FOLDER.glob("*.js"))}
# In every address of a script: a browser keeps them for ever, and asks anew when one changed.
VERSION = hashlib.sha256(b"".join(SCRIPTS.values())).hexdigest()[:12]

_LOADER = """const url = new URL("/api/js/{version}/{name}.js", location.origin);
const {{ default: mount }} = await import(url);
export default mount;
"""


def register(name: str, *styles: str) -> ComponentRenderer:
    """Register the component whose script is NAME.js; call it once, when NAME.py is imported.

    Its look is NAME.css, after those of `styles`, which it shares with others.

    Its elements are part of the page, not of a shadow root: Plotly puts its style sheet into the
    page, and the colours are those of `ui/theme.py`.
    """
    return st.components.v2.component(
        f"vl_{name}",
        css="".join((FOLDER / f"{css}.css").read_text("utf-8") for css in (*styles, name)),
        js=_LOADER.format(version=VERSION, name=name),
        isolate_styles=False,
    )
