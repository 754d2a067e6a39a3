"""What a page shows, as tests read it."""

import base64
import io
import re

import numpy as np
from PIL import Image
from streamlit.testing.v1 import AppTest
from torch import Tensor


def html(app: AppTest) -> str:
    """Everything that a page shows as HTML."""
    return "\n".join(element.proto.body for element in app.get("html"))


def text(app: AppTest) -> str:
    """What a page says, without its pictures."""
    said = [
        element.value for kind in (app.markdown, app.subheader, app.caption) for element in kind
    ]
    return re.sub(r"<[^>]*>", " ", html(app)) + "\n".join(said)


def picture(source: str) -> np.ndarray:
    """Pixels of the first `<img>` in HTML."""
    content = re.search(r'src="data:image/png;base64,([^"]+)"', source)
    assert content, source[:200]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content.group(1)))))


def as_bytes(image: Tensor) -> np.ndarray:
    """One picture, (1, 1, H, W) in [0, 1], as it is shown."""
    return (image[0, 0].clamp(0, 1) * 255).round().byte().numpy()
