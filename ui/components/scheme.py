"""Has the page drawn again when its colours turn light or dark."""

from ui import theme
from ui.components import register

_SCHEME = register("scheme")


def watch() -> None:
    """Watch the page's background: the server's pages choose their colours when they run."""
    _SCHEME(key="scheme", data={"background": theme.surface("background")})
