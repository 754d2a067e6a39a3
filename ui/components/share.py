"""Share: this page's address as text and code, the model as files, and a way back in for one."""

from typing import Any

from ui import cache
from ui.components import register

_SHARE = register("share")


def show(choice: cache.Choice) -> None:
    """Draw the button; what it opens is made in the page when it is opened."""
    _SHARE(key="share", data=files(choice), width="content")


def files(choice: cache.Choice) -> dict[str, Any]:
    """Where the files of a model are made, as `share.js` takes it; a page may name another's."""
    url = f"/api/models/{choice.id}/{choice.key[1]}"
    return {"title": choice.title, "id": choice.id, "url": url}
