"""What a page shows, as tests read it."""

import json
import re
from typing import Any

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


def component_data(app: AppTest, component: str) -> dict[str, Any]:
    """What the script of a component is given: of "live", say."""
    (data,) = (
        json.loads(part.proto.json)
        for part in app.get("bidi_component")
        if part.proto.component_name.split(".")[-1] == f"vl_{component}"
    )
    return data
