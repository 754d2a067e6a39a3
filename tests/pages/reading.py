"""What a page shows, as tests read it."""

import re

from streamlit.testing.v1 import AppTest


def html(app: AppTest) -> str:
    """Everything that a page shows as HTML."""
    return "\n".join(element.proto.body for element in app.get("html"))


def text(app: AppTest) -> str:
    """What a page says, without its pictures."""
    said = [
        element.value for kind in (app.markdown, app.subheader, app.caption) for element in kind
    ]
    return re.sub(r"<[^>]*>", " ", html(app)) + "\n".join(said)
