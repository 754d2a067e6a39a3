"""Share: this page's address as text and code, the model as files, and a way back in for one."""

from ui import cache
from ui.components import register

_SHARE = register("share")


def show(choice: cache.Choice) -> None:
    """Draw the button; what it opens is made in the page when it is opened."""
    url = f"/api/models/{choice.id}/{choice.key[1]}"
    data = {"title": choice.title, "id": choice.id, "url": url}
    _SHARE(key="share", data=data, width="content")
