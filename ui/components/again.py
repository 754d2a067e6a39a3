"""Has the fragment around it run again in a moment: for what changes by itself.

Unlike a timer of the server's it asks only when the answer before is there, only while the page can
be seen, and stops with the first run that does not call it.
"""

import time

from ui.components import register

_AGAIN = register("again")


def soon(key: str) -> None:
    """Ask for another run of the script."""
    _AGAIN(key=key, data={"askedAt": time.time()})  # data that stay the same would not arrive
