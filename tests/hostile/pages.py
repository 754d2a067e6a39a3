"""Opens a page as a browser does that follows a link, and looks whether anything is wrong on it."""

import json

from streamlit.testing.v1 import AppTest

from tests.hostile.watching import ROOT, case

PAGES = ("explore", "train", "sliders", "denoise", "compare")
_INSIDE = ("Traceback", 'File "', str(ROOT))


def opened(page: str, **query: str | list[str]) -> AppTest:
    """Open a page at once by an address; nothing on it may be a fault, or of the inside."""
    app = AppTest.from_file(str(ROOT / "ui" / "router.py"), default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    if page != "explore":
        app.switch_page(str(ROOT / "pages" / f"{page}.py"))
    with case():
        app.run()
    where = (page, {name: str(value)[:60] for name, value in query.items()})
    assert not app.exception, where
    said = [one.value for kind in (app.error, app.warning, app.markdown) for one in kind]
    assert not any(inside in text for inside in _INSIDE for text in said), where
    for part in app.get("bidi_component"):
        json.loads(part.proto.json, parse_constant=_no_constant)
    return app


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no number for a browser")
